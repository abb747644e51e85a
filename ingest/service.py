"""Ingestion's front door: ask for a job, see how far jobs are, find an original."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import IO

from foundation import clock
from foundation.db import ReadSession, WriteSession
from foundation.jobs import enqueue_after_commit
from foundation.settings import get_settings
from ingest import files, listing, progress, repository
from ingest.errors import JobNotFoundError
from ingest.tables import IngestJobTable
from ingest.types import IngestRequest, Job, JobState, Upload
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
    roots = listing.roots(request)
    key = _request_key(roots)
    rule = request.audience or repository.last_audience(session, key) or audience.PUBLIC
    row = IngestJobTable(
        state=JobState.QUEUED,
        collection=",".join(dict.fromkeys(root.collection for root in roots)),
        audience=audience.canonical(rule),
        language=request.language,
        request={"roots": [root.to_json() for root in roots]},
        request_key=key,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    row.background_id = enqueue_after_commit(session, "ingest.jobs.run", job_id=row.id)
    return row.id


def _request_key(roots: list[listing.Root]) -> str:
    named = sorted((root.kind, root.name, root.collection) for root in roots)
    return hashlib.blake2b(json.dumps(named).encode(), digest_size=16).hexdigest()


def job(session: ReadSession, job_id: int, *, with_files: bool = True) -> Job:
    """One job and its files, failed ones first. Raises JobNotFoundError."""
    row = repository.job_row(session, job_id)
    if row is None:
        raise JobNotFoundError(job_id)
    return repository.to_job(session, row, with_files=with_files)


def jobs(session: ReadSession, *, limit: int = 50) -> list[Job]:
    """Jobs without their files, newest first."""
    return repository.jobs(session, limit=limit)


def background_id(session: ReadSession, job_id: int) -> int | None:
    """The background job that runs this job; whoever wants it done now runs that one."""
    row = repository.job_row(session, job_id)
    if row is None:
        raise JobNotFoundError(job_id)
    return row.background_id


def original(file_key: str) -> Path:
    """Where the original of a source lies. Raises ValueError for what is no key."""
    return files.path_of(file_key)
