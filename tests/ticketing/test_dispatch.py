"""Tickets handed out by the house: to whom, in which order, what happens when the agent does not react."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from foundation import clock, jobs
from foundation.access import Viewer
from foundation.db import WriteSession, read_session, write_session
from tests.ticketing.desk import ANN, BOB, SAM, SOLO, VERA, opened, who
from ticketing import desk_routing, dispatch, dispatch_events, presence
from ticketing import jobs as desk_jobs
from ticketing import service as ticketing
from ticketing.directory_types import Presence
from ticketing.routing_types import DeskRouting
from ticketing.tables import AgentTable, GivenTable, HistoryTable, QueueTable, TicketTable
from ticketing.types import NewReply, Order

MINUTE = timedelta(minutes=1)


@pytest.fixture
def automatic(session: WriteSession) -> WriteSession:
    """Every queue hands out its tickets; Ann (all languages, key accounts) and Bob (Chinese, care) are online."""
    session.execute(update(QueueTable).values(is_automatic=True))
    for email in (ANN, BOB):
        come_in(session, email)
    return session


def come_in(session: WriteSession, email: str, presence_: Presence = Presence.ONLINE) -> int:
    agent_id = who(session, email).agent_id
    assert agent_id is not None
    presence.set_presence(session, agent_id, presence_)
    return agent_id


def set_agent(session: WriteSession, email: str, **values: object) -> None:
    session.execute(update(AgentTable).where(AgentTable.id == who(session, email).agent_id).values(**values))


def set_queues(session: WriteSession, **values: object) -> None:
    session.execute(update(QueueTable).values(**values))


def holder(session: WriteSession, ticket_id: int) -> int | None:
    return session.scalar(select(TicketTable.assignee_id).where(TicketTable.id == ticket_id))


def all_given(session: WriteSession) -> list[int]:
    found: list[int] = []
    while given := dispatch.hand_out(session):
        found += given
    return found


def test_a_queue_that_agents_take_from_themselves_is_left_alone(session: WriteSession) -> None:
    come_in(session, BOB)
    opened(session, SAM)
    assert dispatch.hand_out(session) == []


def test_each_ticket_goes_to_the_team_of_its_queue_and_is_open_then(automatic: WriteSession) -> None:
    made = opened(automatic, SAM)
    assert dispatch.hand_out(automatic) == [made.id]
    bob = who(automatic, BOB)
    told = ticketing.ticket(automatic, bob, made.id)
    assert told.assignee is not None and told.assignee.id == bob.agent_id
    assert told.state == "open" and told.version > made.version
    entry = next(one for one in told.history if one.event == "assigned")
    assert entry.actor is None and entry.detail["why"] == "skilled"
    assert [one.kind for one in ticketing.list_notifications(automatic, bob)] == ["assigned"]
    assert dispatch.hand_out(automatic) == []


@pytest.mark.parametrize("there", [Presence.AWAY, Presence.OFFLINE])
def test_who_is_not_there_is_given_nothing(automatic: WriteSession, there: Presence) -> None:
    come_in(automatic, BOB, there)
    opened(automatic, SAM)
    assert dispatch.hand_out(automatic) == []
    come_in(automatic, BOB)
    assert len(dispatch.hand_out(automatic)) == 1


def test_an_agent_whose_console_fell_silent_is_offline_until_it_is_heard_again(
    automatic: WriteSession,
) -> None:
    bob = who(automatic, BOB).agent_id
    assert bob is not None
    opened(automatic, SAM)
    clock.advance(DeskRouting().absent_after)
    assert presence.agent(automatic, bob).presence is Presence.OFFLINE
    assert dispatch.hand_out(automatic) == []
    assert presence.heartbeat(automatic, bob).presence is Presence.ONLINE
    assert len(dispatch.hand_out(automatic)) == 1


def test_nobody_gets_more_than_there_is_room_for_and_room_that_comes_free_is_used(
    automatic: WriteSession,
) -> None:
    set_agent(automatic, BOB, capacity=2)
    made = [opened(automatic, SAM) for _n in range(3)]
    assert all_given(automatic) == [one.id for one in made[:2]]
    ticketing.reply(
        automatic, who(automatic, BOB), made[0].id, NewReply(text="Which?", then="waiting_customer")
    )
    assert all_given(automatic) == [made[2].id]


def test_a_chat_may_take_more_of_a_capacity_than_a_form(automatic: WriteSession) -> None:
    desk_routing.write(automatic, DeskRouting(weights={"widget": 3, "form": 1}))
    set_agent(automatic, BOB, capacity=4)
    chat, form, last = (opened(automatic, SAM, channel=one) for one in ("widget", "form", "form"))
    assert all_given(automatic) == [chat.id, form.id]
    ticketing.resolve(automatic, who(automatic, BOB), chat.id)
    assert all_given(automatic) == [last.id]


def test_tickets_go_in_the_order_the_queue_shows(automatic: WriteSession) -> None:
    set_queues(automatic, team_id=None)
    set_agent(automatic, ANN, capacity=0)
    set_agent(automatic, BOB, capacity=99)
    for email in (SAM, SOLO, VERA, SAM, VERA):
        opened(automatic, email, language="zh")
        clock.advance(MINUTE)
    presence.heartbeat(automatic, who(automatic, BOB).agent_id or 0)
    shown, _total = ticketing.tickets(automatic, who(automatic, BOB), order=Order.PROMISE)
    assert all_given(automatic) == [one.id for one in shown]


def test_the_account_manager_is_given_the_company_s_tickets_first(automatic: WriteSession) -> None:
    set_queues(automatic, team_id=None)
    made = opened(automatic, VERA)  # Ann looks after Acme
    for _n in range(3):
        opened(automatic, SAM)
    all_given(automatic)
    assert holder(automatic, made.id) == who(automatic, ANN).agent_id


def test_what_no_colleague_present_can_do_waits_for_its_skill_and_then_no_longer(
    automatic: WriteSession,
) -> None:
    set_agent(automatic, ANN, skills=["pump"], presence="offline")
    set_agent(automatic, BOB, skills=["valve"])
    set_queues(automatic, relax_after_minutes=10)
    made = opened(automatic, SAM, product="pump")
    assert dispatch.hand_out(automatic) == []
    assert dispatch.next_change_at(automatic) == clock.now() + 10 * MINUTE
    clock.advance(10 * MINUTE)
    presence.heartbeat(automatic, who(automatic, BOB).agent_id or 0)
    assert dispatch.hand_out(automatic) == [made.id]
    assert automatic.scalar(select(GivenTable.why)) == "relaxed"


def test_a_ticket_that_is_not_opened_goes_on_and_the_agent_is_away(automatic: WriteSession) -> None:
    set_queues(automatic, ack_minutes=2)
    made = opened(automatic, SAM)
    dispatch.hand_out(automatic)
    given_id = automatic.scalar(select(GivenTable.id)) or 0
    automatic.commit()
    clock.advance(timedelta(seconds=119))
    desk_jobs.pass_on_unopened(given_id)
    assert holder(automatic, made.id) is not None
    automatic.rollback()
    clock.advance(timedelta(seconds=1))
    for _again in range(2):
        desk_jobs.pass_on_unopened(given_id)
    with read_session() as after:
        told = ticketing.ticket(after, who(after, ANN), made.id)
        assert told.assignee is None
        assert [one.event for one in told.history].count("passed_on") == 1
        bob = who(after, BOB)
        assert after.scalar(select(AgentTable.presence).where(AgentTable.id == bob.agent_id)) == "away"
        assert "passed_on" in [one.kind for one in ticketing.list_notifications(after, bob)]


@pytest.mark.parametrize("act", ["read", "reply", "claim", "solve", "hand over"])
def test_whoever_opened_answered_or_passed_it_on_keeps_what_was_decided(
    automatic: WriteSession, act: str
) -> None:
    set_queues(automatic, ack_minutes=2)
    made, bob = opened(automatic, SAM), who(automatic, BOB)
    dispatch.hand_out(automatic)
    acts(automatic, bob, made.id)[act]()
    before = holder(automatic, made.id)
    automatic.commit()
    clock.advance(3 * MINUTE)
    desk_jobs.sweep_desk()
    assert holder(automatic, made.id) == before is not None


def acts(session: WriteSession, bob: Viewer, ticket_id: int) -> dict[str, Callable[[], object]]:
    return {
        "read": lambda: ticketing.mark_read(session, bob, ticket_id),
        "reply": lambda: ticketing.reply(session, bob, ticket_id, NewReply(text="Have you tried …")),
        "claim": lambda: ticketing.claim(session, bob, ticket_id),
        "solve": lambda: ticketing.resolve(session, bob, ticket_id),
        "hand over": lambda: ticketing.assign(session, bob, ticket_id, agent_id=who(session, ANN).agent_id),
    }


def test_the_sweep_passes_on_what_a_lost_job_left(automatic: WriteSession) -> None:
    set_queues(automatic, ack_minutes=2)
    made = opened(automatic, SAM)
    dispatch.hand_out(automatic)
    automatic.commit()
    clock.advance(2 * MINUTE)
    desk_jobs.sweep_desk()
    assert holder(automatic, made.id) is None


@pytest.mark.parametrize(("there", "stays"), [("online", True), ("away", False), ("offline", False)])
def test_a_ticket_comes_back_to_the_last_agent_only_if_there(
    automatic: WriteSession, there: str, stays: bool
) -> None:
    made, bob = opened(automatic, SAM), who(automatic, BOB)
    dispatch.hand_out(automatic)
    ticketing.resolve(automatic, bob, made.id)
    come_in(automatic, BOB, Presence(there))
    ticketing.reply(automatic, who(automatic, SAM), made.id, NewReply(text="It beeps again."))
    assert (holder(automatic, made.id) == bob.agent_id) is stays


def test_a_ticket_comes_back_to_nobody_whose_console_fell_silent(automatic: WriteSession) -> None:
    made, bob = opened(automatic, SAM), who(automatic, BOB)
    dispatch.hand_out(automatic)
    ticketing.resolve(automatic, bob, made.id)
    clock.advance(5 * MINUTE)
    ticketing.reply(automatic, who(automatic, SAM), made.id, NewReply(text="It beeps again."))
    assert holder(automatic, made.id) is None


# What asks for a pass


@pytest.fixture
def wired(automatic: WriteSession) -> WriteSession:
    dispatch_events.subscribe()
    automatic.commit()
    return automatic


def waiting_jobs() -> int:
    with read_session() as session:
        return len(jobs.run_times(session, "ticketing.jobs.hand_out"))


def test_many_new_tickets_ask_once_and_one_job_hands_them_all_out(wired: WriteSession) -> None:
    made = []
    for _n in range(5):
        with write_session() as session:
            made.append(opened(session, SAM).id)
    assert waiting_jobs() == 1
    while jobs.run_one():
        pass
    assert all(holder(wired, one) for one in made)
    assert waiting_jobs() == 0


def test_an_agent_who_comes_in_and_room_that_comes_free_ask(wired: WriteSession) -> None:
    with write_session() as session:
        set_agent(session, BOB, capacity=1)
        come_in(session, BOB, Presence.AWAY)
        first, second = opened(session, SAM).id, opened(session, SAM).id
    while jobs.run_one():
        pass
    assert holder(wired, first) is None
    wired.rollback()
    with write_session() as session:
        come_in(session, BOB)
    while jobs.run_one():
        pass
    assert (holder(wired, first), holder(wired, second)) == (who(wired, BOB).agent_id, None)
    wired.rollback()
    with write_session() as session:
        ticketing.resolve(session, who(session, BOB), first)
    while jobs.run_one():
        pass
    assert holder(wired, second) is not None


def test_what_was_asked_in_a_savepoint_that_failed_is_asked_again(wired: WriteSession) -> None:
    with write_session() as session:
        with session.begin_nested() as savepoint:
            opened(session, SAM)
            savepoint.rollback()
        opened(session, SAM)
    assert waiting_jobs() == 1


def test_a_desk_where_agents_take_tickets_themselves_gets_no_jobs(desk: None) -> None:
    dispatch_events.subscribe()
    with write_session() as session:
        opened(session, SAM)
    assert waiting_jobs() == 0


def test_skills_relax_to_the_second_by_a_job_of_their_own(wired: WriteSession) -> None:
    with write_session() as session:
        set_agent(session, ANN, skills=["pump"], presence="offline")
        set_agent(session, BOB, skills=["valve"], seen_at=None)
        set_queues(session, relax_after_minutes=10)
        made = opened(session, SAM, product="pump").id
    while jobs.run_one():
        pass
    with read_session() as session:
        assert jobs.run_times(session, "ticketing.jobs.hand_out") == [clock.now() + 10 * MINUTE]
    clock.advance(10 * MINUTE)
    assert jobs.run_one() and holder(wired, made) is not None


def test_the_chain_of_sweeps_is_one_however_often_a_server_starts(wired: WriteSession) -> None:
    for _n in range(3):
        with write_session() as session:
            dispatch_events.keep_sweeping(session)
    for _n in range(3):
        clock.advance(dispatch_events.SWEEP_EVERY)
        while jobs.run_one():
            pass
    with read_session() as session:
        assert len(jobs.run_times(session, "ticketing.jobs.sweep_desk")) == 1


def test_the_history_has_each_handing_out_once(automatic: WriteSession) -> None:
    set_agent(automatic, BOB, capacity=50)
    ids = [opened(automatic, SAM).id for _n in range(30)]
    assert all_given(automatic) == ids
    told = automatic.scalars(select(HistoryTable.ticket_id).where(HistoryTable.event == "assigned")).all()
    assert sorted(told) == ids
