"""Tables of ingestion: jobs and their files; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
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
    )  # waiting, listing, reading, removing, indexing, finished
    claimed_by: Mapped[str | None] = mapped_column(Text)  # the run that holds it: worker and a random part
    collection: Mapped[str] = mapped_column(Text)  # slug, or several joined by commas
    audience: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    request: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # roots: collection, kind (folder, file, url), address, name
    request_key: Mapped[str] = mapped_column(Text, index=True)  # equal for requests with the same roots
    attempts: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    pending_removals: Mapped[int] = mapped_column(default=0, server_default="0")  # articles it asks about
    pending_of: Mapped[int] = mapped_column(default=0, server_default="0")  # live articles they are part of
    pages_per_second: Mapped[float | None]  # of the run in hand, for the estimate
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
        Index("ix_ingest_file_uri", "collection", "uri"),
        # Two jobs may name the same file; the database itself lets only one worker have it in hand.
        Index(
            "uq_ingest_file_in_hand",
            "collection",
            "uri",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("ingest_job.id", ondelete="CASCADE"))
    collection: Mapped[str] = mapped_column(Text)  # slug
    uri: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)  # an absolute path, a URL, or file:<key> of an upload
    state: Mapped[str] = mapped_column(Text, default="waiting")
    stage: Mapped[str] = mapped_column(
        Text, default="waiting"
    )  # waiting, fetching, reading, publishing, finished
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # of a waiting file that failed with what can heal
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_hash: Mapped[str | None] = mapped_column(Text)
    rules: Mapped[str | None] = mapped_column(Text)  # under which rules and limits it failed
    code: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None]  # known once the file is opened; None for formats without pages
    pages_planned: Mapped[int] = mapped_column(default=1, server_default="1")  # `pages`, or a guess by size
    pages_done: Mapped[int] = mapped_column(default=0, server_default="0")
    articles: Mapped[int] = mapped_column(default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    embedded: Mapped[int] = mapped_column(default=0)  # chunks whose embedding had to be computed
    retired: Mapped[int] = mapped_column(default=0)  # articles that vanished from this file
    seconds: Mapped[float | None]
    timings: Mapped[dict[str, float] | None] = mapped_column(
        JSON
    )  # seconds by stage: fetch, read, embed, publish


class IngestRootTable(Table):
    """Which folder or file of this machine a name in a collection stands for."""

    __tablename__ = "ingest_root"
    __table_args__ = (UniqueConstraint("collection", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection: Mapped[str] = mapped_column(Text)  # slug
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
