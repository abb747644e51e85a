"""Which suggestions were shown to whom, and which were opened: what deflection is measured from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from foundation import clock, ids, timeline
from foundation.access import SYSTEM, Viewer
from foundation.db import ReadSession, WriteSession
from kb import reads
from retrieval.context_queries import PageContext
from retrieval.errors import ImpressionNotFoundError
from retrieval.tables import SuggestionImpressionTable


def record(session: WriteSession, viewer: Viewer, context: PageContext, article_ids: list[int]) -> str:
    """Keep what was shown; returns the impression's id."""
    row = SuggestionImpressionTable(
        id=ids.new_id("i"),
        person_id=viewer.person_id,
        page=context.page,
        product=context.product,
        context=context.to_json(),
        article_ids=article_ids,
        opened=[],
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row.id


def record_opened(session: WriteSession, impression_id: str, article_id: int) -> None:
    """Note that a shown article was opened; a second time changes nothing.

    Raises ImpressionNotFoundError for an unknown impression and for an article it did not show.
    """
    row = session.get(SuggestionImpressionTable, impression_id)
    if row is None or article_id not in row.article_ids:
        raise ImpressionNotFoundError(impression_id)
    if article_id not in row.opened:
        row.opened = [*row.opened, article_id]  # a new list: the change is noticed


def hand_over(session: WriteSession, giver: int, taker: int, ids: Collection[str] | None) -> list[str]:
    """Give one person's impressions to another: these, or all for None. Returns those that changed hands."""
    wanted = select(SuggestionImpressionTable).where(SuggestionImpressionTable.person_id == giver)
    if ids is not None:
        wanted = wanted.where(SuggestionImpressionTable.id.in_(ids))
    rows = session.scalars(wanted.order_by(SuggestionImpressionTable.id)).all()
    for row in rows:
        row.person_id = taker
    session.flush()
    return [row.id for row in rows]


KIND = "suggestion"


def entries(
    session: ReadSession, people: Any, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """What was suggested to these people, newest first, as a source of a timeline; `people` selects their ids."""
    seen = SuggestionImpressionTable
    behind = timeline.behind(cursor, KIND, seen.created_at, seen.id)
    wanted = select(seen).where(seen.person_id.in_(people), behind)
    rows = session.scalars(wanted.order_by(seen.created_at.desc(), seen.id.desc()).limit(limit)).all()
    titles = reads.titles_of(session, SYSTEM, [one for row in rows for one in row.article_ids])
    return [
        timeline.Entry(
            at=row.created_at,
            kind=KIND,
            ref=row.id,
            title=row.page,
            person_id=row.person_id,
            detail={
                "product": row.product,
                "articles": [
                    {"id": one, "title": titles[one], "opened": one in row.opened}
                    for one in row.article_ids
                    if one in titles
                ],
            },
        )
        for row in rows
    ]
