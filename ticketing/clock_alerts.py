"""Telling of clocks: a warning before a promise breaks, that it broke, and the ladder after; each once.

The caller holds the ticket's lock and has stored the reading. What has been told stands in the row: the moment
it was told for, so that a clock that is promised anew is told of anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from foundation import events, live
from foundation.access import Role
from foundation.db import ReadSession, WriteSession
from ticketing import directory, history, notifications
from ticketing.events import ClockBreached
from ticketing.policy_types import Alerted
from ticketing.tables import AgentTable, ClockTable, PersonTable, QueueTable, TicketTable, TierTable
from ticketing.types import Clock, ClockState, HistoryEntry


def raise_due(
    session: WriteSession,
    ticket: TicketTable,
    row: ClockTable,
    reading: Clock,
    *,
    was_broken: bool,
    entries: Sequence[HistoryEntry],
) -> None:
    """Tell what this reading is the first to show."""
    if reading.is_warned and reading.met_at is None and row.warned_for != reading.warn_at:
        row.warned_for = reading.warn_at
        _warn(session, ticket, reading)
    if reading.state is ClockState.BREACHED and not was_broken:
        row.escalated_for = None
        _breach(session, ticket, reading)
    if reading.state is ClockState.BREACHED and reading.met_at is None:
        _climb(session, ticket, row, reading, entries)


def _warn(session: WriteSession, ticket: TicketTable, reading: Clock) -> None:
    detail = {"metric": str(reading.metric), "due_at": reading.due_at.isoformat()}
    history.add(session, ticket, "warned", None, **detail, warn_at=reading.warn_at.isoformat())
    _notify(session, ticket, _at_hand(session, ticket), "sla_warning", **detail)
    live.tell_after_commit(
        session, "tickets", {"event": "warning", "ticket_id": ticket.id, "metric": detail["metric"]}
    )


def _breach(session: WriteSession, ticket: TicketTable, reading: Clock) -> None:
    detail = {"metric": str(reading.metric), "due_at": reading.due_at.isoformat()}
    history.add(session, ticket, "breached", None, **detail)
    _notify(session, ticket, _at_hand(session, ticket) | _manager_of(session, ticket), "breach", **detail)
    live.tell_after_commit(
        session, "tickets", {"event": "breach", "ticket_id": ticket.id, "metric": detail["metric"]}
    )
    news = ClockBreached(
        ticket_id=ticket.id,
        conversation_id=ticket.conversation_id,
        metric=reading.metric,
        due_at=reading.due_at,
    )
    events.publish(session, news)


def _climb(
    session: WriteSession,
    ticket: TicketTable,
    row: ClockTable,
    reading: Clock,
    entries: Sequence[HistoryEntry],
) -> None:
    """The rungs reached since the last look, each with its own note: also where several were slept through."""
    rungs = _rungs(entries, reading)
    reached = reading.escalate_at[: reading.rungs_reached]
    for step, (at, who) in enumerate(zip(reached, rungs, strict=False), start=1):
        if row.escalated_for is not None and at <= row.escalated_for:
            continue
        row.escalated_for = at
        detail: dict[str, str | int] = {"metric": str(reading.metric), "step": step, "at": at.isoformat()}
        history.add(session, ticket, "escalated", None, **detail)
        _notify(session, ticket, _people(session, ticket, who), "escalation", **detail)


def _rungs(entries: Sequence[HistoryEntry], reading: Clock) -> list[list[Alerted]]:
    planned = [
        one.detail for one in entries if one.event == "planned" and one.detail["metric"] == reading.metric
    ]
    return [[Alerted(who) for who in rung["notify"]] for rung in planned[-1].get("escalations") or ()]


def _notify(
    session: WriteSession, ticket: TicketTable, people: Iterable[int], kind: str, **detail: str | int
) -> None:
    for person_id in sorted(people):
        notifications.notify(session, person_id, kind, ticket_id=ticket.id, **detail)


def _people(session: ReadSession, ticket: TicketTable, who: Iterable[Alerted]) -> set[int]:
    found: set[int] = set()
    for one in who:
        match one:
            case Alerted.ASSIGNEE:
                found |= _assignee(session, ticket)
            case Alerted.TEAM:
                found |= _team(session, ticket)
            case Alerted.MANAGERS:
                found |= _managers(session)
            case Alerted.ACCOUNT_MANAGER:
                found |= _account_manager(session, ticket)
    return found


def _at_hand(session: ReadSession, ticket: TicketTable) -> set[int]:
    """Who can still keep the promise: the assignee; of a ticket that nobody has, the queue's team."""
    return _assignee(session, ticket) if ticket.assignee_id else _team(session, ticket)


def _manager_of(session: ReadSession, ticket: TicketTable) -> set[int]:
    """The account manager, where the tier wants one to hear of its tickets."""
    tier = session.get(TierTable, ticket.tier_id) if ticket.tier_id else None
    return _account_manager(session, ticket) if tier is not None and tier.notifies_manager else set()


def _assignee(session: ReadSession, ticket: TicketTable) -> set[int]:
    return set(session.scalars(select(AgentTable.person_id).where(AgentTable.id == ticket.assignee_id)))


def _team(session: ReadSession, ticket: TicketTable) -> set[int]:
    statement = (
        select(AgentTable.person_id)
        .join(QueueTable, QueueTable.team_id == AgentTable.team_id)
        .join(PersonTable, PersonTable.id == AgentTable.person_id)
        .where(QueueTable.id == ticket.queue_id, PersonTable.is_active)
    )
    return set(session.scalars(statement))


def _managers(session: ReadSession) -> set[int]:
    return {one.person_id for one in directory.agents(session) if one.role.includes(Role.MANAGER)}


def _account_manager(session: ReadSession, ticket: TicketTable) -> set[int]:
    found = directory.account_manager_id(session, ticket.company_id)
    return {found} if found is not None else set()
