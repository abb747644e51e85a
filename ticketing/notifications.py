"""News for one person, shown in the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from foundation import clock, live
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.tables import NotificationTable


@dataclass(frozen=True, kw_only=True)
class Notification:
    """News for one person, shown in the console."""

    id: int
    person_id: int
    kind: str  # vip_ticket, assigned, breach
    ticket_id: int | None
    detail: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None


def notify(
    session: WriteSession, person_id: int, kind: str, *, ticket_id: int | None = None, **detail: Any
) -> None:
    """Leave news for a person and tell it live on the topic `notifications`."""
    row = NotificationTable(
        person_id=person_id, kind=kind, ticket_id=ticket_id, detail=detail, created_at=clock.now()
    )
    session.add(row)
    session.flush()
    news = {"event": "notification", "person_id": person_id, "notification_id": row.id, "kind": kind}
    live.tell_after_commit(session, "notifications", news | {"ticket_id": ticket_id})


def notifications(
    session: ReadSession, viewer: Viewer, *, unread_only: bool = False, limit: int = 50
) -> list[Notification]:
    """The viewer's own news, newest first."""
    statement = select(NotificationTable).where(NotificationTable.person_id == viewer.person_id)
    if unread_only:
        statement = statement.where(NotificationTable.read_at.is_(None))
    rows = session.scalars(statement.order_by(NotificationTable.id.desc()).limit(limit))
    return [
        Notification(
            id=row.id,
            person_id=row.person_id,
            kind=row.kind,
            ticket_id=row.ticket_id,
            detail=row.detail,
            created_at=row.created_at,
            read_at=row.read_at,
        )
        for row in rows
    ]


def mark_notifications_read(session: WriteSession, viewer: Viewer, *, up_to_id: int) -> None:
    """Mark the viewer's own news as read, up to and with the one of this id."""
    mine = (
        NotificationTable.person_id == viewer.person_id,
        NotificationTable.id <= up_to_id,
        NotificationTable.read_at.is_(None),
    )
    session.execute(update(NotificationTable).where(*mine).values(read_at=clock.now()))
