"""The reranker reads question and passage together, if it is done in time; else the fused order stands."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock
from typing import Final

from foundation.logging import get_logger
from models.reranker import Reranker

READ_AT_MOST: Final = 30  # passages of one question

_log = get_logger(__name__)
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jieda-rerank")
_mutex = Lock()
_running: list[Future[list[float]]] = []


def scores(reranker: Reranker, query: str, passages: Sequence[str], timeout_s: float) -> list[float] | None:
    """One score per passage, higher is better; None where the reranker fails or is not done in time.

    While it is still busy with another question it is not asked at all, so that slow ones do not queue up.
    """
    with _mutex:
        if _running and not _running[0].done():
            return None
        future = _worker.submit(lambda: [float(one) for one in reranker.rank(query, passages)])
        _running[:] = [future]
    try:
        return future.result(timeout=timeout_s)
    except FutureTimeoutError:
        _log.warning("reranker_slow", reranker=reranker.spec, waited_s=timeout_s)
    except Exception:  # noqa: BLE001 - whatever a model does, the fused order is there
        _log.exception("reranker_failed", reranker=reranker.spec)
    return None


def wait_until_idle() -> None:
    """Wait for what is running to end, however it ends."""
    with _mutex:
        running = list(_running)
    wait(running)
