"""Tables of ingestion: jobs and their files; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class IngestJobTable(Table):
    """One request to ingest: what was asked, how far it is, what it did."""

    __tablename__ = "ingest_job"
    __table_args__ = (Index("ix_ingest_job_created", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    background_id: Mapped[int | None]  # the foundation job that runs it
    state: Mapped[str] = mapped_column(Text, default="queued")
    stage: Mapped[str] = mapped_column(
        Text, default="waiting"
    )  # waiting, listing, reading, indexing, finished
    collection: Mapped[str] = mapped_column(Text)  # slug, or several joined by commas
    audience: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    request: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # roots: collection, kind (folder, file, url), address, name
    request_key: Mapped[str] = mapped_column(Text, index=True)  # equal for requests with the same roots
    attempts: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class IngestFileTable(Table):
    """One file of a job. It changes from running to ingested in the transaction that publishes it."""

    __tablename__ = "ingest_file"
    __table_args__ = (
        UniqueConstraint("job_id", "collection", "uri"),
        Index("ix_ingest_file_state", "job_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("ingest_job.id", ondelete="CASCADE"))
    collection: Mapped[str] = mapped_column(Text)  # slug
    uri: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)  # an absolute path, a URL, or file:<key> of an upload
    state: Mapped[str] = mapped_column(Text, default="waiting")
    stage: Mapped[str] = mapped_column(Text, default="waiting")  # waiting, reading, publishing, finished
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[datetime | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_hash: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None]
    articles: Mapped[int] = mapped_column(default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    embedded: Mapped[int] = mapped_column(default=0)  # chunks whose embedding had to be computed
    retired: Mapped[int] = mapped_column(default=0)  # articles that vanished from this file
    seconds: Mapped[float | None]
