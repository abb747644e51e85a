"""Background jobs: enqueue in a transaction, run after it, survive a crash.

A job is a row. It is written in the caller's transaction, claimed by one worker with a compare-and-set,
and kept alive by a heartbeat; when the heartbeat stops, another worker takes the job over. Whether a
worker thread in the server or an RQ worker runs it only changes who is told that work is waiting:
the row stays the truth, so a lost message delays a job until the next sweep and loses nothing.
"""

from __future__ import annotations

import importlib
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import and_, delete, or_, select, update

from foundation import clock
from foundation.db import ReadSession, WriteSession, after_commit, read_session, write_session
from foundation.logging import get_logger
from foundation.tables import JobTable

HEARTBEAT = timedelta(seconds=5)
LEASE = timedelta(seconds=20)  # a job whose heartbeat is older than this has lost its worker
MAX_ATTEMPTS = 5
KEEP_FINISHED = timedelta(days=7)

_JOB_NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*\.jobs\.[a-z][a-z_]*")
_log = get_logger(__name__)

Scalar = str | int | float | bool | None


class Waker(Protocol):
    """Tells workers that a job is waiting; may fail or forget, the sweep finds the job anyway."""

    def wake(self, job_id: int) -> None:
        """Say that `job_id` can be run now."""


class _NoWaker:
    def wake(self, job_id: int) -> None:
        """Nobody listens in this process; some worker's sweep will find the row."""


_waker: Waker = _NoWaker()


def set_waker(waker: Waker | None) -> None:
    """Choose who is told of new jobs in this process; None tells nobody."""
    global _waker  # noqa: PLW0603
    _waker = waker or _NoWaker()


def wake(job_id: int) -> None:
    """Tell the workers that a job is due; a broken messenger is logged and left to the sweep."""
    try:
        _waker.wake(job_id)
    except (OSError, RuntimeError, ConnectionError) as error:
        _log.warning("job_wake_failed", job_id=job_id, error=str(error))


def enqueue_after_commit(
    session: WriteSession, name: str, *, delay: timedelta = timedelta(0), **arguments: Scalar
) -> int:
    """Run the function `name` ("room.jobs.function") with `arguments` once this transaction is safe.

    Arguments are JSON scalars. The function must give the same result when run twice, because a worker
    that dies at the very end is not told apart from one that dies before it. Returns the job's id.
    """
    if not _JOB_NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no function in a room's jobs.py")
    row = JobTable(name=name, arguments=dict(arguments), run_at=clock.now() + delay)
    session.add(row)
    session.flush()
    job_id = row.id
    if not delay:
        after_commit(session, lambda: wake(job_id))
    return job_id


def worker_name() -> str:
    """This process among the workers; the process id lets a restart see that its predecessor is dead."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(job_id: int | None = None) -> JobTable | None:
    """Take one due job, the given one or the oldest; None when there is nothing to take.

    One worker wins: the row changes from queued (or from a lost lease) to running in one statement.
    """
    now = clock.now()
    with write_session() as session:
        wanted = select(JobTable).where(_claimable(now)).order_by(JobTable.run_at, JobTable.id).limit(1)
        if job_id is not None:
            wanted = wanted.where(JobTable.id == job_id)
        row = session.scalar(wanted)
        if row is None:
            return None
        taken = session.execute(
            update(JobTable)
            .where(JobTable.id == row.id, JobTable.attempts == row.attempts, _claimable(now))
            .values(state="running", claimed_by=worker_name(), heartbeat_at=now, attempts=_attempts(row))
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        session.refresh(row)
        session.expunge(row)
        return row


def _attempts(row: JobTable) -> int:
    # Only errors count: a job that was killed with its worker has not failed, however often that happens.
    return row.attempts + 1 if row.state == "queued" else row.attempts


def _claimable(now: datetime) -> Any:
    waiting = and_(JobTable.state == "queued", JobTable.run_at <= now)
    orphaned = and_(JobTable.state == "running", JobTable.heartbeat_at < now - LEASE)
    return or_(waiting, orphaned)


def run_one(job_id: int | None = None) -> bool:
    """Claim and run one job; False when there was none. A job's error is recorded, never raised."""
    row = claim(job_id)
    if row is None:
        return False
    log = _log.bind(job_id=row.id, job=row.name, attempt=row.attempts)
    try:
        with _heartbeat(row.id):
            _function(row.name)(**row.arguments)
    except Exception as error:
        log.exception("job_failed")
        _finish_failed(row, error)
    else:
        _finish(row.id, state="done", error=None)
        log.info("job_done")
    return True


