"""Rules at work: events and time set them off, each acts once, none runs for ever, none tells a secret."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

import kb.service as kb
from foundation import clock, jobs
from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from foundation.tables import JobTable
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from tests.ticketing.desk import ANN, MIA, SAM, VERA, both, opened, who
from ticketing import directory, notifications, rule_engine, rule_events, rule_sweeps, rule_times, rules
from ticketing import service as ticketing
from ticketing.directory_types import NewPerson
from ticketing.errors import RuleConflictError, RuleInvalidError
from ticketing.rule_types import Outcome
from ticketing.tables import RuleRunTable, RuleTable, RuleVersionTable
from ticketing.types import (
    FilledForm,
    MessageRole,
    NewReply,
    Priority,
    State,
    Ticket,
    TicketChange,
    TicketFilter,
    Visibility,
)

CALL_BACK = {
    "name": both("Bad rating"),
    "trigger": {"on": "ticket_rated"},
    "conditions": {"all": [{"field": "event.rating", "op": "lt", "value": 3}]},
    "actions": [
        {
            "do": "task",
            "subject": both("Call {customer}: {rating}"),
            "kind": "callback",
            "priority": "high",
            "to": "manager",
        }
    ],
}
VIP_SILENT = {
    "name": both("Silent VIP"),
    "trigger": {"on": "company_silent", "days": 30},
    "conditions": {"all": [{"field": "company.tier", "op": "is", "value": "vip"}]},
    "actions": [
        {"do": "notify", "to": ["account_manager"], "text": both("{company} silent for {days} days")}
    ],
}
SURVEY = {
    "name": both("Survey"),
    "trigger": {"on": "ticket_resolved"},
    "actions": [{"do": "survey", "text": both("Please rate us: {survey_link}")}],
}


@pytest.fixture(autouse=True)
def _desk(desk: None) -> None:
    rule_events.subscribe()


def work() -> None:
    """Run every job that is due."""
    while jobs.run_one():
        pass


def pass_days(days: float) -> None:
    """Let time pass and the workers work, a sweep at a time would take too long: they look at its end."""
    clock.advance(timedelta(days=days))
    work()


def made(spec: dict[str, Any], **more: Any) -> int:
    with write_session() as session:
        return rules.add(session, spec, is_enabled=True, **more).id


def simple(on: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": both(on), "trigger": {"on": on}, "actions": list(actions), **more}


def a_ticket(email: str | None = SAM, **more: Any) -> int:
    with write_session() as session:
        ticket_id = opened(session, email, **more).id
    work()
    return ticket_id


def seen(ticket_id: int, email: str = MIA) -> Ticket:
    with read_session() as session:
        return ticketing.ticket(session, who(session, email), ticket_id)


def solved(ticket_id: int, *, rating: int | None = None, email: str = SAM) -> None:
    with write_session() as session:
        ticketing.resolve(session, who(session, ANN), ticket_id)
    work()
    if rating is not None:
        with write_session() as session:
            ticketing.rate(session, who(session, email), ticket_id, rating, "too slow")
        work()


def outcomes(rule_id: int) -> list[Outcome]:
    with read_session() as session:
        return [run.outcome for run in reversed(rules.runs(session, rule_id, limit=500))]


def news_of(email: str) -> list[dict[str, Any]]:
    with read_session() as session:
        found = notifications.notifications(session, who(session, email))
        return [dict(one.detail) for one in found if one.kind == "rule"]


def all_tickets(kind: str) -> list[Ticket]:
    with read_session() as session:
        viewer = who(session, MIA)
        found, _ = ticketing.tickets(session, viewer, TicketFilter(), limit=200)
        return [ticketing.ticket(session, viewer, one.id) for one in found if one.kind == kind]


# The three rules of the literature


def test_a_bad_rating_makes_one_high_priority_call_back_task_for_the_manager() -> None:
    rule_id = made(CALL_BACK)
    good, bad = a_ticket(), a_ticket()
    solved(good, rating=3)
    solved(bad, rating=2)
    assert outcomes(rule_id) == [Outcome.NOT_MATCHED, Outcome.ACTED]
    (task,) = all_tickets("callback")
    assert (task.subject, task.priority, task.assignee and task.assignee.name) == (
        "Call Sam: 2",
        "high",
        "Mia",
    )
    assert any(f"{bad:06d}" in note.text for note in task.messages)


def test_no_customer_sees_the_task_that_is_about_them() -> None:
    made(CALL_BACK)
    ticket_id = a_ticket()
    solved(ticket_id, rating=1)
    with read_session() as session:
        found, total = ticketing.tickets(session, who(session, SAM))
    assert [one.id for one in found] == [ticket_id] and total == 1


def test_a_vip_silent_for_thirty_days_is_told_to_the_account_manager_once_for_each_silence() -> None:
    made(VIP_SILENT)
    a_ticket(VERA)
    a_ticket(SAM)  # no VIP
    pass_days(29.9)
    assert news_of(ANN) == []
    pass_days(0.2)
    pass_days(3)
    assert [one["text"]["en"] for one in news_of(ANN)] == ["Acme silent for 30 days"]
    a_ticket(VERA)
    pass_days(30.1)
    assert len(news_of(ANN)) == 2
    assert news_of(MIA) == []


def test_a_resolution_sends_the_customer_the_survey_link() -> None:
    made(SURVEY)
    ticket_id = a_ticket()
    solved(ticket_id)
    ticket = seen(ticket_id, SAM)
    said = [one.text for one in ticket.messages if one.role is MessageRole.SYSTEM]
    assert said == [f"Please rate us: /portal/tickets/{ticket_id}"]
    assert ticket.status.type is State.SOLVED


# Other triggers and actions


def test_a_new_ticket_is_changed_assigned_and_noted_in_the_name_of_the_rule() -> None:
    spec = simple(
        "ticket_created",
        {"do": "set", "priority": "urgent", "queue": "bills"},
        {"do": "assign", "to": "account_manager"},
        {"do": "note", "text": "look at {number}"},
    )
    made(spec)
    ticket = seen(a_ticket(VERA))
    assert (ticket.priority, ticket.queue.slug, ticket.assignee and ticket.assignee.name) == (
        "urgent",
        "bills",
        "Ann",
    )
    assert ticket.clocks[0].target_minutes == 5  # promised anew
    (note,) = [one for one in ticket.messages if one.visibility is Visibility.INTERNAL]
    assert note.text == f"look at {ticket.number}"
    changed = next(one for one in ticket.history if one.event == "priority_changed")
    assert changed.actor == "⚙ ticket_created"


def test_an_action_that_is_refused_undoes_itself_alone_and_is_counted() -> None:
    spec = simple(
        "ticket_created",
        {"do": "set", "priority": "urgent", "queue": "no-such-queue"},
        {"do": "notify", "to": ["managers"], "text": "new"},
    )
    rule_id = made(spec)
    ticket = seen(a_ticket())
    assert ticket.priority == "normal"
    assert len(news_of(MIA)) == 1
    with read_session() as session:
        (run,) = rules.runs(session, rule_id)
        counts = rules.rule(session, rule_id).counts
    assert (run.outcome, [one["ok"] for one in run.actions]) == (Outcome.FAILED, [False, True])
    assert run.error is not None and "unknown_slug" in run.error
    assert (counts.looked, counts.acted, counts.failed) == (1, 0, 1)


def test_a_rule_tells_customers_nothing_by_notification() -> None:
    rule_id = made(simple("ticket_created", {"do": "notify", "to": [SAM], "text": "internal"}))
    a_ticket()
    assert outcomes(rule_id) == [Outcome.FAILED]
    assert news_of(SAM) == []


def test_a_warning_comes_once_when_a_quarter_of_the_promise_is_left() -> None:
    rule_id = made(simple("sla_warning", {"do": "notify", "to": ["managers"], "text": "hurry"}))
    a_ticket()  # two hours are promised
    clock.advance(timedelta(minutes=80))
    work()
    assert outcomes(rule_id) == []
    for _ in range(4):
        clock.advance(timedelta(minutes=3))
        work()
    assert outcomes(rule_id) == [Outcome.ACTED]


def test_a_broken_promise_sets_off_its_rule() -> None:
    condition = {"field": "event.metric", "value": "first_response"}
    rule_id = made(simple("sla_breached", {"do": "set", "priority": "high"}, conditions=condition))
    ticket_id = a_ticket()
    pass_days(0.1)
    assert outcomes(rule_id) == [Outcome.ACTED]
    assert seen(ticket_id).priority == "high"


def test_a_ticket_nobody_writes_in_is_found_by_who_is_waited_for() -> None:
    us = made(
        simple("ticket_silent", {"do": "note", "text": "us"})
        | {"trigger": {"on": "ticket_silent", "days": 2}}
    )
    them = made(
        simple("ticket_silent", {"do": "note", "text": "them"})
        | {"trigger": {"on": "ticket_silent", "days": 2, "waiting": "customer"}}
    )
    waiting, answered, done = a_ticket(), a_ticket(), a_ticket()
    with write_session() as session:
        ticketing.reply(
            session, who(session, ANN), answered, NewReply(text="Try this.", then="waiting_customer")
        )
    solved(done)
    pass_days(1.9)
    assert outcomes(us) == outcomes(them) == []
    pass_days(0.2)
    pass_days(5)
    with read_session() as session:
        assert [run.ticket_id for run in rules.runs(session, us)] == [waiting]
        assert [run.ticket_id for run in rules.runs(session, them)] == [answered]


def test_a_batch_that_comes_back_more_often_than_before_is_told_once() -> None:
    spec = simple(
        "repairs_rising", {"do": "notify", "to": ["managers"], "text": "{product} {batch} {repairs}"}
    )
    spec["trigger"] = {"on": "repairs_rising", "days": 10, "at_least": 3, "percent": 50, "kinds": ["repair"]}
    made(spec)
    batch = {"form": FilledForm("f", {"batch": "2409"}), "product": "YLP70", "kind": "repair"}
    for _ in range(2):
        a_ticket(**batch)
    pass_days(11)
    assert news_of(MIA) == []
    for _ in range(4):
        a_ticket(**batch)
    a_ticket(**batch | {"product": "YLF50"})
    pass_days(0.1)
    pass_days(0.1)
    assert [one["text"]["en"] for one in news_of(MIA)] == ["YLP70 2409 4"]


# Loops


def test_two_rules_that_set_each_other_off_stop() -> None:
    up = made(
        simple(
            "ticket_changed",
            {"do": "set", "priority": "high"},
            conditions={"field": "event.after", "value": "low"},
        )
    )
    down = made(
        simple(
            "ticket_changed",
            {"do": "set", "priority": "low"},
            conditions={"field": "event.after", "value": "high"},
        )
    )
    ticket_id = a_ticket()
    with write_session() as session:
        ticketing.change(session, who(session, ANN), ticket_id, TicketChange(priority=Priority.LOW))
    work()
    assert outcomes(up).count(Outcome.ACTED) == outcomes(down).count(Outcome.ACTED) == 1
    assert Outcome.LOOP in outcomes(up)


_ACTIONS = st.sampled_from(
    [
        {"do": "set", "priority": "low"},
        {"do": "set", "priority": "urgent"},
        {"do": "set", "state": "on_hold"},
        {"do": "set", "state": "open"},
        {"do": "set", "queue": "bills"},
        {"do": "set", "queue": "rest"},
        {"do": "assign", "to": "nobody"},
        {"do": "assign", "to": "manager"},
        {"do": "message", "text": "hello"},
        {"do": "task", "subject": "again", "kind": "task"},
    ]
)
_SPECS = st.builds(
    lambda on, actions, limit: simple(on, *actions) | {"limit_per_day": limit},
    st.sampled_from(["ticket_created", "ticket_changed"]),
    st.lists(_ACTIONS, min_size=1, max_size=2),
    st.integers(1, 3),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(_SPECS, min_size=1, max_size=3))
def test_whatever_the_rules_say_they_come_to_an_end(specs: list[dict[str, Any]]) -> None:
    with write_session() as session:
        for one in rules.rules(session):
            rules.delete(session, one.id)
    ids = [made(spec) for spec in specs]
    with write_session() as session:
        opened(session)
    for _ in range(3000):
        if not jobs.run_one():
            break
    else:
        pytest.fail("the rules never come to rest")
    with read_session() as session:
        deepest = session.scalar(select(func.max(RuleRunTable.depth)).where(RuleRunTable.rule_id.in_(ids)))
        per_subject = select(func.count()).where(
            RuleRunTable.rule_id.in_(ids), RuleRunTable.outcome.in_((Outcome.ACTED, Outcome.FAILED))
        )
        most = session.scalars(per_subject.group_by(RuleRunTable.rule_id, RuleRunTable.subject)).all()
    assert (deepest or 0) <= rule_engine.MAX_CHAIN
    assert max(most, default=0) <= max(spec["limit_per_day"] for spec in specs)


def test_a_rule_acts_on_one_ticket_as_often_a_day_as_it_may() -> None:
    rule_id = made(simple("customer_replied", {"do": "note", "text": "again"}) | {"limit_per_day": 2})
    ticket_id = a_ticket()
    for at in range(4):
        with write_session() as session:
            ticketing.reply(session, who(session, SAM), ticket_id, NewReply(text=f"hello {at}"))
        work()
    assert outcomes(rule_id) == [Outcome.ACTED, Outcome.ACTED, Outcome.LIMITED, Outcome.LIMITED]
    pass_days(1.1)
    with write_session() as session:
        ticketing.reply(session, who(session, SAM), ticket_id, NewReply(text="still here"))
    work()
    assert outcomes(rule_id)[-1] is Outcome.ACTED


# Once, whatever happens


def test_an_occurrence_that_comes_again_is_acted_on_once() -> None:
    made(simple("ticket_created", {"do": "note", "text": "once"}))
    ticket_id = a_ticket()
    with write_session() as session:
        again = update(JobTable).where(JobTable.name == "ticketing.jobs.run_rules").values(state="queued")
        session.execute(again)
    work()
    assert len([one for one in seen(ticket_id).messages if one.text == "once"]) == 1


def test_of_several_workers_that_sweep_at_once_one_wins() -> None:
    rule_id = made(VIP_SILENT)
    a_ticket(VERA)
    clock.advance(timedelta(days=31))
    with read_session() as session:
        slot = session.scalars(select(RuleTable.slot).where(RuleTable.id == rule_id)).one()
    threads = [threading.Thread(target=rule_sweeps.sweep, args=(rule_id, slot)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(news_of(ANN)) == 1
    with read_session() as session:
        waiting = session.scalar(
            select(func.count()).where(
                JobTable.name == "ticketing.jobs.sweep_rule", JobTable.run_at > clock.now()
            )
        )
    assert waiting == 1


def test_a_restart_that_begins_the_sweeps_anew_leaves_one_chain() -> None:
    rule_id = made(VIP_SILENT)
    a_ticket(VERA)
    for _ in range(3):
        with write_session() as session:
            rule_sweeps.start_all(session)
    pass_days(31)
    pass_days(1)
    assert outcomes(rule_id) == [Outcome.ACTED]
    with read_session() as session:
        coming = select(func.count()).where(
            JobTable.name == "ticketing.jobs.sweep_rule", JobTable.state == "queued"
        )
        assert session.scalar(coming) == 1


# Articles


def article_for(audience: str) -> int:
    with write_session() as session:
        collection = kb.ensure_collection(session, "help")
        chunk = NewChunk(
            text="Vent the pump first.", heading_path=(), locator=Locator(uri="a.md"), kind=ChunkKind.TEXT
        )
        new = NewArticle(
            key=audience,
            title="Venting",
            lang="en",
            kind=ArticleKind.GUIDE,
            audience=audience,
            chunks=(chunk,),
        )
        source = NewSource(uri=f"{audience}.md", content_hash=audience, pipeline_version="1")
        vectors = {chunk.hash("Venting"): np.zeros(4, np.float32).tobytes()}
        kb.publish_source(session, collection.id, source, [new], vectors, "fake:4")
        found, _ = kb.articles(session, SYSTEM, kb.ArticleFilter())
        return next(one.id for one in found if one.audience == audience)


@pytest.mark.parametrize(
    ("audience", "requester", "is_pushed"),
    [
        ("public", SAM, True),
        ("public", None, True),
        ("signed-in", SAM, True),
        ("signed-in", None, False),
        ("tier:vip", VERA, True),
        ("tier:vip", SAM, False),
        ("company:acme", VERA, True),
        ("company:acme", SAM, False),
        ("staff", SAM, False),
        ("department:lab", VERA, False),
    ],
)
def test_an_article_is_pushed_only_to_those_who_may_read_it(
    audience: str, requester: str | None, is_pushed: bool
) -> None:
    article_id = article_for(audience)
    rule_id = made(simple("ticket_created", {"do": "article", "article": article_id, "text": "Read this:"}))
    ticket = seen(a_ticket(requester))
    told = [one for one in ticket.messages if "Venting" in one.text]
    assert bool(told) is is_pushed
    assert outcomes(rule_id) == [Outcome.ACTED if is_pushed else Outcome.FAILED]


def test_an_article_for_one_department_is_not_pushed_where_the_whole_company_looks() -> None:
    article_id = article_for("department:lab")
    with write_session() as session:
        person = NewPerson(email=VERA, name="Vera", company="acme", locale="en", department="lab")
        directory.upsert_person(session, person)
    rule_id = made(simple("ticket_created", {"do": "article", "article": article_id}))
    a_ticket(VERA)
    assert outcomes(rule_id) == [Outcome.FAILED]


# Versions, switching, order


def test_every_edit_is_a_version_that_nobody_can_change() -> None:
    rule_id = made(CALL_BACK)
    with write_session() as session:
        edited = rules.edit(
            session, rule_id, CALL_BACK | {"limit_per_day": 1}, actor=who(session, MIA), version=1
        )
        assert (edited.version, edited.made_by) == (2, "Mia")
        assert rules.edit(session, rule_id, CALL_BACK | {"limit_per_day": 1}).version == 2
        with pytest.raises(RuleConflictError):
            rules.edit(session, rule_id, CALL_BACK, version=1)
    with write_session() as session:
        assert [one.spec.limit_per_day for one in rules.versions(session, rule_id)] == [1, 3]
    with pytest.raises(RuntimeError, match="only ever added"), write_session() as session:
        session.scalars(select(RuleVersionTable)).first().spec = {}  # type: ignore[union-attr]
        session.flush()


def test_a_rule_that_is_off_or_deleted_does_not_look() -> None:
    off, gone = (
        made(simple("ticket_created", {"do": "note", "text": "a"})),
        made(simple("ticket_created", {"do": "note", "text": "b"})),
    )
    with write_session() as session:
        rules.set_enabled(session, off, is_enabled=False)
        rules.delete(session, gone)
        assert [one.id for one in rules.rules(session)] == [off]
    a_ticket()
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(RuleRunTable)) == 0


def test_rules_look_in_their_order_and_see_what_the_ones_before_did() -> None:
    second = made(
        simple(
            "ticket_created",
            {"do": "note", "text": "urgent now"},
            conditions={"field": "ticket.priority", "value": "urgent"},
        )
    )
    first = made(simple("ticket_created", {"do": "set", "priority": "urgent"}))
    with write_session() as session:
        rules.set_order(session, [first])
        assert [one.id for one in rules.rules(session)] == [first, second]
    a_ticket()
    assert outcomes(second) == [Outcome.ACTED]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"trigger": {"on": "full_moon"}}, "trigger.on"),
        ({"trigger": {"on": "company_silent", "days": -1}}, "trigger.days"),
        ({"trigger": {"on": "company_silent"}, "actions": [{"do": "message", "text": "x"}]}, "actions.0.do"),
        ({"actions": []}, "actions"),
        ({"actions": [{"do": "note", "text": "{password}"}]}, "actions.0.text"),
        ({"actions": [{"do": "note", "text": "x", "shell": "rm"}]}, "actions.0.shell"),
        (
            {"conditions": {"field": "event.rating", "op": "lt", "value": 3}, "trigger": "ticket_created"},
            "conditions",
        ),
        ({"limit_per_day": 0}, "limit_per_day"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_the_place_of_the_fault(
    change: dict[str, Any], path: str
) -> None:
    with write_session() as session, pytest.raises(RuleInvalidError) as refused:
        rules.add(session, SURVEY | change)
    assert path in [one["path"] for one in refused.value.faults]


# Looking back


def test_a_dry_run_finds_what_a_rule_would_have_done_and_changes_nothing() -> None:
    for rating in (1, 5, 2):
        solved(a_ticket(), rating=rating)
    with read_session() as session:
        before = session.scalar(select(func.count()).select_from(JobTable))
        found = rules.dry_run(session, CALL_BACK, days=30)
    assert (found.looked, found.matched, found.actions, len(found.examples)) == (3, 2, 2, 2)
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(JobTable)) == before
    assert all_tickets("callback") == []


def test_a_dry_run_sees_a_ticket_as_it_stood_then() -> None:
    spec = simple(
        "ticket_created", {"do": "note", "text": "x"}, conditions={"field": "ticket.state", "value": "new"}
    )
    solved(a_ticket())
    with read_session() as session:
        assert rules.dry_run(session, spec, days=1).matched == 1


def test_a_dry_run_agrees_with_what_the_rule_then_does() -> None:
    rule_id = made(VIP_SILENT)
    a_ticket(VERA)
    pass_days(31)
    a_ticket(VERA)
    pass_days(31)
    with read_session() as session:
        found = rules.dry_run(session, VIP_SILENT, days=90)
        assert found.matched == len(rules.runs(session, rule_id)) == 2


def test_a_company_that_talks_to_the_bot_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_times, "_activities", [])
    with read_session() as session:
        vera = who(session, VERA).person_id
    assert vera is not None
    talked = clock.now() + timedelta(days=20)
    rule_times.add_activity(lambda _session, start, end: {vera: [talked]} if start < talked <= end else {})
    made(VIP_SILENT)
    a_ticket(VERA)
    pass_days(49)
    assert news_of(ANN) == []
    pass_days(1.1)
    assert len(news_of(ANN)) == 1
