"""Rules never run for ever, and act once on one thing whatever crashes."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from foundation import clock, jobs
from foundation.db import read_session, write_session
from foundation.tables import JobTable
from tests.ticketing.desk import ANN, SAM, VERA, opened, who
from tests.ticketing.rule_desk import (
    VIP_SILENT,
    a_ticket,
    made,
    news_of,
    outcomes,
    pass_days,
    seen,
    simple,
    work,
)
from ticketing import rule_engine, rule_sweeps, rules
from ticketing import service as ticketing
from ticketing.rule_types import Outcome
from ticketing.tables import RuleRunTable, RuleTable
from ticketing.types import (
    NewReply,
    Priority,
    TicketChange,
)

pytestmark = pytest.mark.usefixtures("rules_at_work")


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
