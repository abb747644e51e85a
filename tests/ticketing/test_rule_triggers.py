"""What sets rules off: the three rules of the literature, events, silence, and batches that come back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.db import read_session, write_session
from tests.ticketing.desk import ANN, MIA, SAM, VERA, who
from tests.ticketing.rule_desk import (
    CALL_BACK,
    SURVEY,
    VIP_SILENT,
    a_ticket,
    all_tickets,
    made,
    news_of,
    outcomes,
    pass_days,
    seen,
    simple,
    solved,
    work,
)
from ticketing import rule_times, rules
from ticketing import service as ticketing
from ticketing.rule_types import Outcome
from ticketing.types import (
    FilledForm,
    MessageRole,
    NewReply,
    State,
)

pytestmark = pytest.mark.usefixtures("rules_at_work")


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
