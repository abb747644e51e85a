"""Tables of retrieval: which suggestions were shown, and which were opened; private to this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class SuggestionImpressionTable(Table):
    """Articles the context engine showed once beside a form or page."""

    __tablename__ = "retrieval_suggestion_impression"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(index=True)  # None: a visitor nobody knows
    page: Mapped[str] = mapped_column(Text)
    product: Mapped[str | None] = mapped_column(Text)
    context: Mapped[dict[str, Any]] = mapped_column(JSON)  # the page context as it was sent
    article_ids: Mapped[list[int]] = mapped_column(JSON)  # in the order shown
    opened: Mapped[list[int]] = mapped_column(JSON)  # of these, in the order first opened
    created_at: Mapped[datetime] = mapped_column(index=True)
