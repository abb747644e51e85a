"""Table of macros; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class MacroTable(Table):
    """A saved reply with what is done to the ticket beside it."""

    __tablename__ = "ticketing_macro"
    __table_args__ = (Index("ix_ticketing_macro_owner", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_agent.id", ondelete="CASCADE"))
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    text: Mapped[dict[str, str]] = mapped_column(JSON)
    visibility: Mapped[str] = mapped_column(Text)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)  # priority, queue, state; what is missing stays
    used: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
