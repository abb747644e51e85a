"""Every statement of ingestion; private to this room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from foundation import clock
from foundation.db import WriteSession
from ingest.listing import KEPT, UPLOADS, Found
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import FileProgress, FileState, Job, JobState
from kb.types import Published

_BATCH = 500
_KEEP_FILE_ROWS = timedelta(days=30)


def job_row(session: Session, job_id: int) -> IngestJobTable | None:
    return session.get(IngestJobTable, job_id)


def last_audience(session: Session, request_key: str) -> str | None:
    """The audience under which the same things were ingested the last time."""
    statement = select(IngestJobTable.audience).where(IngestJobTable.request_key == request_key)
    return session.scalar(statement.order_by(IngestJobTable.id.desc()).limit(1))


def add_files(session: WriteSession, job_id: int, found: Iterable[Found]) -> None:
    """Add the files of a job that it does not have yet."""
    known = IngestFileTable.collection, IngestFileTable.uri
    have = {
        (row[0], row[1]) for row in session.execute(select(*known).where(IngestFileTable.job_id == job_id))
    }
    rows: list[dict[str, Any]] = []
    for file in found:
        if (file.collection, file.uri) not in have:
            have.add((file.collection, file.uri))
            rows.append({"job_id": job_id, **vars(file), "state": "waiting", "stage": "waiting"})
    if rows:
        session.execute(insert(IngestFileTable), rows)


def put_back_running(session: WriteSession, job_id: int) -> None:
    """Files a killed worker had in hand wait again; only whoever holds the job may call this."""
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.RUNNING
    session.execute(
        update(IngestFileTable).where(*mine).values(state=FileState.WAITING, stage="waiting", claimed_by=None)
    )


def waiting(session: Session, job_id: int) -> list[IngestFileTable]:
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.WAITING
    rows = list(session.scalars(select(IngestFileTable).where(*mine).order_by(IngestFileTable.id)))
    for row in rows:
        session.expunge(row)
    return rows


def uris(session: Session, job_id: int, collection: str) -> set[str]:
    mine = IngestFileTable.job_id == job_id, IngestFileTable.collection == collection
    return set(session.scalars(select(IngestFileTable.uri).where(*mine)))


def mark_unchanged(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Finish waiting files whose bytes are known; each row has id, content_hash, articles, chunks, pages."""
    done = {"state": FileState.UNCHANGED, "stage": "finished", "seconds": 0.0}
    session.execute(update(IngestFileTable), [{**row, **done} for row in rows])


def claim_file(session: WriteSession, file_id: int, worker: str) -> bool:
    """Take a waiting file; False if another worker was first."""
    free = IngestFileTable.id == file_id, IngestFileTable.state == FileState.WAITING
    values = {
        "state": FileState.RUNNING,
        "stage": "reading",
        "claimed_by": worker,
        "heartbeat_at": clock.now(),
        "attempts": IngestFileTable.attempts + 1,
    }
    return _changed(session, update(IngestFileTable).where(*free).values(values))


def finish_file(session: WriteSession, file_id: int, worker: str, **values: Any) -> bool:
    """Write the end of a file this worker holds; False if it has lost it to another."""
    held = (
        IngestFileTable.id == file_id,
        IngestFileTable.state == FileState.RUNNING,
        IngestFileTable.claimed_by == worker,
    )
    ended = {"stage": "finished", "heartbeat_at": clock.now(), **values}
    return _changed(session, update(IngestFileTable).where(*held).values(ended))


def _changed(session: WriteSession, statement: Any) -> bool:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount) == 1  # type: ignore[attr-defined]


def forget_old_files(session: WriteSession) -> None:
    """Drop the file rows of jobs that ended long ago; failed ones stay for people to read."""
    old = select(IngestJobTable.id).where(IngestJobTable.finished_at < clock.now() - _KEEP_FILE_ROWS)
    dull = IngestFileTable.job_id.in_(old), IngestFileTable.state != FileState.FAILED
    session.execute(delete(IngestFileTable).where(*dull).execution_options(synchronize_session=False))


def jobs(session: Session, *, limit: int) -> list[Job]:
    rows = session.scalars(select(IngestJobTable).order_by(IngestJobTable.id.desc()).limit(limit)).all()
    return [to_job(session, row, with_files=False) for row in rows]


def to_job(session: Session, row: IngestJobTable, *, with_files: bool) -> Job:
    """A job with its counts; they are counted from its files, so no crash can make them wrong."""
    states = dict.fromkeys(FileState, 0)
    articles = chunks = retired = 0
    sums = (
        func.sum(IngestFileTable.articles),
        func.sum(IngestFileTable.chunks),
        func.sum(IngestFileTable.retired),
    )
    counted = select(IngestFileTable.state, func.count(), *sums).where(IngestFileTable.job_id == row.id)
    for state, count, *totals in session.execute(counted.group_by(IngestFileTable.state)):
        states[FileState(state)] = count
        articles, chunks, retired = articles + totals[0], chunks + totals[1], retired + totals[2]
    total = sum(states.values())
    return Job(
        id=row.id,
        state=JobState(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        collection=row.collection,
        total_files=total,
        done_files=total - states[FileState.WAITING] - states[FileState.RUNNING],
        ingested=states[FileState.INGESTED],
        unchanged=states[FileState.UNCHANGED],
        removed=row.removed + retired,
        articles=articles,
        chunks=chunks,
        failed=states[FileState.FAILED],
        current=_current(session, row.id) if row.state == JobState.RUNNING else None,
        error=row.error,
        files=_files(session, row.id) if with_files else (),
    )


def _current(session: Session, job_id: int) -> str | None:
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.RUNNING
    columns = select(IngestFileTable.uri, IngestFileTable.address)
    row = session.execute(columns.where(*mine).order_by(IngestFileTable.id).limit(1)).first()
    return _shown_path(row.uri, row.address) if row else None


def _shown_path(uri: str, address: str) -> str:
    """The name an editor knows: an upload's folder is ours, not theirs."""
    return uri.removeprefix(UPLOADS) if address.startswith(KEPT) else uri


def _files(session: Session, job_id: int) -> tuple[FileProgress, ...]:
    # Who opens the list looks for what went wrong and what goes on; then in the order of the folder.
    urgent = case((IngestFileTable.state == "failed", 0), (IngestFileTable.state == "running", 1), else_=2)
    statement = select(IngestFileTable).where(IngestFileTable.job_id == job_id)
    return tuple(
        FileProgress(
            path=_shown_path(row.uri, row.address),
            state=FileState(row.state),
            code=row.code,
            message=row.message,
            pages=row.pages,
            chunks=row.chunks,
            seconds=row.seconds,
        )
        for row in session.scalars(statement.order_by(urgent, IngestFileTable.id))
    )


def set_job(session: WriteSession, job_id: int, **values: Any) -> None:
    session.execute(
        update(IngestJobTable).where(IngestJobTable.id == job_id).values(heartbeat_at=clock.now(), **values)
    )


def add_removed(session: WriteSession, job_id: int, count: int) -> None:
    values = {"removed": IngestJobTable.removed + count}
    session.execute(update(IngestJobTable).where(IngestJobTable.id == job_id).values(values))


def started_at(row: IngestJobTable) -> datetime:
    return row.started_at or clock.now()


def batches(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def set_file_counts(session: WriteSession, file_id: int, published: Published) -> None:
    """Write what publishing a file gave, in the transaction that published it."""
    values = {
        "articles": published.articles,
        "chunks": published.chunks,
        "retired": len(published.retired_articles),
    }
    session.execute(update(IngestFileTable).where(IngestFileTable.id == file_id).values(values))
