"""Reads the files of a job in parser processes and publishes them one by one, alone or beside other workers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from foundation import jobs as background
from foundation.db import read_session, write_session
from foundation.logging import get_logger
from foundation.settings import get_settings
from ingest import files, pipeline, progress, repository, views
from ingest.errors import JobLostError, UnreadableFileError
from ingest.pipeline import Reading, Rules
from ingest.sandbox import Outcome, ParserPool
from ingest.tables import IngestFileTable
from retrieval import index_store
from retrieval.errors import IndexBusyError

_INDEX_EVERY_S = 20.0  # long jobs become searchable while they run
_LOOK_EVERY_S = 1.0  # whether the job is still ours, and at which pages we are
_ASK_EVERY_S = 0.3  # for files, when the last look found none
_TAKEN_AT_ONCE = 50
_MAX_LEFT_OUT = 10  # pages of one file; a file that breaks on more is broken
_PAGE_BREAKS = frozenset({"timeout", "out_of_memory", "parser_crashed"})
_log = get_logger(__name__)


class FileReader:
    """One run's share of a job's files."""

    def __init__(self, rules: Rules, run: str, *, is_leader: bool) -> None:
        self._rules, self._run, self._is_leader = rules, run, is_leader
        self._queue: deque[IngestFileTable] = deque()
        self._indexed = self._looked = time.monotonic()
        self._asked = 0.0

    def read(self) -> None:
        """Read until no file is left, for a leader not even in another worker's hand.

        Raises JobLostError when the job is not ours any more.
        """
        settings = get_settings().ingest
        with (
            _Heart(self._rules.job_id, self._run, is_leader=self._is_leader),
            ParserPool(
                workers=settings.workers, timeout_s=settings.file_timeout_s, memory_mb=settings.file_memory_mb
            ) as pool,
        ):
            while self._fill(pool) or not self._is_through():
                ended = list(pool.outcomes(wait_s=0.5)) if pool.is_busy else []
                # Parsers get their next file before this process turns to embedding and publishing.
                self._fill(pool)
                for outcome in ended:
                    self._end(outcome, pool)
                self._look(pool)
                progress.tell(self._rules.job_id)
                if not pool.is_busy and not self._queue:
                    time.sleep(_ASK_EVERY_S)  # files wait for their next try, or are in another's hand

    def _fill(self, pool: ParserPool) -> bool:
        """Start files as long as there are some and there is room; whether any is being read."""
        while pool.has_room and (row := self._next()) is not None:
            self._start(pool, row)
        return pool.is_busy

    def _next(self) -> IngestFileTable | None:
        if not self._queue and time.monotonic() - self._asked > _ASK_EVERY_S:
            with read_session() as session:
                self._queue += repository.waiting(
                    session, self._rules.job_id, limit=_TAKEN_AT_ONCE, last_first=not self._is_leader
                )
            self._asked = 0.0 if self._queue else time.monotonic()
        while self._queue:
            row = self._queue.popleft()
            with write_session() as session:
                if repository.claim_file(session, row.id, self._run):
                    return row
            self._asked = time.monotonic()
        return None

    def _is_through(self) -> bool:
        if self._queue:
            return False
        with read_session() as session:
            if not self._is_leader:
                return not repository.waiting(session, self._rules.job_id, limit=1)
            if repository.open_files(session, self._rules.job_id) == 0:
                return True
        with write_session() as session:
            repository.put_back_lost(session, self._rules.job_id)
        return False

    def _start(self, pool: ParserPool, row: IngestFileTable) -> None:
        began = time.perf_counter()
        try:
            reading = pipeline.open_file(row)
        except UnreadableFileError as error:
            pipeline.fail(row, error, self._rules, self._run)
            return
        reading.timings["fetch"] = round(time.perf_counter() - began, 4)
        if pipeline.finish_if_known(reading, self._rules, self._run):
            files.discard(reading.staged)
            return
        pool.submit(reading, pipeline.parse_request(reading, self._rules))

    def _end(self, outcome: Outcome, pool: ParserPool) -> None:
        reading: Reading = outcome.key
        reading.timings["read"] = round(reading.timings.get("read", 0.0) + outcome.seconds, 4)
        if self._goes_on_without_page(outcome, reading):
            pool.submit(reading, pipeline.parse_request(reading, self._rules))
            return
        try:
            if outcome.prepared is None:
                raise reading.broken or outcome.error or UnreadableFileError("unreadable")
            with _database_refusals():
                pipeline.publish(reading, outcome.prepared, self._rules, self._run)
        except UnreadableFileError as error:
            pipeline.fail(reading.row, error, self._rules, self._run, reading)
        finally:
            files.discard(reading.staged)

    @staticmethod
    def _goes_on_without_page(outcome: Outcome, reading: Reading) -> bool:
        """Whether the file is read once more, without the page on which its parser broke down."""
        page, error = outcome.page, outcome.error
        if error is None or error.code not in _PAGE_BREAKS or page is None or page.count == 1:
            return False
        reading.broken = reading.broken or error
        if len(reading.left_out) >= _MAX_LEFT_OUT:
            return False
        reading.left_out = (*reading.left_out, page.number)
        return True

    def _look(self, pool: ParserPool) -> None:
        """Now and then: write down the pages, drop what was taken from us, let search see what is in."""
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        self._looked = time.monotonic()
        with write_session() as session:
            if not repository.is_held(session, self._rules.job_id, self._run, is_leader=self._is_leader):
                raise JobLostError(self._rules.job_id)
            lost = {
                reading.row.id
                for reading, page in list(pool.pages())
                if not repository.set_page(session, reading.row.id, self._run, page.number, page.count)
            }
        pool.drop(lambda reading: reading.row.id not in lost)
        if self._is_leader and time.monotonic() - self._indexed > _INDEX_EVERY_S:
            _index_now()
            self._indexed = time.monotonic()


def _index_now() -> None:
    try:
        index_store.catch_up()
    except IndexBusyError:
        _log.info("index_left_to_another")


class _Heart:
    """Says every few seconds that this run lives, also while it is busy with one large file."""

    def __init__(self, job_id: int, run: str, *, is_leader: bool) -> None:
        self._job_id, self._run, self._is_leader = job_id, run, is_leader
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_for_ever, name=f"ingest-{job_id}", daemon=True)

    def __enter__(self) -> None:
        self._began, self._pages = time.monotonic(), self._pages_done() if self._is_leader else 0
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _pages_done(self) -> int:
        with read_session() as session:
            return views.pages_done(session, self._job_id)

    def _beat_for_ever(self) -> None:
        while not self._stop.wait(background.HEARTBEAT.total_seconds()):
            try:
                speed = self._speed() if self._is_leader else None
                with write_session() as session:
                    repository.beat(session, self._job_id, self._run, speed)
            except Exception:  # noqa: BLE001 - a database that is briefly away must not end the heartbeat
                _log.warning("ingest_heartbeat_missed", job_id=self._job_id, exc_info=True)

    def _speed(self) -> float | None:
        """Pages a second of all workers since this run began; None before there is one."""
        done = self._pages_done() - self._pages
        return done / (time.monotonic() - self._began) if done > 0 else None


@contextmanager
def _database_refusals() -> Iterator[None]:
    """Turns what the database refuses to store of one file into that file's error."""
    try:
        yield
    except (DataError, IntegrityError, ValueError) as error:
        _log.warning("publish_refused", error=str(error)[:300])
        raise UnreadableFileError("unreadable", type(error).__name__) from error
    except OperationalError as error:
        if "locked" not in str(error) and "deadlock" not in str(error):
            raise
        _log.warning("publish_put_off", error=str(error)[:300])
        raise UnreadableFileError("unreadable", "the database was busy", heals=True) from error
