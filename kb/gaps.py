"""Gaps: questions nothing answers, counted so that the content team sees what to write first."""

from __future__ import annotations

import unicodedata

from sqlalchemy import case, func, select, update

from foundation import clock
from foundation.db import ReadSession, WriteSession
from kb.errors import GapNotFoundError
from kb.publishing import insert_new
from kb.tables import GapTable
from kb.types import Gap, GapState

_MAX_CHARS = 500


def record(session: WriteSession, question: str, lang: str) -> None:
    """Count a question that found no answer; asked again it opens a gap that was closed as resolved."""
    normalized = " ".join(unicodedata.normalize("NFKC", question).lower().split())[:_MAX_CHARS]
    if not normalized:
        return
    now = clock.now()
    new = {"question": question[:_MAX_CHARS], "normalized": normalized, "lang": lang, "times_asked": 0}
    asked = {"first_asked_at": now, "last_asked_at": now, "state": GapState.OPEN}
    # Two customers may ask it at the same moment: one statement makes the row, one counts.
    session.execute(insert_new(session, GapTable).values(**new, **asked))
    session.execute(
        update(GapTable)
        .where(GapTable.normalized == normalized, GapTable.lang == lang)
        .values(
            times_asked=GapTable.times_asked + 1,
            last_asked_at=now,
            state=case((GapTable.state == GapState.RESOLVED, GapState.OPEN), else_=GapTable.state),
        )
        .execution_options(synchronize_session=False)
    )


def open_count(session: ReadSession) -> int:
    """How many gaps wait for the content team."""
    return session.scalar(select(func.count(GapTable.id)).where(GapTable.state == GapState.OPEN)) or 0


def gaps(session: ReadSession, *, state: GapState | None = None, limit: int = 100) -> list[Gap]:
    """Gaps, the most asked first."""
    statement = select(GapTable).order_by(GapTable.times_asked.desc(), GapTable.last_asked_at.desc())
    if state is not None:
        statement = statement.where(GapTable.state == state)
    return [_to_gap(row) for row in session.scalars(statement.limit(limit))]


def set_state(session: WriteSession, gap_id: int, state: GapState) -> Gap:
    """Say what was done about a gap. Raises GapNotFoundError."""
    row = session.get(GapTable, gap_id)
    if row is None:
        raise GapNotFoundError(gap_id)
    row.state = state
    return _to_gap(row)


def _to_gap(row: GapTable) -> Gap:
    return Gap(row.id, row.question, row.lang, row.times_asked, row.last_asked_at, GapState(row.state))
