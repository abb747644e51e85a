"""Errors on the wire: RFC 9457 problem documents with a stable `code`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from foundation.errors import DomainError
from foundation.logging import get_logger

MEDIA_TYPE = "application/problem+json"
_log = get_logger(__name__)
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


class ProblemOut(BaseModel):
    """An error: RFC 9457 with a stable `code`; further members name what the caller needs to react."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str


def problem(status: int, code: str, detail: str, **fields: Any) -> JSONResponse:
    """A problem document; `type` names the code under the documentation's errors page."""
    title = code.replace("_", " ").capitalize()
    body = {"type": f"/docs/errors#{code}", "title": title, "status": status, "detail": detail, "code": code}
    headers = {"Retry-After": str(fields["retry_after_s"])} if "retry_after_s" in fields else None
    return JSONResponse({**fields, **body}, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def domain_problem(error: DomainError) -> dict[str, Any]:
    """The members of a domain error, for sockets and streams that send no status line."""
    return {"code": error.code, "detail": str(error), "status": error.status, **error.fields()}


def domain_response(error: DomainError) -> JSONResponse:
    """The problem document of a refusal."""
    return problem(error.status, error.code, str(error), **error.fields())


def _on_domain_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    return domain_response(error)


def _on_unstorable(request: Request, error: Exception) -> JSONResponse:
    # An id of more digits than any row has, for one; SQLite's driver says OverflowError, PostgreSQL DataError.
    _log.warning("value_refused", path=request.url.path, error=f"{type(error).__name__}: {error}"[:300])
    return problem(422, "invalid_input", "a value is larger or other than can be stored")


def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"loc": list(entry["loc"]), "msg": entry["msg"], "type": entry["type"]} for entry in error.errors()
    ]
    detail = "; ".join(f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in errors[:3])
    return problem(422, "invalid_input", detail or "the request is not valid", errors=errors)


def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "bad_request")
    return problem(error.status_code, code, str(error.detail))


def _on_busy(_request: Request, error: Exception) -> JSONResponse:
    _log.error("database_error", error=str(error)[:500])
    return problem(503, "unavailable", "the database does not answer; try again", retry_after_s=2)


def _on_crash(request: Request, error: Exception) -> JSONResponse:
    _log.exception("unhandled_error", path=request.url.path, exc_info=error)
    return problem(500, "internal_error", "something went wrong on our side; it has been logged")


def _describe(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with our problem documents in the place of the framework's own errors."""
    shape = {"schema": {"$ref": "#/components/schemas/ProblemOut"}}
    told = {"description": "Problem document (RFC 9457)", "content": {MEDIA_TYPE: shape}}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = told
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["ProblemOut"] = ProblemOut.model_json_schema()
    return document


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as a problem document, and say so in its OpenAPI document."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(OperationalError, _on_busy)
    app.add_exception_handler(PoolTimeoutError, _on_busy)
    app.add_exception_handler(DataError, _on_unstorable)
    app.add_exception_handler(OverflowError, _on_unstorable)
    app.add_exception_handler(Exception, _on_crash)
