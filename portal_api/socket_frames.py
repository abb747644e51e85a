"""What both kinds of socket share: frames on their way out, and who opened the socket."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from fastapi import WebSocket

from foundation.access import Viewer
from foundation.settings import get_settings
from portal_api import authentication
from portal_api.dependencies import resolve_viewer

_OUTBOX = 1000  # messages a slow client may owe us before we hang up; it reconnects and reads on
TRY_AGAIN = 1013
TYPING_EVERY_S = 1.0  # a visitor must not be able to flood every agent's desk

Frame = dict[str, Any]


class Outbox:
    """Frames on their way to one client, filled from any thread."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def put(self, frame: Frame) -> None:
        """From the event loop."""
        if self._queue.qsize() <= _OUTBOX:  # the one above the limit says that it was reached
            self._queue.put_nowait(None if self._queue.qsize() == _OUTBOX else frame)

    def put_from_thread(self, frame: Frame) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: so is the client
            self._loop.call_soon_threadsafe(self.put, frame)

    async def get(self) -> Frame | None:
        """The next frame; None when the client is too slow to be served."""
        return await self._queue.get()


def _may_use_cookie(socket: WebSocket, *, embedded: bool) -> bool:
    """Whether the page that opened this socket may act with the visitor's cookie."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True  # not a browser, so no cookie was sent without the caller's will
    is_ours = urlsplit(origin).netloc == socket.headers.get("host")
    return is_ours or (embedded and origin in get_settings().web.allowed_origins)


def viewer_reader(socket: WebSocket, *, embedded: bool) -> Callable[[], Viewer]:
    """What says who opened this socket, now and whenever it is asked again: a blocking call for a thread.

    With `embedded`, pages of other sites that may embed the widget act with the visitor's cookie too. The
    call raises SignInRequiredError for a key that is not or no longer known.
    """
    may = _may_use_cookie(socket, embedded=embedded)
    cookie = socket.cookies.get(authentication.COOKIE) if may else None
    authorization = socket.headers.get("authorization")
    return lambda: resolve_viewer(cookie, authorization)[0]


class Throttle:
    """Says yes at most once in a while; for signals that nobody needs more often."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._last = every_s, -math.inf

    def allows(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._every_s:
            return False
        self._last = now
        return True


async def run_together(*steps: Callable[[], Awaitable[None]]) -> None:
    """Run until the first step ends, then end the others; raises what the first one raised.

    A step that is in a thread is waited for: a turn being answered is stored to its end.
    """
    failed: list[Exception] = []
    async with anyio.create_task_group() as group:

        async def run(step: Callable[[], Awaitable[None]]) -> None:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - kept, and raised below without the group around it
                failed.append(error)
            group.cancel_scope.cancel()

        for step in steps:
            group.start_soon(run, step)
    if failed:
        raise failed[0]
