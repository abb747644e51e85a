"""The record of the directory: who changed what of a company or person, kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.tables import CompanyTable, DirectoryChangeTable, PersonTable


@dataclass(frozen=True, kw_only=True)
class DirectoryChange:
    """One change; `detail` holds what it was about, for `changed` each field as [before, after]."""

    id: int
    at: datetime
    actor: str | None
    event: str
    detail: Mapping[str, Any]


def note(
    session: WriteSession,
    event: str,
    actor: Viewer | None,
    *,
    company_id: int | None = None,
    person_id: int | None = None,
    **detail: Any,
) -> None:
    """Write down what has just been changed."""
    row = DirectoryChangeTable(
        at=clock.now(),
        actor=actor.name if actor else None,
        company_id=company_id,
        person_id=person_id,
        event=event,
        detail=detail,
    )
    session.add(row)


def note_fields(
    session: WriteSession,
    row: CompanyTable | PersonTable,
    before: Mapping[str, Any] | None,
    actor: Viewer | None,
) -> bool:
    """Write down which fields of a row are not what they were; None: it is new. Returns whether any is."""
    session.flush()
    about = {"company_id": row.id} if isinstance(row, CompanyTable) else {"person_id": row.id}
    if before is None:
        note(session, "added", actor, **about)
        return True
    fields = {
        name: [value, getattr(row, name)] for name, value in before.items() if getattr(row, name) != value
    }
    if fields:
        note(session, "changed", actor, **about, fields=fields)
    return bool(fields)


def changes(
    session: ReadSession, *, company_id: int | None = None, person_ids: tuple[int, ...] = (), limit: int = 50
) -> list[DirectoryChange]:
    """The newest changes of a company or of these people, newest first."""
    about = or_(
        DirectoryChangeTable.company_id == company_id if company_id is not None else False,
        DirectoryChangeTable.person_id.in_(person_ids),
    )
    statement = (
        select(DirectoryChangeTable).where(about).order_by(DirectoryChangeTable.id.desc()).limit(limit)
    )
    return [
        DirectoryChange(id=row.id, at=row.at, actor=row.actor, event=row.event, detail=row.detail)
        for row in session.scalars(statement)
    ]
