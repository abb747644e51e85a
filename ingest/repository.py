"""Every statement of ingestion; private to this room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from foundation import clock
from foundation.db import WriteSession
from ingest import runs
from ingest.errors import JobLostError
from ingest.listing import Found
from ingest.tables import IngestFileTable, IngestJobTable, IngestRootTable
from ingest.types import FileState, JobState

_BATCH = 500
_KEEP_FILE_ROWS = timedelta(days=30)
_OPEN = (FileState.WAITING, FileState.RUNNING)
_WAITING: dict[str, Any] = {"state": FileState.WAITING, "stage": "waiting", "claimed_by": None}


def job_row(session: Session, job_id: int, *, for_update: bool = False) -> IngestJobTable | None:
    return session.get(IngestJobTable, job_id, with_for_update=for_update)


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
            rows.append({"job_id": job_id, **vars(file), "pages_planned": file.pages, **_WAITING})
    if rows:
        session.execute(insert(IngestFileTable), rows)


# ---- the job in hand ------------------------------------------------------------------------------------


def hold_job(session: WriteSession, row: IngestJobTable, run: str) -> None:
    """Make `run` the one that holds the job; what dead runs had in hand waits again."""
    row.state, row.claimed_by = JobState.RUNNING, run
    row.started_at, row.heartbeat_at = row.started_at or clock.now(), clock.now()
    row.pages_per_second = None
    session.flush()
    put_back_lost(session, row.id)


def set_job(session: WriteSession, job_id: int, run: str, **values: Any) -> None:
    """Change a job this run holds. Raises JobLostError if it does not hold it any more."""
    held = (
        IngestJobTable.id == job_id,
        IngestJobTable.claimed_by == run,
        IngestJobTable.state == JobState.RUNNING,
    )
    if not _changed(session, update(IngestJobTable).where(*held).values(heartbeat_at=clock.now(), **values)):
        raise JobLostError(job_id)


def is_held(session: Session, job_id: int, run: str, *, is_leader: bool) -> bool:
    """Whether this run may go on: the job runs, and its leader still holds it."""
    row = session.execute(
        select(IngestJobTable.state, IngestJobTable.claimed_by).where(IngestJobTable.id == job_id)
    ).first()
    return row is not None and row.state == JobState.RUNNING and (row.claimed_by == run or not is_leader)


def put_back_lost(session: WriteSession, job_id: int) -> None:
    """Files that dead workers had in hand wait again."""
    for file_id, holder, beat in session.execute(
        select(IngestFileTable.id, IngestFileTable.claimed_by, IngestFileTable.heartbeat_at).where(
            IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.RUNNING
        )
    ).all():
        if not runs.is_alive(holder, beat):
            lost = IngestFileTable.id == file_id, IngestFileTable.claimed_by == holder
            session.execute(update(IngestFileTable).where(*lost).values(_WAITING))


def let_go(session: WriteSession, job_id: int, state: FileState = FileState.WAITING) -> None:
    """Take the files in hand, and with another state the waiting ones too, from whoever works on them."""
    open_states = [FileState.RUNNING] if state == FileState.WAITING else [*_OPEN, FileState.HELD]
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state.in_(open_states)
    # In the order in which those who publish lock them, so that neither waits for the other in a ring.
    session.execute(select(IngestFileTable.id).where(*mine).order_by(IngestFileTable.id).with_for_update())
    session.execute(update(IngestFileTable).where(*mine).values({**_WAITING, "state": state}))


def beat(session: WriteSession, job_id: int, run: str, pages_per_second: float | None) -> None:
    """Say that this run lives, for the files it has in hand and for the job if it holds it."""
    held = IngestFileTable.claimed_by == run, IngestFileTable.state == FileState.RUNNING
    # Those that are being published say so themselves; waiting for them, we could wait for each other.
    files = select(IngestFileTable.id).where(*held).with_for_update(skip_locked=True)
    beating = update(IngestFileTable).where(IngestFileTable.id.in_(list(session.scalars(files))))
    session.execute(beating.values(heartbeat_at=clock.now()))
    held = IngestJobTable.id == job_id, IngestJobTable.claimed_by == run
    values = {"heartbeat_at": clock.now(), "pages_per_second": pages_per_second}
    session.execute(update(IngestJobTable).where(*held).values(values))


# ---- its files ------------------------------------------------------------------------------------------


def waiting(
    session: Session, job_id: int, *, limit: int | None = None, last_first: bool = False
) -> list[IngestFileTable]:
    """Files that can be worked on now."""
    now = clock.now()
    due = or_(IngestFileTable.retry_at.is_(None), IngestFileTable.retry_at <= now)
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.WAITING, due
    order = IngestFileTable.id.desc() if last_first else IngestFileTable.id
    rows = list(session.scalars(select(IngestFileTable).where(*mine).order_by(order).limit(limit)))
    for row in rows:
        session.expunge(row)
    return rows


def open_files(session: Session, job_id: int) -> int:
    """How many files have not ended, whoever has them in hand."""
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state.in_(_OPEN)
    return session.scalar(select(func.count()).where(*mine)) or 0


def has_changed(session: Session, job_id: int) -> bool:
    """Whether the job has published or retired anything."""
    published = exists().where(IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.INGESTED)
    retired = exists().where(IngestJobTable.id == job_id, IngestJobTable.removed > 0)
    return bool(session.scalar(select(or_(published, retired))))


def root_addresses(session: Session, collection: str) -> dict[str, str]:
    """What each name in a collection stands for."""
    known = select(IngestRootTable.name, IngestRootTable.address).where(
        IngestRootTable.collection == collection
    )
    return {row.name: row.address for row in session.execute(known)}


def set_root(session: WriteSession, collection: str, name: str, address: str) -> None:
    """Let a name in a collection stand for a folder or file from now on."""
    named = IngestRootTable.collection == collection, IngestRootTable.name == name
    row = session.scalar(select(IngestRootTable).where(*named))
    if row is None:
        session.add(IngestRootTable(collection=collection, name=name, address=address))
    else:
        row.address = address


def uris(session: Session, job_id: int, collection: str) -> set[str]:
    mine = IngestFileTable.job_id == job_id, IngestFileTable.collection == collection
    return set(session.scalars(select(IngestFileTable.uri).where(*mine)))


def mark_unchanged(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Finish waiting files whose bytes are known; each row has id, content_hash, articles, chunks, pages."""
    done = {"state": FileState.UNCHANGED, "stage": "finished", "seconds": 0.0}
    session.execute(update(IngestFileTable), [{**row, **done} for row in rows])


