"""Rules are versions in an order, checked when written, and tried on history before they are switched on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from foundation.db import read_session, write_session
from foundation.tables import JobTable
from tests.ticketing.desk import MIA, VERA, who
from tests.ticketing.rule_desk import (
    CALL_BACK,
    SURVEY,
    VIP_SILENT,
    a_ticket,
    all_tickets,
    made,
    outcomes,
    pass_days,
    simple,
    solved,
)
from ticketing import rules
from ticketing.errors import RuleConflictError, RuleInvalidError
from ticketing.rule_types import Outcome
from ticketing.tables import RuleRunTable, RuleVersionTable

pytestmark = pytest.mark.usefixtures("rules_at_work")


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
