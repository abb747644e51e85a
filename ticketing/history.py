"""The history of a ticket: what happened, in order; entries are only ever added."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from foundation import clock, events
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.events import HistoryAdded
from ticketing.tables import HistoryTable, TicketTable
from ticketing.types import HistoryEntry

_FOR_CUSTOMERS = frozenset({"opened", "state_changed", "assigned", "resolved", "rated", "merged"})


def add(
    session: WriteSession, ticket: TicketTable, event: str, actor: Viewer | None, **detail: Any
) -> datetime:
    """Write down what happens to a ticket now, and return when that is.

    The time never runs backwards within a ticket, even where the clocks of two servers differ.
    """
    at = max(clock.now(), ticket.updated_at)
    ticket.updated_at = at
    row = HistoryTable(
        ticket_id=ticket.id,
        at=at,
        actor_id=actor.person_id if actor else None,
        actor=actor.name if actor else None,
        event=event,
        detail=detail,
    )
    session.add(row)
    session.flush()
    news = HistoryAdded(ticket_id=ticket.id, history_id=row.id, event=event, detail=detail)
    events.publish(session, news)
    return at


def entries(session: ReadSession, ticket_id: int) -> list[HistoryEntry]:
    """All entries, oldest first."""
    statement = select(HistoryTable).where(HistoryTable.ticket_id == ticket_id).order_by(HistoryTable.id)
    return [HistoryEntry(row.at, row.actor, row.event, row.detail) for row in session.scalars(statement)]


def for_customers(history: list[HistoryEntry]) -> list[HistoryEntry]:
    """What of it concerns the customer; from which step to which inside a type is the desk's own matter."""
    return [_plain(entry) for entry in history if entry.event in _FOR_CUSTOMERS and not _is_inner(entry)]


def _is_inner(entry: HistoryEntry) -> bool:
    return entry.event == "state_changed" and entry.detail["before"] == entry.detail["after"]


def _plain(entry: HistoryEntry) -> HistoryEntry:
    if entry.event != "state_changed":
        return entry
    return replace(entry, detail={key: entry.detail[key] for key in ("before", "after")})
