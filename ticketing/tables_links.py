"""Tables of how tickets belong together; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class LinkTable(Table):
    """One ticket belongs to another; `kind` says how the first stands to the second."""

    __tablename__ = "ticketing_link"
    __table_args__ = (
        UniqueConstraint("ticket_id", "other_id", "kind"),
        Index("ix_ticketing_link_other", "other_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)  # related, child, follow_up, split
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(Text)  # a name
