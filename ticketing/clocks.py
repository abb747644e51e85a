"""The clocks of tickets: planned by policy, computed from history, swept when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from foundation import clock
from foundation.db import ReadSession, WriteSession
from foundation.jobs import enqueue_after_commit
from ticketing import clock_alerts, history, policies, queue_order, sla
from ticketing.policy_types import SlaPolicy
from ticketing.tables import ClockTable, TicketTable, TierTable
from ticketing.types import Clock, ClockState, HistoryEntry, Metric, Priority
from ticketing.workflow_types import WorkflowStep


def _policy(session: ReadSession, ticket: TicketTable) -> SlaPolicy | None:
    tier = session.get(TierTable, ticket.tier_id) if ticket.tier_id else None
    return policies.policy_for(
        session, tier=tier.slug if tier else None, priority=Priority(ticket.priority), kind=ticket.kind
    )


_OF_POLICIES = tuple(metric for metric in Metric if metric is not Metric.STEP)


def plan(session: WriteSession, ticket: TicketTable) -> None:
    """Promise what the policy for the ticket's tier, priority and kind says, as if from the start.

    Call `sync` afterwards. Where no policy matches nothing is promised.
    """
    policy = _policy(session, ticket)
    for metric in _OF_POLICIES:
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
            warn_percent=policy.warn_percent,
            escalations=[policies.rung_json(rung) for rung in policy.escalations],
        )


def plan_step(session: WriteSession, ticket: TicketTable, step: WorkflowStep) -> None:
    """Begin the clock of a step that was just entered, if it has a limit; one that only rested goes on.

    Call `sync` afterwards.
    """
    entries = history.entries(session, ticket.id)
    line = sla.timeline(Metric.STEP, entries)
    if step.limit is None or (
        line is not None and line.stopped_at is None and _last_step(entries) == step.slug
    ):
        return
    sync(session, ticket)  # what became of the step before is told before its clock is another's
    policy = _policy(session, ticket)
    history.add(
        session,
        ticket,
        "planned",
        None,
        metric=Metric.STEP,
        step=step.slug,
        policy=f"step:{step.slug}",
        calendar=policy.calendar if policy else policies.desk_calendar(session).slug,
        target_minutes=step.limit.minutes,
        warn_percent=step.limit.warn_percent,
        escalations=[policies.rung_json(rung) for rung in step.limit.escalations],
    )


def _last_step(entries: list[HistoryEntry]) -> str | None:
    planned = [one.detail["step"] for one in entries if one.event == "planned" and "step" in one.detail]
    return planned[-1] if planned else None


def replay(session: ReadSession, entries: list[HistoryEntry], now: datetime) -> list[Clock]:
    """The clocks of a ticket as its history says they stand at `now`; each by the last plan made for it."""
    planned = {entry.detail["metric"]: entry.detail for entry in entries if entry.event == "planned"}
    found: list[Clock] = []
    for metric in Metric:
        made, line = planned.get(metric), sla.timeline(metric, entries)
        if made and made["target_minutes"] is not None and line is not None:
            found.append(sla.read(_plan(session, metric, made), line, now))
    return found


def _plan(session: ReadSession, metric: Metric, made: dict[str, Any]) -> sla.Plan:
    """The plan that a history entry wrote down; older entries know no warnings but the usual one."""
    return sla.Plan(
        metric,
        made["policy"],
        policies.calendar(session, made["calendar"]),
        made["target_minutes"],
        made.get("warn_percent", 75),
        tuple(rung["after_minutes"] for rung in made.get("escalations") or ()),
    )


def sync(session: WriteSession, ticket: TicketTable) -> None:
    """Bring the stored clocks to what the history says now; the caller holds the ticket's lock.

    A warning reached, a promise broken and each rung of its ladder is written down, told and published, once.
    """
    entries, now = history.entries(session, ticket.id), clock.now()
    readings = replay(session, entries, now)
    stored = {row.metric: row for row in rows_of(session, ticket.id)}
    for reading in readings:
        row = stored.pop(reading.metric, None)
        was_broken = (
            row is not None and row.state == ClockState.BREACHED and row.started_at == reading.started_at
        )
        row = _store(session, ticket, row, reading, entries)
        clock_alerts.raise_due(session, ticket, row, reading, was_broken=was_broken, entries=entries)
        _schedule(session, row, reading, now)
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
    line = sla.timeline(reading.metric, entries)
    assert line is not None  # or there would be no reading
    return sla.counted_minutes(last, line, clock.now())


def _schedule(session: WriteSession, row: ClockTable, reading: Clock, now: datetime) -> None:
    """Have a worker look at the clock's next moment; not twice for one moment."""
    moment = _next_moment(row, reading, now)
    if moment is None or row.scheduled_for == moment:
        return
    row.scheduled_for = moment
    enqueue_after_commit(session, "ticketing.jobs.sweep_clocks", delay=moment - now, ticket_id=row.ticket_id)


def _next_moment(row: ClockTable, reading: Clock, now: datetime) -> datetime | None:
    """When something happens to the clock next, if nothing else happens to the ticket."""
    if reading.met_at is not None:
        return None
    if row.state == ClockState.BREACHED:
        return next((at for at in reading.escalate_at[reading.rungs_reached :] if at > now), None)
    if row.state != ClockState.RUNNING:
        return None
    return reading.due_at if reading.is_warned else reading.warn_at


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
    """Tickets with a running clock that nobody has looked at since it was due or to be warned of; oldest first."""
    is_unwarned = or_(ClockTable.warned_for.is_(None), ClockTable.warned_for != ClockTable.warn_at)
    is_late = or_(ClockTable.due_at <= now, and_(ClockTable.warn_at <= now, is_unwarned))
    statement = (
        select(ClockTable.ticket_id)
        .where(ClockTable.state == ClockState.RUNNING, is_late)
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
