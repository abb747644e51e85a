"""What a rule would have done: looked up in the history, nothing changed, nothing sent.

Fields of a ticket that its history keeps (state, priority, queue, tier, assignee, waiting) stand as they
stood at the moment; all others as they are today. What the rule's own acts would have set off is not
followed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from foundation import clock
from foundation.db import ReadSession
from ticketing import repository, rule_conditions, rule_events, rule_facts, rule_times
from ticketing.rule_types import ABOUT_TIME, DryRun, Occurrence, RuleSpec, When, WouldRun
from ticketing.tables import HistoryTable, TicketTable

MOST = 3000  # occurrences looked at, the newest
EXAMPLES = 50
_DAY = timedelta(days=1)


def dry_run(session: ReadSession, spec: RuleSpec, days: int) -> DryRun:
    """What the rule would have done in the last `days` days."""
    end = clock.now()
    found = _occurrences(session, spec, end - timedelta(days=days), end)
    is_capped = len(found) > MOST
    found = sorted(found, key=lambda one: one.at)[-MOST:]
    acted: defaultdict[str, list[datetime]] = defaultdict(list)
    matched, would = 0, []
    for one in found:
        if not rule_conditions.holds(spec.conditions, rule_facts.facts_of(session, one, as_of=one.at)):
            continue
        matched += 1
        lately = [at for at in acted[one.subject] if at > one.at - _DAY]
        if len(lately) < spec.limit_per_day:
            acted[one.subject] = [*lately, one.at]
            would.append(one)
    return DryRun(
        days=days,
        looked=len(found),
        matched=matched,
        held_back=matched - len(would),
        actions=len(would) * len(spec.actions),
        is_capped=is_capped,
        examples=tuple(_example(session, one) for one in reversed(would[-EXAMPLES:])),
    )


def _occurrences(session: ReadSession, spec: RuleSpec, start: datetime, end: datetime) -> list[Occurrence]:
    if spec.trigger.on in ABOUT_TIME:
        return list(rule_times.came_due(session, spec.trigger, start, end))
    return list(_events(session, spec.trigger.on, start))


def _events(session: ReadSession, wanted: When, start: datetime) -> Iterable[Occurrence]:
    statement = select(HistoryTable).where(
        HistoryTable.at > start, HistoryTable.event.in_(rule_events.HISTORY_EVENTS)
    )
    counted = 0
    for row in session.scalars(statement.order_by(HistoryTable.id.desc()).execution_options(yield_per=500)):
        if rule_events.trigger_of(row.event, row.detail) is wanted:
            counted += 1
            yield rule_events.occurrence_of(row, wanted)
            if counted > MOST:
                return


def _example(session: ReadSession, one: Occurrence) -> WouldRun:
    ticket = session.get(TicketTable, one.ticket_id) if one.ticket_id is not None else None
    title = f"{repository.number(ticket.id)} {ticket.subject}" if ticket else one.company or one.batch or ""
    return WouldRun(at=one.at, subject=one.subject, ticket_id=one.ticket_id, title=title)
