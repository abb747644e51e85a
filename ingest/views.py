"""Jobs as people see them: counted from their files, so no crash can make the counts wrong."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from ingest.listing import KEPT, UPLOADS
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import FileProgress, FileState, Job, JobState

_OPEN = (FileState.WAITING, FileState.RUNNING)
_FILE = IngestFileTable


def jobs(session: Session, *, limit: int) -> list[Job]:
    """Jobs without their files, newest first."""
    rows = session.scalars(select(IngestJobTable).order_by(IngestJobTable.id.desc()).limit(limit)).all()
    return [to_job(session, row, with_files=False) for row in rows]


def to_job(session: Session, row: IngestJobTable, *, with_files: bool) -> Job:
    """A job with its counts and what is left of it."""
    states, sums = _counts(session, row.id)
    total = sum(states.values())
    left = max(0, sums["planned"] - sums["done"])
    is_running = row.state == JobState.RUNNING
    return Job(
        id=row.id,
        state=JobState(row.state),
        stage=row.stage,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        heartbeat_at=row.heartbeat_at,
        collection=row.collection,
        total_files=total,
        done_files=total - states[FileState.WAITING] - states[FileState.RUNNING],
        ingested=states[FileState.INGESTED],
        unchanged=states[FileState.UNCHANGED],
        removed=row.removed + sums["retired"],
        articles=sums["articles"],
        chunks=sums["chunks"],
        embedded=sums["embedded"],
        failed=states[FileState.FAILED],
        pages_done=sums["done"],
        pages_total=sums["planned"],
        pages_unknown=sums["unknown"],
        seconds_left=round(left / row.pages_per_second, 1) if is_running and row.pages_per_second else None,
        pending_removals=row.pending_removals,
        pending_of=row.pending_of,
        current=_current(session, row.id) if is_running else None,
        error=row.error,
        files=_files(session, row.id) if with_files else (),
    )


def pages_done(session: Session, job_id: int) -> int:
    """How many pages of the job are through, ended files with all theirs."""
    return _counts(session, job_id)[1]["done"]


def _counts(session: Session, job_id: int) -> tuple[dict[FileState, int], dict[str, int]]:
    states, sums = dict.fromkeys(FileState, 0), dict.fromkeys(_SUMS, 0)
    for state, count, *totals in session.execute(_counting(job_id)):
        states[FileState(state)] = count
        for name, value in zip(_SUMS, totals, strict=True):
            sums[name] += int(value or 0)
    return states, sums


_is_open = _FILE.state.in_(_OPEN)
_is_held = _FILE.state == FileState.HELD  # what it would retire is not retired
_SUMS = {
    "articles": func.sum(_FILE.articles),
    "chunks": func.sum(_FILE.chunks),
    "embedded": func.sum(_FILE.embedded),
    "retired": func.sum(case((_is_held, 0), else_=_FILE.retired)),
    "planned": func.sum(_FILE.pages_planned),
    "done": func.sum(case((_is_open, _FILE.pages_done), else_=_FILE.pages_planned)),
    "unknown": func.sum(case((_is_open & _FILE.pages.is_(None), 1), else_=0)),
}


def _counting(job_id: int) -> Select[Any]:
    counted = select(_FILE.state, func.count(), *_SUMS.values()).where(_FILE.job_id == job_id)
    return counted.group_by(_FILE.state)


def _current(session: Session, job_id: int) -> str | None:
    mine = _FILE.job_id == job_id, _FILE.state == FileState.RUNNING
    row = session.execute(select(_FILE.uri, _FILE.address).where(*mine).order_by(_FILE.id).limit(1)).first()
    return _shown_path(row.uri, row.address) if row else None


def _shown_path(uri: str, address: str) -> str:
    """The name an editor knows: an upload's folder is ours, not theirs."""
    return uri.removeprefix(UPLOADS) if address.startswith(KEPT) else uri


def _files(session: Session, job_id: int) -> tuple[FileProgress, ...]:
    # Who opens the list looks for what went wrong and what goes on; then in the order of the folder.
    urgent = case(
        (_FILE.state == FileState.FAILED, 0),
        (_FILE.state == FileState.HELD, 1),
        (_FILE.state == FileState.RUNNING, 2),
        (_FILE.code.is_not(None), 3),
        else_=4,
    )
    statement = select(_FILE).where(_FILE.job_id == job_id)
    return tuple(_to_file(row) for row in session.scalars(statement.order_by(urgent, _FILE.id)))


def _to_file(row: IngestFileTable) -> FileProgress:
    return FileProgress(
        id=row.id,
        path=_shown_path(row.uri, row.address),
        state=FileState(row.state),
        stage=row.stage,
        attempts=row.attempts,
        code=row.code,
        message=row.message,
        bytes=row.bytes,
        pages=row.pages,
        pages_done=row.pages_done if row.state in _OPEN else row.pages or 0,
        articles=row.articles,
        chunks=row.chunks,
        embedded=row.embedded,
        retired=row.retired,
        seconds=row.seconds,
        timings=row.timings or {},
        heartbeat_at=row.heartbeat_at,
        retry_at=row.retry_at,
    )
