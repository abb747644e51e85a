"""Which suggestions were shown to whom, and which were opened: what deflection is measured from."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from foundation import clock, ids
from foundation.access import Viewer
from foundation.db import WriteSession
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
