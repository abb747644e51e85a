"""One line of time from several tables: pages that neither skip nor repeat, each as quick as one index range.

A source gives its newest rows behind a cursor; the newest of all sources are the page. The order is total: time,
then kind, then the row's own id, so rows of one instant keep their places from page to page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from foundation.db import ReadSession
from foundation.errors import InvalidInputError

Ref = int | str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that happened; `kind` and `ref` name it for good."""

    at: datetime
    kind: str
    ref: Ref
    title: str
    person_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the next one begins behind this entry."""

    at: datetime
    kind: str
    ref: Ref

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{'i' if isinstance(self.ref, int) else 's'}{self.ref}"


def read_cursor(written: str) -> Cursor:
    """The cursor that was written so. Raises InvalidInputError."""
    try:
        at, kind, ref = written.split("~")
        found = Cursor(datetime.fromisoformat(at), kind, int(ref[1:]) if ref[0] == "i" else ref[1:])
    except (ValueError, IndexError) as error:
        raise InvalidInputError("this is no cursor of a timeline") from error
    if found.at.tzinfo is None or (isinstance(found.ref, int) and abs(found.ref) >= 2**63):
        raise InvalidInputError("this is no cursor of a timeline")
    return found


def behind(cursor: Cursor | None, kind: str, at: Any, ref: Any) -> ColumnElement[bool]:
    """The condition that a row of this kind stands behind the cursor."""
    if cursor is None:
        return true()
    if kind == cursor.kind:
        return or_(at < cursor.at, and_(at == cursor.at, ref < cursor.ref))
    later: ColumnElement[bool] = at <= cursor.at if kind > cursor.kind else at < cursor.at
    return later


Source = Callable[[ReadSession, Any, Cursor | None, int], Iterable[Entry]]


def page(
    session: ReadSession, sources: Iterable[Source], about: Any, cursor: Cursor | None, limit: int
) -> tuple[list[Entry], Cursor | None]:
    """The newest entries behind the cursor, and the cursor for the next page; None where nothing follows."""
    found = [one for source in sources for one in source(session, about, cursor, limit + 1)]
    # Sorting keeps the order among equals, so rows of one kind and instant stand as their database orders them.
    found.sort(key=lambda one: one.kind)
    found.sort(key=lambda one: one.at, reverse=True)
    shown = found[:limit]
    last = shown[-1] if shown and len(found) > limit else None
    return shown, Cursor(last.at, last.kind, last.ref) if last else None
