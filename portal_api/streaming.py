"""Server-sent events: work done in a thread, told piece by piece to an open response."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio.to_thread
from fastapi.responses import StreamingResponse

from foundation import live
from foundation.errors import DomainError
from foundation.logging import get_logger
from portal_api.problems import domain_problem

EVENT_STREAM = "text/event-stream"
Emit = Callable[[str, dict[str, Any]], None]

_KEEP_ALIVE_S = 15.0
_LOST_NEWS_S = 2.0  # how long a lost message may go unnoticed by a watcher
_log = get_logger(__name__)


def event(name: str, body: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"


def stream_events(work: Callable[[Emit], None]) -> StreamingResponse:
    """Run `work` in a thread and send what it emits; an error ends the stream with an `error` event."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(work), media_type=EVENT_STREAM, headers=headers)


def stream_news(topic: str, read: Callable[[], tuple[str, dict[str, Any], bool]]) -> StreamingResponse:
    """Send what `read` gives, now and after each piece of news on `topic`, until it says that was the last.

    `read` returns the event's name, its body and whether it is the last. No thread is held between two
    reads, so any number of pages may watch; a client that leaves costs nothing more.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_news(topic, read), media_type=EVENT_STREAM, headers=headers)


async def _news(topic: str, read: Callable[[], tuple[str, dict[str, Any], bool]]) -> AsyncIterator[str]:
    changed, loop = asyncio.Event(), asyncio.get_running_loop()

    def hear(_topic: str, _message: live.Message) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: so is the client
            loop.call_soon_threadsafe(changed.set)

    stop = live.listen([topic], hear)
    try:
        while True:
            name, body, is_last = await anyio.to_thread.run_sync(read)
            yield event(name, body)
            if is_last:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _LOST_NEWS_S)
            changed.clear()
    except DomainError as error:
        yield event("error", domain_problem(error))
    finally:
        stop()


async def _events(work: Callable[[Emit], None]) -> AsyncIterator[str]:
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def emit(name: str, body: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event(name, body))

    async def run() -> None:
        try:
            await anyio.to_thread.run_sync(work, emit)
        except DomainError as error:
            queue.put_nowait(event("error", domain_problem(error)))
        except Exception:  # noqa: BLE001 - the status line has gone out; the client must still be told
            _log.exception("stream_failed")
            queue.put_nowait(event("error", {"code": "internal_error", "detail": "something went wrong"}))
        finally:
            # After what the thread emitted, which went through the loop in order.
            loop.call_soon(queue.put_nowait, None)

    task = asyncio.create_task(run())
    try:
        while True:
            try:
                piece = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield ": keep-alive\n\n"
                continue
            if piece is None:
                return
            yield piece
    finally:
        await asyncio.shield(task)  # a client that leaves must not tear a turn in half
