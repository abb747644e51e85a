from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.db import WriteSession
from foundation.errors import ForbiddenError
from foundation.jobs import run_one
from tests.ticketing.desk import ANN, BOB, MIA, SAM, SOLO, VERA, VICTOR, opened, shanghai, who
from tests.ticketing.ways import returning, with_returns
from ticketing import service as ticketing
from ticketing import steps
from ticketing.errors import (
    AgentRequiredError,
    FormInvalidError,
    MoveNotAllowedError,
    TicketNotFoundError,
    UnknownSlugError,
    VersionConflictError,
)
from ticketing.types import Metric, NewReply, State, Ticket, TicketChange
from ticketing.workflow_errors import (
    ApprovalNotWaitingError,
    ApprovalNotYoursError,
    MoveNeedsFieldsError,
    NoWorkflowError,
    StepNotAllowedError,
)
from ticketing.workflow_types import Decision, ProgressState

VERDICT = {"verdict": "ok", "refund": 20}


@pytest.fixture
def ticket_id(session: WriteSession) -> int:
    with_returns(session)
    return returning(session, SAM).id


def seen(session: WriteSession, ticket_id: int, email: str = BOB) -> Ticket:
    return ticketing.ticket(session, who(session, email), ticket_id)


def step_of(session: WriteSession, ticket_id: int) -> str:
    return seen(session, ticket_id).status.slug


def line(session: WriteSession, ticket_id: int, email: str = SAM) -> list[tuple[str, str]]:
    way = seen(session, ticket_id, email).way
    assert way is not None
    return [(mark.name["en"], str(mark.state)) for mark in way.progress]


def go(session: WriteSession, ticket_id: int, *targets: str, email: str = BOB) -> None:
    for target in targets:
        values = VERDICT if target in ("boss", "refused") else {}
        steps.move(session, who(session, email), ticket_id, target, values=values)


def test_a_ticket_begins_in_the_first_step_and_goes_only_where_its_workflow_leads(
    session: WriteSession, ticket_id: int
) -> None:
    assert step_of(session, ticket_id) == "asked"
    with pytest.raises(StepNotAllowedError) as caught:
        go(session, ticket_id, "done")
    assert caught.value.fields()["allowed"] == ["checking"]
    with pytest.raises(StepNotAllowedError):
        ticketing.change(session, who(session, BOB), ticket_id, TicketChange(state="on_hold"))
    with pytest.raises(StepNotAllowedError):
        ticketing.resolve(session, who(session, BOB), ticket_id)
    with pytest.raises(UnknownSlugError):
        go(session, ticket_id, "ghost")
    with pytest.raises(MoveNotAllowedError):
        ticketing.change(session, who(session, BOB), ticket_id, TicketChange(state="merged"))
    go(session, ticket_id, "checking")
    assert [one.target.slug for one in seen(session, ticket_id).way.moves] == ["sending", "boss", "refused"]  # type: ignore[union-attr]


def test_only_agents_move_and_customers_see_neither_steps_nor_fields(
    session: WriteSession, ticket_id: int
) -> None:
    with pytest.raises(AgentRequiredError):
        go(session, ticket_id, "checking", email=SAM)
    go(session, ticket_id, "checking")
    shown = seen(session, ticket_id, SAM)
    assert (
        shown.way is not None and shown.way.step is None and shown.way.moves == () and shown.way.values == {}
    )
    assert shown.clock(Metric.STEP) is None and seen(session, ticket_id).clock(Metric.STEP) is not None
    assert all("status" not in one.detail for one in shown.history)


