"""Tables of the foundation: background jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class JobTable(Table):
    """One background run: written in the transaction that wants it, so it is never lost or premature."""

    __tablename__ = "foundation_job"
    __table_args__ = (Index("ix_foundation_job_due", "state", "run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # dotted path of a function in some room's jobs.py
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)  # JSON scalars only
    state: Mapped[str] = mapped_column(Text, default="queued")  # queued, running, done, failed
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
