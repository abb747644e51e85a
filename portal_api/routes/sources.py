"""Bringing documents in: uploads and addresses become a job that can be watched."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.types import Message

from foundation.db import read_session, write_session
from foundation.errors import InvalidInputError
from foundation.settings import get_settings
from ingest import service as ingest
from ingest.errors import UnreadableFileError
from ingest.types import FileState, IngestRequest, JobState, Upload
from portal_api.dependencies import AsEditor, Reading
from portal_api.errors import UploadTooLargeError
from portal_api.streaming import EVENT_STREAM, stream_news

router = APIRouter(prefix="/api/v1", tags=["sources"])

_MAX_FILES = 500
_FEW_FILES = 200  # up to here every event lists the files, beyond it only the last one does


class UrlIn(BaseModel):
    """A web address to ingest."""

    url: Annotated[str, Field(max_length=2000)]
    collection: Annotated[str | None, Field(max_length=100)] = None
    audience: Annotated[str | None, Field(max_length=500)] = None
    language: Annotated[str | None, Field(pattern="^(zh|en)$")] = None


class StartedOut(BaseModel):
    """The job that was started; watch it under /jobs/{id} or its events."""

    job_id: int


class FileOut(BaseModel):
    """One file of a job; `messages` says in each language what to do about a failure."""

    path: str
    state: FileState
    code: str | None
    message: str | None
    messages: dict[str, str] | None = None
    pages: int | None
    chunks: int
    seconds: float | None


class JobOut(BaseModel):
    """A request to ingest and how far it is."""

    id: int
    kind: Literal["ingest"]
    state: JobState
    created_at: str
    started_at: str | None
    finished_at: str | None
    collection: str
    total_files: int
    done_files: int
    ingested: int
    unchanged: int
    removed: int
    articles: int
    chunks: int
    failed: int
    current: str | None
    files: list[FileOut]


class JobsOut(BaseModel):
    """Jobs, newest first, without their files."""

    items: list[JobOut]
    total: int


_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": UrlIn.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "collection": {"type": "string"},
                    "audience": {"type": "string"},
                    "language": {"type": "string", "enum": ["zh", "en"]},
                },
            }
        },
    },
}


@router.post("/sources", status_code=202, openapi_extra={"requestBody": _BODY})
async def add_sources(request: Request, _editor: AsEditor) -> StartedOut:
    """Ingest uploaded files (multipart) or a web address (JSON); answers at once with the job."""
    request = _limited(request)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        wanted = await _from_form(request)
    else:
        wanted = _from_json(await request.body())
    return StartedOut(job_id=await run_sync(_start, wanted))


def _limit_bytes() -> int:
    return get_settings().web.max_upload_mb * 2**20


def _limited(request: Request) -> Request:
    """The request, refused as soon as it says or turns out to be larger than we take."""
    limit, came = _limit_bytes(), 0
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise UploadTooLargeError(limit // 2**20)

    async def receive() -> Message:
        nonlocal came
        message = await request.receive()
        came += len(message.get("body", b""))
        if came > limit:
            raise UploadTooLargeError(limit // 2**20)
        return message

    return Request(request.scope, receive)


async def _from_form(request: Request) -> IngestRequest:
    async with request.form(max_files=_MAX_FILES) as form:
        files = [one for one in form.getlist("files") if not isinstance(one, str)]
        if not files:
            raise InvalidInputError("send at least one file in the field `files`")
        uploads = [await run_sync(_keep, file) for file in files]
        collection, audience, language = (
            _text(form.get(name)) for name in ("collection", "audience", "language")
        )
    if language not in {None, "zh", "en"}:
        raise InvalidInputError("language is zh or en")
    return IngestRequest(uploads=tuple(uploads), collection=collection, audience=audience, language=language)


def _keep(file: UploadFile) -> Upload:
    try:
        return ingest.receive_upload(file.filename or "unnamed", file.file)
    except UnreadableFileError as error:
        raise UploadTooLargeError(get_settings().ingest.max_file_mb) from error


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _from_json(body: bytes) -> IngestRequest:
    try:
        wanted = UrlIn.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInputError(
            f"send files or a JSON object with a url: {error.errors()[0]['msg']}"
        ) from error
    return IngestRequest(
        urls=(wanted.url,), collection=wanted.collection, audience=wanted.audience, language=wanted.language
    )


def _start(wanted: IngestRequest) -> int:
    with write_session() as session:
        return ingest.start(session, wanted)


@router.get("/jobs")
def list_jobs(
    _editor: AsEditor, session: Reading, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> JobsOut:
    """Jobs, newest first."""
    items = [JobOut.model_validate(ingest.to_json(job)) for job in ingest.jobs(session, limit=limit)]
    return JobsOut(items=items, total=len(items))


@router.get("/jobs/{job_id}")
def read_job(job_id: int, _editor: AsEditor, session: Reading) -> JobOut:
    """A job with its files, failed ones first."""
    return JobOut.model_validate(ingest.to_json(ingest.job(session, job_id)))


@router.get(
    "/jobs/{job_id}/events",
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
