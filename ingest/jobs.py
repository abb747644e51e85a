"""Runs an ingest job: one row per file, taken over where a killed worker left it, nothing done twice."""

from __future__ import annotations

from foundation import clock
from foundation import jobs as background
from foundation.db import after_commit, read_session, write_session
from foundation.logging import get_logger
from foundation.settings import get_settings
from ingest import files, listing, passwords, pipeline, progress, removals, repository, runs
from ingest.errors import JobBusyError, JobLostError, NothingToIngestError
from ingest.listing import Root
from ingest.pipeline import Rules
from ingest.tables import IngestJobTable
from ingest.types import JobState

_FEW_FILES = 20  # so few are not worth a second worker
_log = get_logger(__name__)


def run(job_id: int) -> None:
    """Ingest what the job names; run again after a crash it goes on where it stopped.

    One run holds the job; others may help with its files. A run that finds the job paused, cancelled or taken
    over stops without a word. Raises JobBusyError while another run that seems alive holds it.
    """
    with runs.begin() as name:
        row = _take(job_id, name)
        if row is None:
            return
        try:
            _run(row, name)
        except JobLostError as lost:
            _log.info("job_left", job_id=job_id, reason=str(lost))
        except Exception as error:
            _note_failure(job_id, name, error)
            raise


def help_out(job_id: int) -> None:
    """Read files of a job that another worker holds, until none waits; enqueued where there are several workers."""
    with runs.begin() as name:
        with read_session() as session:
            row = repository.job_row(session, job_id)
        if row is None or row.state != JobState.RUNNING or row.stage != "reading":
            return
        _call_help(job_id)
        try:
            _read_files(pipeline.rules_of(row), name, is_leader=False)
        except JobLostError as lost:
            _log.info("job_left", job_id=job_id, reason=str(lost))


def _take(job_id: int, name: str) -> IngestJobTable | None:
    with write_session() as session:
        row = repository.job_row(session, job_id, for_update=True)
        if row is None or row.state not in {JobState.QUEUED, JobState.RUNNING}:
            return None
        if row.state == JobState.RUNNING and runs.is_alive(row.claimed_by, row.heartbeat_at):
            raise JobBusyError(job_id)
        repository.hold_job(session, row, name)
        return row


def _note_failure(job_id: int, name: str, error: Exception) -> None:
    with write_session() as session:
        row = repository.job_row(session, job_id, for_update=True)
        if row is None or row.claimed_by != name or row.state != JobState.RUNNING:
            return
        row.attempts += 1
        row.error = f"{type(error).__name__}: {error}"[:500]
        row.claimed_by = None
        repository.let_go(session, job_id)
        is_final = isinstance(error, NothingToIngestError) or not getattr(error, "retryable", True)
        if is_final or row.attempts >= background.MAX_ATTEMPTS:
            row.state, row.finished_at = JobState.FAILED, clock.now()
            given = row.request.get("passwords")
            after_commit(session, lambda: passwords.forget(given))
    progress.tell(job_id, at_once=True)


def _run(row: IngestJobTable, name: str) -> None:
    files.forget_stale()
    passwords.forget_stale()
    rules = pipeline.rules_of(row)
    if row.stage in {"waiting", "listing"}:
        _list(row, name, rules)
    progress.tell(row.id, at_once=True)
    _read(rules, name)
    _set(row.id, name, stage="removing")
    going, live = removals.retire_vanished(row, name, rules.collections, allowed=rules.allow_removals)
    _set(row.id, name, stage="indexing")
    _index(row.id)
    _end(row.id, name, going, live)
    progress.tell(row.id, at_once=True)


def _set(job_id: int, name: str, stage: str) -> None:
    with write_session() as session:
        repository.set_job(session, job_id, name, stage=stage)


def _list(row: IngestJobTable, name: str, rules: Rules) -> None:
    found = [file for root in row.request["roots"] for file in listing.files_of(Root(**root))]
    with write_session() as session:
        repository.set_job(session, row.id, name, stage="listing")
        repository.add_files(session, row.id, found)
    removals.follow_moves(row, rules.collections)
    _set(row.id, name, stage="reading")


def _read(rules: Rules, name: str) -> None:
    with read_session() as session:
        waiting = repository.waiting(session, rules.job_id)
    left = pipeline.skip_unchanged(rules, waiting)
    if len(left) > _FEW_FILES and get_settings().redis_url:
        _call_help(rules.job_id)
    with read_session() as session:
        is_through = repository.open_files(session, rules.job_id) == 0
    if not is_through:
        _read_files(rules, name, is_leader=True)


def _read_files(rules: Rules, name: str, *, is_leader: bool) -> None:
    # Only here: with encoder and indexes it takes longer to import than a run that finds nothing changed.
    from ingest.reading import FileReader

    FileReader(rules, name, is_leader=is_leader).read()


def _call_help(job_id: int) -> None:
    """Ask one more worker; the one that comes asks the next, so no more are asked than there are."""
    with write_session() as session:
        background.enqueue_after_commit(session, "ingest.jobs.help_out", job_id=job_id)


def _index(job_id: int) -> None:
    """Let search see what is published. Another process that holds the index does it as well as we would."""
    with read_session() as session:
        if not repository.has_changed(session, job_id):
            return
    from ingest.reading import index_now  # see `_read_files`

    index_now()


def _end(job_id: int, name: str, going: int, live: int) -> None:
    with write_session() as session:
        held, of_held = repository.held_removals(session, job_id)
        ended: dict[str, object] = {"state": JobState.DONE, "stage": "finished", "finished_at": clock.now()}
        if going or held:
            ended = {
                "state": JobState.NEEDS_CONFIRMATION,
                "stage": "removing",
                "pending_removals": going + held,
                "pending_of": live + of_held,
            }
        repository.set_job(session, job_id, name, error=None, **ended)
        repository.forget_old_files(session)
        if ended["state"] == JobState.DONE:
            row = repository.job_row(session, job_id)
            given = row.request.get("passwords") if row else None
            after_commit(session, lambda: passwords.forget(given))