def _function(name: str) -> Callable[..., None]:
    module, _, function = name.rpartition(".")
    found: Callable[..., None] = getattr(importlib.import_module(module), function)
    return found


def _finish(job_id: int, *, state: str, error: str | None, run_at: datetime | None = None) -> None:
    values: dict[str, Any] = {"state": state, "error": error, "claimed_by": None}
    values |= {"run_at": run_at} if run_at else {"finished_at": clock.now()}
    with write_session() as session:
        mine = JobTable.id == job_id, JobTable.claimed_by == worker_name()
        session.execute(update(JobTable).where(*mine).values(**values))


def _finish_failed(row: JobTable, error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"[:2000]
    if getattr(error, "retryable", True) and row.attempts < MAX_ATTEMPTS:
        again = clock.now() + timedelta(seconds=2**row.attempts * 5)
        _finish(row.id, state="queued", error=message, run_at=again)
    else:
        _finish(row.id, state="failed", error=message)


@contextmanager
def _heartbeat(job_id: int) -> Iterator[None]:
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT.total_seconds()):
            try:
                _beat(job_id)
            except Exception:  # noqa: BLE001 - a database that is briefly away must not cost the job its lease
                _log.warning("heartbeat_missed", job_id=job_id, exc_info=True)

    thread = threading.Thread(target=beat, name=f"heartbeat-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(job_id: int) -> None:
    with write_session() as session:
        mine = JobTable.id == job_id, JobTable.claimed_by == worker_name()
        session.execute(update(JobTable).where(*mine).values(heartbeat_at=clock.now()))


def recover_orphans() -> int:
    """Put back the jobs of workers of this machine that no longer exist; returns how many.

    A worker that restarts need not wait for the lease of its dead predecessor to run out.
    """
    host = socket.gethostname()
    with write_session() as session:
        rows = session.scalars(select(JobTable).where(JobTable.state == "running")).all()
        lost = [row for row in rows if _is_dead(row.claimed_by or "", host)]
        for row in lost:
            row.state, row.claimed_by, row.attempts = "queued", None, max(0, row.attempts - 1)
        return len(lost)


def is_dead(worker: str) -> bool:
    """Whether `worker`, a name that `worker_name` gave, is known to have ended: only of this machine's it is.

    A worker with this process's number counts as dead: it was its predecessor.
    """
    return _is_dead(worker, socket.gethostname())


def _is_dead(claimed_by: str, host: str) -> bool:
    claimed_host, _, pid = claimed_by.rpartition(":")
    if claimed_host != host or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        # Only asked at start-up, before this process has claimed anything: the number was our
        # predecessor's, as happens in containers where every server is process 1.
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def due_jobs(limit: int = 100) -> list[int]:
    """Ids of jobs that could be run now, oldest first: what a sweep wakes again."""
    with read_session() as session:
        statement = select(JobTable.id).where(_claimable(clock.now())).order_by(JobTable.run_at).limit(limit)
        return list(session.scalars(statement))


def run_times(session: ReadSession, name: str) -> list[datetime]:
    """From when on each job of this name that nobody has begun may run, the first one first."""
    mine = JobTable.name == name, JobTable.state == "queued"
    return list(session.scalars(select(JobTable.run_at).where(*mine).order_by(JobTable.run_at)))


def forget_finished() -> None:
    """Drop the rows of jobs that were done a week ago; failed ones stay for people to read."""
    old = JobTable.state == "done", JobTable.finished_at < clock.now() - KEEP_FINISHED
    with write_session() as session:
        session.execute(delete(JobTable).where(*old).execution_options(synchronize_session=False))
