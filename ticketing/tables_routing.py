"""Tables of handing out tickets; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class DeskRoutingTable(Table):
    """What holds for every queue: one row. Who hands out tickets holds its lock meanwhile."""

    __tablename__ = "ticketing_desk_routing"

    id: Mapped[int] = mapped_column(primary_key=True)  # always 1
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)


class GivenTable(Table):
    """One ticket given to one agent without anybody choosing, and what came of it."""

    __tablename__ = "ticketing_given"
    __table_args__ = (
        Index("ix_ticketing_given_agent", "agent_id", "at"),
        Index("ix_ticketing_given_ticket", "ticket_id"),
        Index("ix_ticketing_given_ack", "ack_due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("ticketing_agent.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(Text)  # ticketing.matching.Why
    ack_due_at: Mapped[datetime | None]  # NULL: not waited for, or over
    acked_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]  # when it went on because the agent did not open it


class SilenceTable(Table):
    """A company that is promised special care and has not been heard of, as its manager was told."""

    __tablename__ = "ticketing_silence"

    company_id: Mapped[int] = mapped_column(
        ForeignKey("ticketing_company.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]  # its last sign of life, as it was when told
    told_at: Mapped[datetime]
