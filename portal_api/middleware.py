"""What happens to every request: an id, a log line, metrics, safe headers, a limit on anonymous callers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation import ids
from foundation.logging import get_logger
from portal_api import metrics
from portal_api.errors import TooManyAttemptsError

_log = get_logger(__name__)
_QUIET = ("/healthz", "/readyz", "/metrics")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]
# Pages load their own scripts only; styles may be inline because Vue and Element Plus set them.
_PAGE_POLICY = (
    b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    b"connect-src 'self' ws: wss:; frame-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)


class RequestContext:
    """Gives each request an id, binds it to the logs, measures it and sets safe headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if sent.isalnum() and len(sent) <= 64 else ids.new_id("r")
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_headers(message, scope["path"], request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            _record(scope, status, time.perf_counter() - started)


def _headers(message: Message, path: str, request_id: str) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-request-id", request_id.encode()), *_HEADERS]
    if path.startswith(("/portal", "/console")):
        headers.append((b"content-security-policy", _PAGE_POLICY))
    if path.startswith("/api/") and not any(name == b"cache-control" for name, _ in message["headers"]):
        headers.append((b"cache-control", b"no-store"))
    return headers


def _record(scope: Scope, status: int, seconds: float) -> None:
    route: Any = scope.get("route")
    name = getattr(route, "path", "unmatched")  # the pattern, never the path: ids would make endless labels
    metrics.REQUESTS.labels(scope["method"], name, str(status)).inc()
    metrics.SECONDS.labels(name).observe(seconds)
    if scope["path"] not in _QUIET:
        _log.info(
            "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1)
        )


class RateLimit:
    """At most `per_minute` calls of one client a minute, refilled evenly; forgets clients it has not seen long."""

    def __init__(self, per_minute: int, *, remember: int = 10_000) -> None:
        self._per_second = per_minute / 60
        self._burst = float(per_minute)
        self._remember = remember
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()  # requests are checked in threads

    def check(self, client: str, *, at: float | None = None) -> None:
        """Count one call. Raises TooManyAttemptsError when this client has none left."""
        now = time.monotonic() if at is None else at
        with self._lock:
            left, before = self._left.pop(client, (self._burst, now))
            left = min(self._burst, left + max(0.0, now - before) * self._per_second)
            allowed = left >= 1
            self._left[client] = (left - 1 if allowed else left, now)
            if len(self._left) > self._remember:
                self._left.popitem(last=False)
        if not allowed:
            raise TooManyAttemptsError(max(1, round((1 - left) / self._per_second)))
