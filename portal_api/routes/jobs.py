"""Ingest jobs: watch them, pause and resume them, end them, try files again, decide about what vanished."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from foundation.db import read_session
from ingest import service as ingest
from ingest.types import FileState, JobState
from portal_api.dependencies import AsEditor, InTransaction, Reading
from portal_api.routes.sources import Password
from portal_api.streaming import EVENT_STREAM, stream_news

router = APIRouter(prefix="/api/v1/jobs", tags=["sources"])

_FEW_FILES = 200  # up to here every event lists the files, beyond it only the last one does


class FileOut(BaseModel):
    """One file of a job; `messages` says in each language what to do about its code."""

    id: int
    path: str
    state: FileState
    stage: str
    attempts: int
    code: str | None
    message: str | None
    messages: dict[str, str] | None = None
    bytes: int | None
    pages: int | None
    pages_done: int
    articles: int
    chunks: int
    embedded: int
    retired: int
    seconds: float | None
    timings: dict[str, float]
    heartbeat_at: str | None
    retry_at: str | None


class JobOut(BaseModel):
    """A request to ingest and how far it is; pages of files not opened yet are a guess by their size."""

    id: int
    kind: Literal["ingest"]
    state: JobState
    stage: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    heartbeat_at: str | None
    collection: str
    total_files: int
    done_files: int
    ingested: int
    unchanged: int
    removed: int
    articles: int
    chunks: int
    embedded: int
    failed: int
    pages_done: int
    pages_total: int
    pages_unknown: int
    seconds_left: float | None
    pending_removals: int
    pending_of: int
    current: str | None
    error: str | None
    files: list[FileOut]


class JobsOut(BaseModel):
    """Jobs, newest first, without their files."""

    items: list[JobOut]
    total: int


class RetryIn(BaseModel):
    """Which files to read again; without any, all that failed."""

    file_ids: Annotated[list[int], Field(max_length=1000)] = []
    password: Password = None


class RemovalsIn(BaseModel):
    """Whether the articles that vanished shall be retired."""

    allow: bool


@router.get("")
def list_jobs(
    _editor: AsEditor, session: Reading, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> JobsOut:
    """Jobs, newest first."""
    items = [JobOut.model_validate(ingest.to_json(job)) for job in ingest.jobs(session, limit=limit)]
    return JobsOut(items=items, total=len(items))


@router.get("/{job_id}")
def read_job(job_id: int, _editor: AsEditor, session: Reading) -> JobOut:
    """A job with its files, failed ones first."""
    return JobOut.model_validate(ingest.to_json(ingest.job(session, job_id)))


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {EVENT_STREAM: {}}}},
)
def watch_job(job_id: int, _editor: AsEditor, session: Reading) -> StreamingResponse:
    """A job's progress as it happens: `progress` events, then `done`."""
    ingest.job(session, job_id, with_files=False)
    return stream_news(ingest.TOPIC, lambda: _progress(job_id))


def _progress(job_id: int) -> tuple[str, dict[str, Any], bool]:
    with read_session() as session:
        job = ingest.job(session, job_id, with_files=False)
        if job.is_finished or job.total_files <= _FEW_FILES:
            job = ingest.job(session, job_id)
    return "done" if job.is_finished else "progress", ingest.to_json(job), job.is_finished


@router.post("/{job_id}/pause")
def pause_job(job_id: int, _editor: AsEditor, session: InTransaction) -> JobOut:
    """Stop work on a job until it is resumed; files in hand are begun anew then."""
    ingest.pause(session, job_id)
    return read_job(job_id, _editor, session)


@router.post("/{job_id}/resume")
def resume_job(job_id: int, _editor: AsEditor, session: InTransaction) -> JobOut:
    """Go on with a job that was paused or broke down."""
    ingest.resume(session, job_id)
    return read_job(job_id, _editor, session)


@router.post("/{job_id}/cancel")
def cancel_job(job_id: int, _editor: AsEditor, session: InTransaction) -> JobOut:
    """End a job; what it has published stays, the rest is not read."""
    ingest.cancel(session, job_id)
    return read_job(job_id, _editor, session)


@router.post("/{job_id}/retry")
def retry_files(job_id: int, wanted: RetryIn, _editor: AsEditor, session: InTransaction) -> JobOut:
    """Read files again that failed or were cancelled."""
    given = wanted.password.get_secret_value() if wanted.password else ""
    ingest.retry(session, job_id, wanted.file_ids, given=[given] if given else [])
    return read_job(job_id, _editor, session)


@router.post("/{job_id}/removals")
def decide_removals(job_id: int, wanted: RemovalsIn, _editor: AsEditor, session: InTransaction) -> JobOut:
    """Answer a job in state `needs_confirmation`: retire what vanished, or keep all of it."""
    ingest.decide_removals(session, job_id, allow=wanted.allow)
    return read_job(job_id, _editor, session)
