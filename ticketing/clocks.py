"""The clocks of tickets: planned by policy, computed from history, swept when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from foundation import clock, events, live
from foundation.db import ReadSession, WriteSession
from foundation.jobs import enqueue_after_commit
from ticketing import directory, history, notifications, policies, queue_order, sla
from ticketing.events import ClockBreached
from ticketing.tables import AgentTable, ClockTable, TicketTable, TierTable
from ticketing.types import Clock, ClockState, HistoryEntry, Metric, Priority


def plan(session: WriteSession, ticket: TicketTable) -> None:
    """Promise what the policy for the ticket's tier, priority and kind says, as if from the start.

    Call `sync` afterwards. Where no policy matches nothing is promised.
    """
    tier = session.get(TierTable, ticket.tier_id) if ticket.tier_id else None
    policy = policies.policy_for(
        session, tier=tier.slug if tier else None, priority=Priority(ticket.priority), kind=ticket.kind
    )
    for metric in Metric:
        minutes = getattr(policy, f"{metric}_minutes") if policy else None
        if policy is None or minutes is None:
            history.add(session, ticket, "planned", None, metric=metric, target_minutes=None)
            continue
        history.add(
            session,
            ticket,
            "planned",
            None,
            metric=metric,
            policy=policy.slug,
            calendar=policy.calendar,
            target_minutes=minutes,
        )


def replay(session: ReadSession, entries: list[HistoryEntry], now: datetime) -> list[Clock]:
    """The clocks of a ticket as its history says they stand at `now`; each by the last plan made for it."""
    planned = {entry.detail["metric"]: entry.detail for entry in entries if entry.event == "planned"}
    found: list[Clock] = []
    for metric in Metric:
        made = planned.get(metric)
        if made and made["target_minutes"] is not None:
            calendar = policies.calendar(session, made["calendar"])
            last = sla.Plan(metric, made["policy"], calendar, made["target_minutes"])
            found.append(sla.read(last, sla.timeline(metric, entries), now))
    return found


def sync(session: WriteSession, ticket: TicketTable) -> None:
    """Bring the stored clocks to what the history says now; the caller holds the ticket's lock.

    A promise found broken for the first time is written down, told and published, once.
    """
    entries, now = history.entries(session, ticket.id), clock.now()
    readings = replay(session, entries, now)
    stored = {row.metric: row for row in rows_of(session, ticket.id)}
    for reading in readings:
        row = stored.pop(reading.metric, None)
        was_broken = row is not None and row.state == ClockState.BREACHED
        row = _store(session, ticket, row, reading, entries)
        if reading.state is ClockState.BREACHED and not was_broken:
            _breach(session, ticket, reading)
        _schedule(session, row, now)
    for row in stored.values():
        session.delete(row)  # the new policy promises nothing here
    ticket.sort_due_at = queue_order.sort_due(readings, ticket.waiting_since or ticket.created_at)
    session.flush()


def _store(
    session: WriteSession,
    ticket: TicketTable,
    row: ClockTable | None,
    reading: Clock,
    entries: list[HistoryEntry],
) -> ClockTable:
    if row is None:
        row = ClockTable(ticket_id=ticket.id, metric=reading.metric)
        session.add(row)
    row.policy, row.calendar, row.target_minutes = reading.policy, reading.calendar, reading.target_minutes
    row.started_at, row.due_at, row.warn_at = reading.started_at, reading.due_at, reading.warn_at
    row.state, row.met_at, row.breached_at = reading.state, reading.met_at, reading.breached_at
    row.elapsed_minutes = _elapsed(session, reading, entries) if reading.met_at else None
    return row


def _elapsed(session: ReadSession, reading: Clock, entries: list[HistoryEntry]) -> float:
    calendar = policies.calendar(session, reading.calendar)
    last = sla.Plan(reading.metric, reading.policy, calendar, reading.target_minutes)
    return sla.counted_minutes(last, sla.timeline(reading.metric, entries), clock.now())


def _schedule(session: WriteSession, row: ClockTable, now: datetime) -> None:
    """Have a worker look at the moment the clock is due; not twice for one due time."""
    if row.state != ClockState.RUNNING or row.scheduled_for == row.due_at:
        return
    row.scheduled_for = row.due_at
    enqueue_after_commit(
        session, "ticketing.jobs.sweep_clocks", delay=row.due_at - now, ticket_id=row.ticket_id
    )


def _breach(session: WriteSession, ticket: TicketTable, reading: Clock) -> None:
    due_at = reading.due_at.isoformat()
    history.add(session, ticket, "breached", None, metric=reading.metric, due_at=due_at)
    for person_id in _who_must_know(session, ticket):
        notifications.notify(
            session, person_id, "breach", ticket_id=ticket.id, metric=reading.metric, due_at=due_at
        )
    live.tell_after_commit(
        session, "tickets", {"event": "breach", "ticket_id": ticket.id, "metric": str(reading.metric)}
    )
    events.publish(
        session,
        ClockBreached(
            ticket_id=ticket.id,
            conversation_id=ticket.conversation_id,
            metric=reading.metric,
            due_at=reading.due_at,
        ),
    )


def _who_must_know(session: ReadSession, ticket: TicketTable) -> set[int]:
    """The assignee, and the account manager where the tier wants one to hear of its tickets."""
    found: set[int | None] = set()
    if ticket.assignee_id:
        mine = AgentTable.id == ticket.assignee_id
        found.add(session.scalar(select(AgentTable.person_id).where(mine)))
    if ticket.tier_id and (tier := session.get(TierTable, ticket.tier_id)) and tier.notifies_manager:
        found.add(directory.account_manager_id(session, ticket.company_id))
    return {person_id for person_id in found if person_id is not None}


def rows_of(session: ReadSession, ticket_id: int) -> list[ClockTable]:
    return list(session.scalars(select(ClockTable).where(ClockTable.ticket_id == ticket_id)))


def to_clock(row: ClockTable, now: datetime) -> Clock:
    """A stored clock as it stands at `now`, also where the sweep has not come by yet."""
    is_overdue = row.state == ClockState.RUNNING and row.due_at <= now
    return Clock(
        metric=Metric(row.metric),
        policy=row.policy,
        calendar=row.calendar,
        target_minutes=row.target_minutes,
        started_at=row.started_at,
        due_at=row.due_at,
        warn_at=row.warn_at,
        state=ClockState.BREACHED if is_overdue else ClockState(row.state),
        met_at=row.met_at,
        breached_at=row.due_at if is_overdue else row.breached_at,
    )


def overdue_tickets(session: ReadSession, now: datetime, *, limit: int) -> list[int]:
    """Tickets with a running clock that is past its due time, the longest overdue first."""
    statement = (
        select(ClockTable.ticket_id)
        .where(ClockTable.state == ClockState.RUNNING, ClockTable.due_at <= now)
        .order_by(ClockTable.due_at)
        .limit(limit)
    )
    return list(dict.fromkeys(session.scalars(statement)))


def recompute(session: WriteSession, ticket_ids: Iterable[int]) -> None:
    """Compute the clocks of these tickets again, after their calendar was edited."""
    for ticket_id in ticket_ids:
        statement = select(TicketTable).where(TicketTable.id == ticket_id).with_for_update()
        ticket = session.scalar(statement.execution_options(populate_existing=True))
        if ticket is not None:
            sync(session, ticket)
