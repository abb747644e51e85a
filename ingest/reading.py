"""Reads the files of a job in parser processes and has them published, alone or beside other workers."""

from __future__ import annotations

import threading
import time
from collections import deque

from foundation import jobs as background
from foundation.db import read_session, retrying, write_session
from foundation.logging import get_logger
from foundation.settings import get_settings
from ingest import files, pipeline, progress, publishing, repository, views
from ingest.errors import JobLostError, UnreadableFileError
from ingest.pipeline import Reading, Rules
from ingest.publishing import Publisher
from ingest.sandbox import Outcome, ParserPool
from ingest.tables import IngestFileTable
from kb import service as kb
from kb.types import Source
from retrieval import index_store
from retrieval.errors import IndexBusyError

_INDEX_EVERY_S = 20.0  # long jobs become searchable while they run
_LOOK_EVERY_S = 1.0  # whether the job is still ours, and at which pages we are
_ASK_EVERY_S = 0.3  # for files, when the last look found none
_SEEN_AT_ONCE = 200
TAKEN_AT_ONCE = 32  # files, or as few as have so many pages: what one worker has, another cannot take
_MAX_LEFT_OUT = 10  # pages of one file; a file that breaks on more is broken
_PAGE_BREAKS = frozenset({"timeout", "out_of_memory", "parser_crashed"})
_log = get_logger(__name__)


class FileReader:
    """One run's share of a job's files."""

    def __init__(self, rules: Rules, run: str, *, is_leader: bool) -> None:
        self._rules, self._run, self._is_leader = rules, run, is_leader
        self._seen: deque[IngestFileTable] = deque()  # waiting, when we last looked
        self._taken: deque[tuple[IngestFileTable, Source | None]] = deque()
        self._publisher = Publisher(rules, run)
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
            while self._fill(pool) or not self._publisher.is_empty or not self._is_through():
                is_idle = not pool.is_busy and self._publisher.is_empty
                ended = pool.outcomes(wait_s=0.5) if pool.is_busy else []
                # Parsers get their next files before this process turns to embedding and publishing.
                self._fill(pool)
                for outcome in ended:
                    self._end(outcome, pool)
                self._publisher.publish_due(is_idle=not pool.is_busy)
                self._look(pool)
                progress.tell(self._rules.job_id)
                if is_idle:
                    time.sleep(_ASK_EVERY_S)  # files wait for their next try, or are in another's hand

    def _fill(self, pool: ParserPool) -> bool:
        """Start files as long as there are some and there is room; whether any is being read."""
        while pool.has_room and (self._taken or self._take()):
            self._start(pool, *self._taken.popleft())
        return pool.is_busy

    def _take(self) -> bool:
        """Take the next few waiting files; False if there are none."""
        if not self._seen and time.monotonic() - self._asked > _ASK_EVERY_S:
            with read_session() as session:
                self._seen += repository.waiting(
                    session, self._rules.job_id, limit=_SEEN_AT_ONCE, last_first=not self._is_leader
                )
            self._asked = 0.0 if self._seen else time.monotonic()
        while self._seen and not self._taken:
            rows = self._next_rows()
            mine = retrying(lambda rows=rows: self._claim(rows))  # type: ignore[misc]
            self._taken += self._with_sources([row for row in rows if row.id in mine])
            self._asked = time.monotonic()
        return bool(self._taken)

    def _next_rows(self) -> list[IngestFileTable]:
        rows, pages = [self._seen.popleft()], 0
        while self._seen and len(rows) < TAKEN_AT_ONCE:
            pages += rows[-1].pages_planned
            if pages + self._seen[0].pages_planned > TAKEN_AT_ONCE:
                break
            rows.append(self._seen.popleft())
        return rows

    def _claim(self, rows: list[IngestFileTable]) -> set[int]:
        with write_session() as session:
            return repository.claim_files(session, [row.id for row in rows], self._run)

    def _with_sources(self, rows: list[IngestFileTable]) -> list[tuple[IngestFileTable, Source | None]]:
        """The files with what is published under their names, looked up once nobody else can change it."""
        found: list[tuple[IngestFileTable, Source | None]] = []
        with read_session() as session:
            for slug in dict.fromkeys(row.collection for row in rows):
                mine = [row for row in rows if row.collection == slug]
                known = kb.sources(session, self._rules.collections[slug], [row.uri for row in mine])
                found += [(row, known.get(row.uri)) for row in mine]
        return found

    def _is_through(self) -> bool:
        if self._seen or self._taken:
            return False
        with read_session() as session:
            if not self._is_leader:
                return not repository.waiting(session, self._rules.job_id, limit=1)
            if repository.open_files(session, self._rules.job_id) == 0:
                return True
        with write_session() as session:
            repository.put_back_lost(session, self._rules.job_id)
        return False

    def _start(self, pool: ParserPool, row: IngestFileTable, source: Source | None) -> None:
        began = time.perf_counter()
        try:
            reading = pipeline.open_file(row)
        except UnreadableFileError as error:
            publishing.fail(row, error, self._rules, self._run)
            return
        reading.source = source
        reading.timings["fetch"] = round(time.perf_counter() - began, 4)
        if pipeline.finish_if_known(reading, self._rules, self._run):
            files.discard(reading.staged)
            return
        pool.submit(reading, pipeline.parse_request(reading, self._rules), load=row.pages_planned)

    def _end(self, outcome: Outcome, pool: ParserPool) -> None:
        reading: Reading = outcome.key
        reading.timings["read"] = round(reading.timings.get("read", 0.0) + outcome.seconds, 4)
        if self._goes_on_without_page(outcome, reading):
            pool.submit(reading, pipeline.parse_request(reading, self._rules))
        elif outcome.prepared is not None:
            self._publisher.add(reading, outcome.prepared)
        else:
            error = reading.broken or outcome.error or UnreadableFileError("unreadable")
            publishing.fail(reading.row, error, self._rules, self._run, reading)
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
            index_now()
            self._indexed = time.monotonic()


def index_now() -> None:
    """Let search see what is published; a process that holds the index now does it as well as we would."""
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
