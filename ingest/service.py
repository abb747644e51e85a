"""Ingestion's front door: ask for a job, see how far jobs are, steer them, find an original."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from foundation import clock
from foundation.db import ReadSession, WriteSession, after_commit
from foundation.jobs import enqueue_after_commit
from foundation.settings import get_settings
from ingest import files, listing, passwords, progress, repository, views
from ingest.errors import ADVICE, IngestFileNotFoundError, JobNotFoundError, JobStateError
from ingest.listing import Root
from ingest.tables import IngestJobTable
from ingest.types import FileState, IngestRequest, Job, JobState, Upload
from kb import audience

to_json = progress.to_json
TOPIC = progress.TOPIC


def receive_upload(name: str, source: IO[bytes]) -> Upload:
    """Keep an uploaded file; call it before the transaction that starts the job.

    Raises UnreadableFileError `too_large`.
    """
    staged = files.stage(source, max_bytes=get_settings().ingest.max_file_mb * 2**20)
    return Upload(name, files.keep(staged, name))


def start(session: WriteSession, request: IngestRequest) -> int:
    """Ask for a job and return its id; it runs once this transaction is safe.

    An audience that is not given is the one under which the same things were ingested before, else public.
    Raises NothingToIngestError, NotAnAddressError, AudienceRuleError.
    """
    roots = [_distinct(session, root) for root in listing.roots(request)]
    key = _request_key(roots)
    rule = request.audience or repository.last_audience(session, key) or audience.PUBLIC
    row = IngestJobTable(
        state=JobState.QUEUED,
        collection=",".join(dict.fromkeys(root.collection for root in roots)),
        audience=audience.canonical(rule),
        language=request.language,
        request={
            "roots": [root.to_json() for root in roots],
            "allow_removals": request.allow_removals,
            "retry_failed": request.retry_failed or bool(request.passwords),
            "passwords": passwords.keep(request.passwords) if request.passwords else None,
        },
        request_key=key,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    row.background_id = enqueue_after_commit(session, "ingest.jobs.run", job_id=row.id)
    return row.id


def _distinct(session: WriteSession, root: Root) -> Root:
    """The root under a name that no other folder or file in its collection has.

    A name whose folder has gone from its old place is this one's: then the folder was moved.
    """
    if root.kind not in {listing.FOLDER, listing.FILE}:
        return root
    taken = repository.root_addresses(session, root.collection)
    name = next(one for one in listing.names_for(root) if _is_free(taken.get(one), root.address))
    repository.set_root(session, root.collection, name, root.address)
    return replace(root, name=name)


def _is_free(holder: str | None, address: str) -> bool:
    return holder is None or holder == address or not listing.local_path(holder).exists()


def _request_key(roots: list[Root]) -> str:
    named = sorted((root.kind, root.name, root.collection) for root in roots)
    return hashlib.blake2b(json.dumps(named).encode(), digest_size=16).hexdigest()


def job(session: ReadSession, job_id: int, *, with_files: bool = True) -> Job:
    """One job and its files, failed ones first. Raises JobNotFoundError."""
    return views.to_job(session, _row(session, job_id), with_files=with_files)


def _row(session: ReadSession, job_id: int, *, for_update: bool = False) -> IngestJobTable:
    row = repository.job_row(session, job_id, for_update=for_update)
    if row is None:
        raise JobNotFoundError(job_id)
    return row


def jobs(session: ReadSession, *, limit: int = 50) -> list[Job]:
    """Jobs without their files, newest first."""
    return views.jobs(session, limit=limit)


# ---- steering a job -------------------------------------------------------------------------------------


def pause(session: WriteSession, job_id: int) -> None:
    """Stop work on a job until it is resumed; files in hand are begun anew then. Raises JobStateError."""
    row = _in_state(session, job_id, JobState.QUEUED, JobState.RUNNING)
    row.state, row.claimed_by = JobState.PAUSED, None
    repository.let_go(session, job_id)
    _tell(session, job_id)


def resume(session: WriteSession, job_id: int) -> None:
    """Go on with a job that was paused or cancelled or broke down, looking for new files first.

    Raises JobStateError.
    """
    row = _in_state(session, job_id, JobState.PAUSED, JobState.FAILED, JobState.CANCELLED)
    repository.wait_again(session, job_id, [FileState.CANCELLED])
    row.stage = "listing" if row.stage in {"waiting", "listing", "reading"} else row.stage
    _go_on(session, row)


def cancel(session: WriteSession, job_id: int) -> None:
    """End a job; what it has published stays, what is left is not read and nothing is retired.

    Raises JobStateError for a job that has ended.
    """
    row = _in_state(
        session,
        job_id,
        JobState.QUEUED,
        JobState.RUNNING,
        JobState.PAUSED,
        JobState.NEEDS_CONFIRMATION,
    )
    row.state, row.claimed_by, row.finished_at = JobState.CANCELLED, None, clock.now()
    row.pending_removals = row.pending_of = 0
    repository.let_go(session, job_id, FileState.CANCELLED)
    after_commit(session, lambda: passwords.forget(row.request.get("passwords")))
    _tell(session, job_id)


def retry(
    session: WriteSession, job_id: int, file_ids: Sequence[int] = (), *, given: Sequence[str] = ()
) -> None:
    """Read files of a job again that failed or were cancelled: the named ones, or all that failed.

    The passwords `given` are tried on locked files until the job has ended.

    Raises JobNotFoundError, IngestFileNotFoundError for a file that is in another state or none of this job's,
    JobStateError while the job waits for a confirmation.
    """
    row = _row(session, job_id, for_update=True)
    if row.state == JobState.NEEDS_CONFIRMATION:
        raise JobStateError(job_id, row.state)
    states = [FileState.FAILED, FileState.CANCELLED] if file_ids else [FileState.FAILED]
    wanted = sorted(set(file_ids))
    found = repository.wait_again(session, job_id, states, wanted)
    if found == 0 or (wanted and found < len(wanted)):
        raise IngestFileNotFoundError(wanted[0] if wanted else 0)
    row.request = {**row.request, "retry_failed": True}
    if given:
        before = row.request.get("passwords")
        tried = [*given, *passwords.kept(before)][: passwords.MOST]
        row.request = {**row.request, "passwords": passwords.keep(tried)}
        after_commit(session, lambda: passwords.forget(before))
    if row.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}:
        row.stage = "reading"
        _go_on(session, row)


def decide_removals(session: WriteSession, job_id: int, *, allow: bool) -> None:
    """Answer a job that asks whether so many articles shall be retired; refused, all of them stay.

    Raises JobStateError for a job that does not ask.
    """
    row = _in_state(session, job_id, JobState.NEEDS_CONFIRMATION)
    row.pending_removals = row.pending_of = 0
    if allow:
        row.request = {**row.request, "allow_removals": True}
        repository.wait_again(session, job_id, [FileState.HELD])
        row.stage = "reading"
        _go_on(session, row)
        return
    code = "removals_refused"
    repository.refuse_held(session, job_id, code, ADVICE[code])
    row.state, row.stage, row.finished_at = JobState.DONE, "finished", clock.now()
    _tell(session, job_id)


def _in_state(session: WriteSession, job_id: int, *states: JobState) -> IngestJobTable:
    row = _row(session, job_id, for_update=True)
    if row.state not in states:
        raise JobStateError(job_id, row.state)
    return row


def _go_on(session: WriteSession, row: IngestJobTable) -> None:
    row.state, row.claimed_by, row.finished_at = JobState.QUEUED, None, None
    row.attempts, row.error = 0, None
    row.background_id = enqueue_after_commit(session, "ingest.jobs.run", job_id=row.id)
    _tell(session, row.id)


def _tell(session: WriteSession, job_id: int) -> None:
    after_commit(session, lambda: progress.tell(job_id, at_once=True))


def background_id(session: ReadSession, job_id: int) -> int | None:
    """The background job that runs this job now; whoever wants it done runs that one."""
    return _row(session, job_id).background_id


def original(file_key: str) -> Path:
    """Where the original of a source lies. Raises ValueError for what is no key."""
    return files.path_of(file_key)
