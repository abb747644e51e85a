"""What no request may bring: text that a database cannot hold, values that JSON does not know, endless bodies.

Refused at the door, so that a NUL character is the same clear answer on every database, and nobody can store
something that fails only when an agent opens it.
"""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation.errors import DomainError, InvalidInputError
from portal_api.errors import RequestTooLargeError
from portal_api.problems import domain_response

MAX_BODY_BYTES = 2 * 2**20  # of everything but an upload; the longest form fits many times
MAX_DEPTH = 64
_UPLOADS = "/api/v1/sources"  # streamed to disk, with its own limit


def check(value: Any) -> None:
    """Look through a decoded JSON value.

    Raises InvalidInputError for NUL characters, halves of surrogate pairs, numbers that are not finite, and
    nesting deeper than `MAX_DEPTH`.
    """
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise InvalidInputError(f"JSON may be nested {MAX_DEPTH} levels deep")
        level, depth = [inner for one in level for inner in _inside(one)], depth + 1


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and not is_storable(value):
        raise InvalidInputError("text may hold neither NUL characters nor halves of surrogate pairs")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInputError("numbers must be finite")
    return []


def is_storable(text: str) -> bool:
    """Whether every database can hold this text and UTF-8 can write it."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text))


class InputGuard:
    """Looks at every address and JSON body before a route does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            if scope["type"] == "http" and not _is_upload(scope):
                receive = await _checked_body(receive)
        except DomainError as error:
            await _refuse(scope, error, receive, send)
        else:
            await self._app(scope, receive, send)


def _check_address(scope: Scope) -> None:
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise InvalidInputError("an address may hold no NUL characters")


def _is_upload(scope: Scope) -> bool:
    sent = dict(scope["headers"]).get(b"content-type", b"")
    is_form: bool = sent.lower().startswith(b"multipart/form-data")
    return scope["path"] == _UPLOADS and is_form


async def _checked_body(receive: Receive) -> Receive:
    """Read the body and look through it; returns what gives it out again, once."""
    body, message = bytearray(), await receive()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise RequestTooLargeError(MAX_BODY_BYTES // 2**20)
        if not message.get("more_body", False):
            break
        message = await receive()
    if body:
        _check_body(bytes(body))
    given = message if message["type"] != "http.request" else {"type": "http.request", "body": bytes(body)}
    waiting: list[Message] = [given]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _check_body(body: bytes) -> None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return  # no JSON: the route says so in its own words
    check(value)


async def _refuse(scope: Scope, error: DomainError, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
    else:
        await domain_response(error)(scope, receive, send)
