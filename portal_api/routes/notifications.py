"""News for the person who is signed in: what was assigned, is about to break, or a rule has to say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from portal_api.dependencies import AsAgent, InTransaction, Reading
from ticketing import service as ticketing

router = APIRouter(prefix="/api/v1", tags=["notifications"])


class NotificationOut(BaseModel):
    """One piece of news; `detail` depends on the kind, of a rule it holds its `text` in zh and en."""

    id: int
    kind: str
    ticket_id: int | None
    detail: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class NotificationsOut(BaseModel):
    """News, newest first, and how much of it is unread."""

    items: list[NotificationOut]
    total: int
    unread: int


class ReadNewsIn(BaseModel):
    """Everything up to and with this one has been read."""

    up_to_id: Annotated[int, Field(ge=0, le=2**31 - 1)]


@router.get("/notifications")
def list_notifications(
    viewer: AsAgent,
    session: Reading,
    unread_only: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NotificationsOut:
    """One's own news, newest first."""
    found = ticketing.list_notifications(session, viewer, unread_only=unread_only, limit=limit)
    items = [
        NotificationOut(
            id=one.id,
            kind=one.kind,
            ticket_id=one.ticket_id,
            detail=dict(one.detail),
            created_at=one.created_at,
            read_at=one.read_at,
        )
        for one in found
    ]
    return NotificationsOut(items=items, total=len(items), unread=sum(one.read_at is None for one in found))


@router.post("/notifications/read", status_code=204)
def mark_read(body: ReadNewsIn, viewer: AsAgent, session: InTransaction) -> None:
    """Mark one's own news as read."""
    ticketing.mark_notifications_read(session, viewer, up_to_id=body.up_to_id)
