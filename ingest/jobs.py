"""Runs an ingest job: one row per file, taken over where a killed worker left it, nothing done twice."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError

from foundation import clock
from foundation import jobs as background
from foundation.db import write_session
from foundation.logging import get_logger
from foundation.settings import get_settings
from ingest import files, listing, pipeline, progress, repository
from ingest.errors import UnreadableFileError
from ingest.listing import Root
from ingest.pipeline import Reading, Rules
from ingest.sandbox import Outcome, ParserPool
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import JobState
from retrieval import index_store
from retrieval.errors import IndexBusyError

_INDEX_EVERY_S = 20.0  # long jobs become searchable while they run
_log = get_logger(__name__)


def run(job_id: int) -> None:
    """Ingest what the job names; run again after a crash it goes on where it stopped.

    Called by one worker at a time: the background job with this id is claimed by it.
    """
    row = _take(job_id)
    if row is None:
        return
    try:
        _run(row)
    except Exception as error:
        _note_failure(job_id, error)
        raise


def _take(job_id: int) -> IngestJobTable | None:
    with write_session() as session:
        row = repository.job_row(session, job_id)
        if row is None or row.state not in {JobState.QUEUED, JobState.RUNNING}:
            return None
        row.state, row.started_at = JobState.RUNNING, row.started_at or clock.now()
        row.heartbeat_at = clock.now()
        repository.put_back_running(session, job_id)
        return row


def _note_failure(job_id: int, error: Exception) -> None:
    with write_session() as session:
        row = repository.job_row(session, job_id)
        if row is None:
            return
        row.attempts += 1
        row.error = f"{type(error).__name__}: {error}"[:500]
        if row.attempts >= background.MAX_ATTEMPTS or not getattr(error, "retryable", True):
            row.state, row.finished_at = JobState.FAILED, clock.now()
    progress.tell(job_id, at_once=True)


def _run(row: IngestJobTable) -> None:
    files.forget_stale()
    rules = pipeline.rules_of(row)
    _list(row)
    progress.tell(row.id, at_once=True)
    with write_session() as session:
        waiting = repository.waiting(session, row.id)
    left = pipeline.skip_unchanged(rules, waiting)
    if left:
        _Reader(rules).read(left)
    pipeline.retire_vanished(row, rules)
    with write_session() as session:
        repository.set_job(session, row.id, stage="indexing")
    _index()
    with write_session() as session:
        repository.set_job(
            session, row.id, state=JobState.DONE, stage="finished", finished_at=clock.now(), error=None
        )
        repository.forget_old_files(session)
    progress.tell(row.id, at_once=True)


def _index() -> None:
    """Let search see what is published. Another process that holds the index does it as well as we would."""
    try:
        index_store.catch_up()
    except IndexBusyError:
        _log.info("index_left_to_another")


def _list(row: IngestJobTable) -> None:
    if row.stage not in {"waiting", "listing"}:
        return
    found = [file for root in row.request["roots"] for file in listing.files_of(Root(**root))]
    with write_session() as session:
        repository.add_files(session, row.id, found)
        repository.set_job(session, row.id, stage="reading")


class _Reader:
    """Reads the files of one job in parser processes and publishes them one by one."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._worker = background.worker_name()
        self._indexed = time.monotonic()

    def read(self, rows: list[IngestFileTable]) -> None:
        waiting = deque(rows)
        settings = get_settings().ingest
        with ParserPool(
            workers=settings.workers, timeout_s=settings.file_timeout_s, memory_mb=settings.file_memory_mb
        ) as pool:
            while waiting or pool.is_busy:
                while waiting and pool.has_room:
                    self._start(pool, waiting.popleft())
                ended = list(pool.outcomes(wait_s=1.0))
                # Parsers get their next file before this process turns to embedding and publishing.
                while waiting and pool.has_room:
                    self._start(pool, waiting.popleft())
                for outcome in ended:
                    self._end(outcome)
                self._index_now_and_then()
                progress.tell(self._rules.job_id)

    def _start(self, pool: ParserPool, row: IngestFileTable) -> None:
        with write_session() as session:
            if not repository.claim_file(session, row.id, self._worker):
                return
        try:
            reading = pipeline.open_file(row)
        except UnreadableFileError as error:
            pipeline.fail(row, error, self._worker)
            return
        pool.submit(reading, pipeline.parse_request(reading, self._rules))

    def _end(self, outcome: Outcome) -> None:
        reading: Reading = outcome.key
        try:
            if outcome.prepared is None:
                raise outcome.error or UnreadableFileError("unreadable")
            with _database_refusals():
                pipeline.publish(reading, outcome.prepared, self._rules, self._worker, outcome.seconds)
        except UnreadableFileError as error:
            pipeline.fail(reading.row, error, self._worker, outcome.seconds)
        finally:
            files.discard(reading.staged)

    def _index_now_and_then(self) -> None:
        if time.monotonic() - self._indexed > _INDEX_EVERY_S:
            _index()
            self._indexed = time.monotonic()


@contextmanager
def _database_refusals() -> Iterator[None]:
    """Turns what the database refuses to store of one file into that file's error."""
    try:
        yield
    except (DataError, IntegrityError, ValueError) as error:
        _log.warning("publish_refused", error=str(error)[:300])
        raise UnreadableFileError("unreadable", type(error).__name__) from error
