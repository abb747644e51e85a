"""Bringing documents in: uploads and addresses become a job that can be watched."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr, ValidationError
from starlette.datastructures import UploadFile
from starlette.types import Message

from foundation.db import write_session
from foundation.errors import InvalidInputError
from foundation.settings import get_settings
from ingest import passwords
from ingest import service as ingest
from ingest.errors import UnreadableFileError
from ingest.types import IngestRequest, Upload
from portal_api.dependencies import AsEditor
from portal_api.errors import UploadTooLargeError

router = APIRouter(prefix="/api/v1", tags=["sources"])

_MAX_FILES = 500


Password = Annotated[
    SecretStr | None,
    Field(max_length=passwords.LONGEST, description="Tried on locked PDFs and archives, in this job only."),
]


class UrlIn(BaseModel):
    """A web address to ingest."""

    url: Annotated[str, Field(max_length=2000)]
    collection: Annotated[str | None, Field(max_length=100)] = None
    audience: Annotated[str | None, Field(max_length=500)] = None
    language: Annotated[str | None, Field(pattern="^(zh|en)$")] = None
    retry_failed: bool = False
    password: Password = None


class StartedOut(BaseModel):
    """The job that was started; watch it under /jobs/{id} or its events."""

    job_id: int


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
                    "password": {
                        "type": "string",
                        "format": "password",
                        "maxLength": passwords.LONGEST,
                        "description": "Tried on locked PDFs and archives, in this job only.",
                    },
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
        password = form.get("password")
    if language not in {None, "zh", "en"}:
        raise InvalidInputError("language is zh or en")
    return IngestRequest(
        uploads=tuple(uploads),
        collection=collection,
        audience=audience,
        language=language,
        passwords=_password(password),
    )


def _password(value: object) -> tuple[str, ...]:
    """A blank may belong to a password, so it stays as it was sent."""
    if not isinstance(value, str) or not value:
        return ()
    if len(value) > passwords.LONGEST:
        raise InvalidInputError(f"a password has at most {passwords.LONGEST} characters")
    return (value,)


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
        urls=(wanted.url,),
        collection=wanted.collection,
        audience=wanted.audience,
        language=wanted.language,
        retry_failed=wanted.retry_failed,
        passwords=_password(wanted.password.get_secret_value() if wanted.password else None),
    )


def _start(wanted: IngestRequest) -> int:
    with write_session() as session:
        return ingest.start(session, wanted)
