"""Looks of time rules: each rule has one chain of jobs, whatever crashes and however many workers run.

The rule's `slot` names the look that comes next. The job of a slot first passes the slot on together with the
next job, in one transaction that one worker wins, and then looks. A job that comes again after a crash looks
again, which changes nothing where it had already looked.
"""

from __future__ import annotations

from sqlalchemy import select, update

from foundation import clock
from foundation.db import WriteSession, read_session, write_session
from foundation.jobs import enqueue_after_commit
from ticketing import rule_engine, rule_times
from ticketing.rule_types import ABOUT_TIME, When
from ticketing.tables import RuleTable

MOST_AT_ONCE = 200  # the rest follows with the next look


def start(session: WriteSession, rule: RuleTable) -> None:
    """Begin the looks of a time rule that was switched on or edited; an older chain ends by itself."""
    rule.slot += 1
    session.flush()
    enqueue_after_commit(session, "ticketing.jobs.sweep_rule", rule_id=rule.id, slot=rule.slot)


def sweep(rule_id: int, slot: int) -> None:
    """One look of a time rule."""
    with write_session() as session:
        rule = session.get(RuleTable, rule_id)
        if (
            rule is None
            or not rule.is_enabled
            or rule.deleted_at is not None
            or rule.trigger not in ABOUT_TIME
        ):
            return
        if rule.slot not in (slot, slot + 1):
            return  # the rule was edited meanwhile, or this look is long past
        if rule.slot == slot and _pass_on(session, rule_id, slot):
            delay = rule_times.SWEEP_EVERY.get(When(rule.trigger), rule_times.SWEEP_RARELY)
            enqueue_after_commit(
                session, "ticketing.jobs.sweep_rule", delay=delay, rule_id=rule_id, slot=slot + 1
            )
    with read_session() as reading:
        spec = rule_engine.spec_of(reading, rule_id, reading.get_one(RuleTable, rule_id).version)
        due = list(rule_times.due_now(reading, spec.trigger, clock.now()))
        due = rule_engine.not_looked_at(reading, rule_id, due)[:MOST_AT_ONCE]
    for occurrence in due:
        rule_engine.look(rule_id, occurrence)


def _pass_on(session: WriteSession, rule_id: int, slot: int) -> bool:
    mine = RuleTable.id == rule_id, RuleTable.slot == slot
    statement = update(RuleTable).where(*mine).values(slot=slot + 1)
    moved = session.execute(statement.execution_options(synchronize_session=False))
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]


def start_all(session: WriteSession) -> None:
    """Begin every time rule anew; called when a server starts, in case a chain was broken."""
    on = RuleTable.is_enabled, RuleTable.deleted_at.is_(None), RuleTable.trigger.in_(list(ABOUT_TIME))
    for rule in session.scalars(select(RuleTable).where(*on).with_for_update()):
        start(session, rule)
