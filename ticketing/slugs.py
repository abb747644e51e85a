"""Rows of the desk's set-up by the name people give them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from foundation.db import ReadSession
from ticketing.errors import UnknownSlugError


def id_of(session: ReadSession, table: Any, kind: str, slug: str | None) -> int | None:
    """The id of a row by its slug; None for None. Raises UnknownSlugError."""
    if slug is None:
        return None
    found: int | None = session.scalar(select(table.id).where(table.slug == slug))
    if found is None:
        raise UnknownSlugError(kind, slug)
    return found