def test_a_move_needs_its_fields_and_takes_them_along(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking")
    bob = who(session, BOB)
    with pytest.raises(MoveNeedsFieldsError) as caught:
        steps.move(session, bob, ticket_id, "boss", values={"verdict": "ok"})
    assert caught.value.fields()["missing"] == ["refund"]


@pytest.mark.parametrize("values", [{"refund": -1}, {"refund": "much"}, {"verdict": "perhaps"}])
def test_values_are_checked_as_in_forms(
    session: WriteSession, ticket_id: int, values: dict[str, object]
) -> None:
    with pytest.raises(FormInvalidError) as caught:
        steps.fill(session, who(session, BOB), ticket_id, values)
    assert set(caught.value.fields()["errors_by_field"]) == set(values)


def test_values_are_kept_taken_away_and_written_down(session: WriteSession, ticket_id: int) -> None:
    bob = who(session, BOB)
    version = seen(session, ticket_id).version
    steps.fill(session, bob, ticket_id, VERDICT, version=version)
    steps.fill(session, bob, ticket_id, VERDICT)  # again: nothing
    steps.fill(session, bob, ticket_id, {"verdict": ""})
    now = seen(session, ticket_id)
    assert now.way is not None and now.way.values == {"refund": 20} and now.version == version + 2
    told = [one.detail["values"] for one in now.history if one.event == "values_changed"]
    assert told == [VERDICT, {"verdict": None}]
    with pytest.raises(VersionConflictError):
        steps.fill(session, bob, ticket_id, {}, version=version)
    with pytest.raises(UnknownSlugError):
        steps.fill(session, bob, ticket_id, {"ghost": 1})


def test_an_amount_under_the_limit_is_agreed_to_at_once(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking")
    steps.move(session, who(session, BOB), ticket_id, "boss", values={"verdict": "ok", "refund": 99.99})
    now = seen(session, ticket_id)
    assert now.status.slug == "paying" and now.way is not None and now.way.approval is not None
    assert now.way.approval.is_automatic and now.way.approval.decision is Decision.APPROVED


def test_from_the_limit_on_a_manager_decides_and_never_who_asked(
    session: WriteSession, ticket_id: int
) -> None:
    bob, ann, mia = (who(session, email) for email in (BOB, ANN, MIA))
    go(session, ticket_id, "checking")
    steps.move(session, bob, ticket_id, "boss", values={"verdict": "ok", "refund": 100})
    assert step_of(session, ticket_id) == "boss"
    assert [one.kind for one in ticketing.list_notifications(session, mia)] == ["approval"]
    for other in (bob, ann):
        with pytest.raises(ApprovalNotYoursError):
            steps.decide(session, other, ticket_id, is_approved=True)
    shown = seen(session, ticket_id, MIA).way
    assert shown is not None and shown.can_decide and not seen(session, ticket_id).way.can_decide  # type: ignore[union-attr]
    steps.decide(session, mia, ticket_id, is_approved=True, comment="fine")
    assert step_of(session, ticket_id) == "paying"
    assert ticketing.list_notifications(session, bob)[0].kind == "approval_decided"
    with pytest.raises(ApprovalNotWaitingError):
        steps.decide(session, mia, ticket_id, is_approved=False)


def test_a_manager_does_not_agree_to_what_they_asked_for(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking", email=MIA)
    steps.move(session, who(session, MIA), ticket_id, "boss", values={"verdict": "ok", "refund": 5000})
    with pytest.raises(ApprovalNotYoursError):
        steps.decide(session, who(session, MIA), ticket_id, is_approved=True)


def test_a_refusal_goes_back_and_may_be_asked_again(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking")
    bob, mia = who(session, BOB), who(session, MIA)
    for _ in range(2):
        steps.move(session, bob, ticket_id, "boss", values={"verdict": "ok", "refund": 500})
        steps.decide(session, mia, ticket_id, is_approved=False, comment="too much")
        assert step_of(session, ticket_id) == "checking"
    assert line(session, ticket_id)[1] == ("Checking", "current")


def test_stepping_back_goes_past_what_was_decided_and_withdraws_what_waits(
    session: WriteSession, ticket_id: int
) -> None:
    bob = who(session, BOB)
    go(session, ticket_id, "checking", "boss")  # 20 is under the limit
    assert step_of(session, ticket_id) == "paying"
    steps.step_back(session, bob, ticket_id, reason="wrong sum")
    assert step_of(session, ticket_id) == "checking"
    steps.move(session, bob, ticket_id, "boss", values={"refund": 900})
    steps.step_back(session, bob, ticket_id, reason="once more")
    now = seen(session, ticket_id)
    assert now.status.slug == "checking" and now.way is not None and now.way.approval is not None
    assert now.way.approval.decision is Decision.WITHDRAWN
    with pytest.raises(StepNotAllowedError):  # nothing becomes new again
        steps.step_back(session, bob, ticket_id, reason="")
    assert [one.detail["reason"] for one in now.history if one.event == "stepped_back"] == [
        "wrong sum",
        "once more",
    ]


def test_the_customer_who_asked_may_call_it_off_and_nobody_else(
    session: WriteSession, ticket_id: int
) -> None:
    with pytest.raises(TicketNotFoundError):
        steps.cancel(session, who(session, VERA), ticket_id, reason="")
    mine = returning(session, VERA)
    with pytest.raises(ForbiddenError):
        steps.cancel(session, who(session, VICTOR), mine.id, reason="")
    steps.cancel(session, who(session, SAM), ticket_id, reason="found it")
    now = seen(session, ticket_id, SAM)
    assert now.state is State.SOLVED and now.survey is None
    assert line(session, ticket_id) == [("Asked", "done"), ("Called off", "stopped")]
    with pytest.raises(StepNotAllowedError):
        steps.cancel(session, who(session, SAM), ticket_id, reason="again")


def test_what_was_called_off_closes_by_itself_unless_it_came_back(
    session: WriteSession, ticket_id: int
) -> None:
    other = returning(session, SAM)
    sam = who(session, SAM)
    for one in (ticket_id, other.id):
        steps.cancel(session, sam, one, reason="")
    ticketing.reply(session, sam, other.id, NewReply(text="I do want it"))
    session.commit()
    clock.advance(timedelta(days=5))
    while run_one():
        pass
    assert [seen(session, one).state for one in (ticket_id, other.id)] == [State.CLOSED, State.OPEN]


def test_a_customers_answer_brings_the_ticket_back_to_where_it_was_worked_on(
    session: WriteSession, ticket_id: int
) -> None:
    go(session, ticket_id, "checking", "sending")
    ticketing.reply(session, who(session, SAM), ticket_id, NewReply(text="sent"))
    assert step_of(session, ticket_id) == "checking"
    go(session, ticket_id, "boss", "done")
    ticketing.reply(session, who(session, SAM), ticket_id, NewReply(text="nothing came"))
    assert step_of(session, ticket_id) == "paying"


def test_taking_or_answering_a_new_ticket_opens_it_by_the_workflows_own_move(
    session: WriteSession, ticket_id: int
) -> None:
    ticketing.claim(session, who(session, BOB), ticket_id)
    assert step_of(session, ticket_id) == "checking"


def test_a_steps_team_gets_the_ticket_and_a_vips_stays_in_its_own_queue(
    session: WriteSession, ticket_id: int
) -> None:
    vip = returning(session, VERA)
    for one in (ticket_id, vip.id):
        ticketing.assign(session, who(session, ANN), one, agent_id=who(session, ANN).agent_id)
    assert seen(session, ticket_id).queue.slug == "zh"  # opened by being given to somebody, not by a move
    for one in (ticket_id, vip.id):
        go(session, one, "sending", "checking")
    taken, kept = seen(session, ticket_id), seen(session, vip.id)
    assert (taken.queue.slug, taken.assignee) == ("bills", None)
    assert kept.queue.slug == "vip" and kept.assignee is not None and kept.assignee.name == "Ann"


def test_a_step_has_its_own_clock_which_rests_while_the_customer_is_asked(
    session: WriteSession, ticket_id: int
) -> None:
    first = seen(session, ticket_id).clock(Metric.STEP)
    assert first is not None and first.due_at == shanghai("2026-09-07 11:00")
    clock.advance(timedelta(minutes=30))
    go(session, ticket_id, "checking")  # 10:30, two hours of working time
    clock.advance(timedelta(minutes=10))
    go(session, ticket_id, "sending")
    resting = seen(session, ticket_id).clock(Metric.STEP)
    assert resting is not None and resting.state == "paused"
    clock.advance(timedelta(minutes=20))
    ticketing.reply(session, who(session, SAM), ticket_id, NewReply(text="sent"))
    running = seen(session, ticket_id).clock(Metric.STEP)
    assert running is not None and running.due_at == shanghai("2026-09-07 13:50")
    go(session, ticket_id, "boss")  # no limit there
    over = seen(session, ticket_id).clock(Metric.STEP)
    assert over is not None and over.state == "met"


def test_a_step_that_takes_too_long_is_warned_of_broken_and_escalated(
    session: WriteSession, ticket_id: int
) -> None:
    go(session, ticket_id, "checking")
    session.commit()
    clock.advance(timedelta(hours=5))
    while run_one():
        pass
    told = [one.event for one in seen(session, ticket_id).history if one.detail.get("metric") == "step"]
    assert told == ["planned", "planned", "warned", "breached", "escalated"]
    assert "escalation" in [one.kind for one in ticketing.list_notifications(session, who(session, MIA))]


def test_a_step_left_too_late_is_broken_also_if_no_worker_looked(
    session: WriteSession, ticket_id: int
) -> None:
    clock.advance(timedelta(hours=2))
    go(session, ticket_id, "checking")
    broken = [one for one in seen(session, ticket_id).history if one.event == "breached"]
    assert "step" in [one.detail["metric"] for one in broken]


def test_customers_see_a_progress_line_of_what_is_done_and_what_will_come(
    session: WriteSession, ticket_id: int
) -> None:
    todo = [(name, "todo") for name in ("Checking", "Please send", "Paying", "Done")]
    assert line(session, ticket_id) == [("Asked", "current"), *todo]
    go(session, ticket_id, "checking", "sending")
    assert line(session, ticket_id) == [
        ("Asked", "done"),
        ("Checking", "done"),
        ("Please send", "current"),
        ("Paying", "todo"),
        ("Done", "todo"),
    ]
    assert seen(session, ticket_id, SAM).status.name["en"] == "Please send"
    go(session, ticket_id, "checking", "boss")
    assert line(session, ticket_id) == [
        ("Asked", "done"),
        ("Checking", "done"),
        ("Paying", "current"),
        ("Done", "todo"),
    ]
    go(session, ticket_id, "done")
    assert {state for _name, state in line(session, ticket_id)} == {ProgressState.DONE}


def test_a_refused_ticket_shows_where_it_ended(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking", "refused")
    assert line(session, ticket_id)[-1] == ("Refused", "stopped")


def test_a_merged_ticket_waits_for_no_approval(session: WriteSession, ticket_id: int) -> None:
    go(session, ticket_id, "checking")
    steps.move(session, who(session, BOB), ticket_id, "boss", values={"verdict": "ok", "refund": 500})
    ticketing.merge(session, who(session, BOB), ticket_id, opened(session, SAM).id)
    now = seen(session, ticket_id)
    assert now.way is not None and now.way.approval is not None and now.way.step is None
    assert now.way.approval.decision is Decision.WITHDRAWN and now.state is State.MERGED


def test_a_ticket_without_a_workflow_has_nothing_to_step_through(session: WriteSession) -> None:
    plain = opened(session, SOLO)
    for act in (
        lambda: steps.move(session, who(session, BOB), plain.id, "checking"),
        lambda: steps.fill(session, who(session, BOB), plain.id, {}),
        lambda: steps.step_back(session, who(session, BOB), plain.id, reason=""),
        lambda: steps.cancel(session, who(session, BOB), plain.id, reason=""),
        lambda: steps.decide(session, who(session, BOB), plain.id, is_approved=True),
    ):
        with pytest.raises(NoWorkflowError):
            act()
