"""Which articles known customers have read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from foundation import clock, timeline
from foundation.access import SYSTEM, Viewer
from foundation.db import ReadSession, WriteSession
from kb import repository
from kb.audience import may_read
from kb.tables import ArticleReadTable

SAME_READING = timedelta(minutes=30)  # opened again within it, an article is still being read
KIND = "article"


def record(session: WriteSession, viewer: Viewer, article_id: int) -> None:
    """Note that a customer has opened an article that the caller has shown; staff and strangers are not noted."""
    if viewer.person_id is None or viewer.is_staff:
        return
    mine = ArticleReadTable.person_id == viewer.person_id, ArticleReadTable.article_id == article_id
    now = clock.now()
    lately = select(ArticleReadTable.id).where(*mine, ArticleReadTable.at > now - SAME_READING).limit(1)
    if session.scalar(lately) is None:
        session.add(ArticleReadTable(person_id=viewer.person_id, article_id=article_id, at=now))


def hand_over(session: WriteSession, giver: int, taker: int, ids: Collection[int] | None) -> list[int]:
    """Give what one person read to another: these, or all for None. Returns those that changed hands."""
    wanted = select(ArticleReadTable).where(ArticleReadTable.person_id == giver)
    if ids is not None:
        wanted = wanted.where(ArticleReadTable.id.in_(ids))
    rows = session.scalars(wanted.order_by(ArticleReadTable.id)).all()
    for row in rows:
        row.person_id = taker
    session.flush()
    return [row.id for row in rows]


def entries(
    session: ReadSession, people: Any, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """What these people read, newest first, as a source of a timeline. `people` is a select of their ids."""
    behind = timeline.behind(cursor, KIND, ArticleReadTable.at, ArticleReadTable.id)
    wanted = select(ArticleReadTable).where(ArticleReadTable.person_id.in_(people), behind)
    newest = wanted.order_by(ArticleReadTable.at.desc(), ArticleReadTable.id.desc()).limit(limit)
    rows = session.scalars(newest).all()
    titles = titles_of(session, SYSTEM, [row.article_id for row in rows])
    return [
        timeline.Entry(
            at=row.at,
            kind=KIND,
            ref=row.id,
            title=titles.get(row.article_id, ""),
            person_id=row.person_id,
            detail={"article_id": row.article_id},
        )
        for row in rows
    ]


def titles_of(session: ReadSession, viewer: Viewer, ids: Iterable[int]) -> dict[int, str]:
    """Titles of those of the articles that exist and that the viewer may read, retired ones for staff only."""
    found = repository.articles(session, list(set(ids)))
    return {
        one.id: one.title
        for one in found.values()
        if may_read(viewer, one.audience) and (one.retired_at is None or viewer.is_staff)
    }