def mark_failed_again(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Finish waiting files that failed before as they are now; each row has id, content_hash, rules, code, message."""
    done = {"state": FileState.FAILED, "stage": "finished", "seconds": 0.0}
    session.execute(update(IngestFileTable), [{**row, **done} for row in rows])


def last_failures(session: Session, collection: str, uris: Sequence[str]) -> dict[str, IngestFileTable]:
    """The last end of each file that was read before, where that was a failure; by uri."""
    ended = IngestFileTable.state.in_([FileState.FAILED, FileState.INGESTED, FileState.UNCHANGED])
    last = (
        select(func.max(IngestFileTable.id))
        .where(IngestFileTable.collection == collection, IngestFileTable.uri.in_(uris), ended)
        .group_by(IngestFileTable.uri)
    )
    failed = IngestFileTable.id.in_(last), IngestFileTable.state == FileState.FAILED
    return {row.uri: row for row in session.scalars(select(IngestFileTable).where(*failed))}


def claim_file(session: WriteSession, file_id: int, run: str) -> bool:
    """Take a waiting file of a job that runs; False if another worker was first, also one of another job."""
    free = IngestFileTable.id == file_id, *_free()
    try:
        with session.begin_nested():
            return _changed(session, update(IngestFileTable).where(*free).values(_taken_by(run)))
    except IntegrityError:
        return False


def claim_files(session: WriteSession, ids: Sequence[int], run: str) -> set[int]:
    """Take those of the waiting files of a running job that no other worker has or takes, as `claim_file` does."""
    other = aliased(IngestFileTable)
    in_hand = exists().where(
        other.collection == IngestFileTable.collection,
        other.uri == IngestFileTable.uri,
        other.state == FileState.RUNNING,
    )
    free = (
        select(IngestFileTable.id)
        .where(IngestFileTable.id.in_(ids), *_free(), ~in_hand)
        .order_by(IngestFileTable.id)
        .with_for_update(skip_locked=True, of=IngestFileTable)
    )
    mine = list(session.scalars(free))
    try:
        with session.begin_nested():
            taken = update(IngestFileTable).where(IngestFileTable.id.in_(mine)).values(_taken_by(run))
            session.execute(taken.execution_options(synchronize_session=False))
    except IntegrityError:  # one of them was taken in another job at this moment
        return {file_id for file_id in mine if claim_file(session, file_id, run)}
    return set(mine)


def _free() -> tuple[Any, ...]:
    goes_on = exists().where(
        IngestJobTable.id == IngestFileTable.job_id, IngestJobTable.state == JobState.RUNNING
    )
    return IngestFileTable.state == FileState.WAITING, goes_on


def _taken_by(run: str) -> dict[str, Any]:
    return {
        "state": FileState.RUNNING,
        "stage": "reading",
        "claimed_by": run,
        "heartbeat_at": clock.now(),
        "attempts": IngestFileTable.attempts + 1,
    }


def in_hand(session: WriteSession, ids: Sequence[int], run: str) -> set[int]:
    """Those of the files that this run still has; nobody takes them from it before the transaction ends."""
    held = (
        IngestFileTable.id.in_(ids),
        IngestFileTable.state == FileState.RUNNING,
        IngestFileTable.claimed_by == run,
    )
    locked = select(IngestFileTable.id).where(*held).order_by(IngestFileTable.id).with_for_update()
    return set(session.scalars(locked))


def end_files(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write the end of files that `in_hand` found; each row has the id and the same columns."""
    done = {"stage": "finished", "heartbeat_at": clock.now()}
    if rows:
        session.execute(update(IngestFileTable), [{**row, **done} for row in rows])


def change_file(session: WriteSession, file_id: int, run: str, **values: Any) -> bool:
    """Change a file this run has in hand; False if it has lost it."""
    held = (
        IngestFileTable.id == file_id,
        IngestFileTable.state == FileState.RUNNING,
        IngestFileTable.claimed_by == run,
    )
    return _changed(session, update(IngestFileTable).where(*held).values(values))


def set_page(session: WriteSession, file_id: int, run: str, number: int, count: int) -> bool:
    """Write at which page the parser of a file is; False if this run has lost it."""
    values = {"pages": count, "pages_planned": max(1, count), "pages_done": number - 1}
    return change_file(session, file_id, run, **values)


def finish_file(session: WriteSession, file_id: int, run: str, **values: Any) -> bool:
    """Write the end of a file this run has in hand; False if it has lost it."""
    ended = {"stage": "finished", "heartbeat_at": clock.now(), **values}
    return change_file(session, file_id, run, **ended)


def put_off(session: WriteSession, file_id: int, run: str, retry_at: datetime, **values: Any) -> bool:
    """Let a file wait until `retry_at`; False if this run has lost it."""
    return change_file(session, file_id, run, **{**_WAITING, "retry_at": retry_at, **values})


def wait_again(
    session: WriteSession, job_id: int, states: Sequence[FileState], ids: Sequence[int] = ()
) -> int:
    """Let files in these states wait as if nothing had happened, the named ones or all; returns how many."""
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state.in_(states)
    named = (*mine, IngestFileTable.id.in_(ids)) if ids else mine
    fresh = {
        **_WAITING,
        "attempts": 0,
        "code": None,
        "message": None,
        "retry_at": None,
        "retired": 0,
        "pages_done": 0,
    }
    statement = update(IngestFileTable).where(*named).values(fresh)
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


def refuse_held(session: WriteSession, job_id: int, code: str, message: str) -> None:
    """Files that were held end as failed."""
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.HELD
    values = {"state": FileState.FAILED, "stage": "finished", "code": code, "message": message, "retired": 0}
    session.execute(update(IngestFileTable).where(*mine).values(values))


def held_removals(session: Session, job_id: int) -> tuple[int, int]:
    """Articles that would vanish from held files, and how many those files have."""
    mine = IngestFileTable.job_id == job_id, IngestFileTable.state == FileState.HELD
    sums = (
        func.coalesce(func.sum(IngestFileTable.retired), 0),
        func.coalesce(func.sum(IngestFileTable.articles), 0),
    )
    vanishing, live = session.execute(select(*sums).where(*mine)).one()
    return int(vanishing), int(live)


def _changed(session: WriteSession, statement: Any) -> bool:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount) == 1  # type: ignore[attr-defined]


def forget_old_files(session: WriteSession) -> None:
    """Drop the file rows of jobs that ended long ago; failed ones stay for people to read."""
    old = select(IngestJobTable.id).where(IngestJobTable.finished_at < clock.now() - _KEEP_FILE_ROWS)
    dull = IngestFileTable.job_id.in_(old), IngestFileTable.state != FileState.FAILED
    session.execute(delete(IngestFileTable).where(*dull).execution_options(synchronize_session=False))


def add_removed(session: WriteSession, job_id: int, run: str, count: int) -> None:
    """Count retired articles. Raises JobLostError if this run does not hold the job any more."""
    set_job(session, job_id, run, removed=IngestJobTable.removed + count)


def batches(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
