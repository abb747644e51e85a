from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import anyio.to_thread

from foundation import live
from portal_api import streaming
from portal_api.streaming import _news

T = TypeVar("T")
READ = Callable[[], tuple[str, dict[str, Any], bool]]


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: a browser test before us may have left a running loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scenario).result()


def counting(last: int) -> READ:
    """Says 1, 2, 3 … and that `last` is the last."""
    said = iter(range(1, last + 1))

    def read() -> tuple[str, dict[str, Any], bool]:
        number = next(said)
        return "progress", {"number": number}, number == last

    return read


async def heard(topic: str, read: READ) -> list[str]:
    return [piece.partition("data: ")[2].strip() async for piece in _news(topic, read)]


def test_watching_pages_hold_no_thread_while_nothing_happens() -> None:
    async def scenario() -> float:
        watchers = [_news("quiet", counting(2)) for _ in range(60)]
        for watcher in watchers:
            await anext(watcher)
        waiting: list[asyncio.Future[str]] = [asyncio.ensure_future(anext(one)) for one in watchers]
        await asyncio.sleep(0.05)
        held = anyio.to_thread.current_default_thread_limiter().borrowed_tokens
        live.tell("quiet", {})
        await asyncio.gather(*waiting)
        return held

    assert run(scenario()) == 0


def test_each_piece_of_news_is_read_at_once_until_the_last() -> None:
    async def scenario() -> list[str]:
        task = asyncio.create_task(heard("busy", counting(3)))
        while not task.done():
            live.tell("busy", {})
            await asyncio.sleep(0.01)
        return await task

    assert run(scenario()) == ['{"number": 1}', '{"number": 2}', '{"number": 3}']


def test_lost_news_delays_a_watcher_and_does_not_stop_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(streaming, "_LOST_NEWS_S", 0.02)
    assert run(heard("lost", counting(2))) == ['{"number": 1}', '{"number": 2}']


def test_a_watcher_that_leaves_is_not_listened_for_any_more() -> None:
    async def scenario() -> None:
        watcher = _news("left", counting(9))
        await anext(watcher)
        await watcher.aclose()  # type: ignore[attr-defined]

    run(scenario())
    assert "left" not in live._listeners._by_topic
