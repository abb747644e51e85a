"""Search beside its rivals on the same passages in the same run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks import rivals, searcher
from benchmarks.corpus import documents, queries
from benchmarks.knowledge import knowledge
from benchmarks.rivals import Search
from foundation.access import SYSTEM
from foundation.db import read_session
from retrieval import service as retrieval
from retrieval.types import System

_QUERIES = 60
_WARM_UP = 5
_SEARCHES = 500  # of each process that searches alone
_PROCESSES = 2
_OURS = "jieda hybrid, question to hits read from the database"


def run(count: int, keep: Path | None = None) -> dict[str, object]:
    """Build `count` passages or take those in `keep`, and time every system; ratios are against our hybrid."""
    asked = queries(_QUERIES)
    with knowledge(count, keep) as built:
        alone = searcher.figures_of(searcher.start(_SEARCHES))
        together = [searcher.start(_SEARCHES) for _ in range(_PROCESSES)]
        rates = [searcher.figures_of(one)["searches_per_second"] for one in together]
        others = rivals.all_of(list(documents(count)), asked)
        with read_session() as session:
            ours: dict[str, Search] = {
                _OURS: lambda query: retrieval.search(session, SYSTEM, query),
                "jieda words alone": lambda query: retrieval.search(
                    session, SYSTEM, query, system=System.LEXICAL
                ),
                "jieda vectors alone": lambda query: retrieval.search(
                    session, SYSTEM, query, system=System.VECTOR
                ),
            }
            timings = _timings(ours | others, asked)
    return {
        "passages": count,
        "build": asdict(built),
        "process_that_searches": alone,
        f"searches_per_second_of_{_PROCESSES}_processes": round(sum(rates), 1),
        "systems": timings,
    }


def _timings(systems: dict[str, Search], asked: Sequence[str]) -> list[dict[str, object]]:
    """Each question goes to every system in turn, so that a busy moment of the machine hits all alike."""
    wall: dict[str, list[float]] = {name: [] for name in systems}
    cpu: dict[str, list[float]] = {name: [] for name in systems}
    for search in systems.values():
        for query in asked[:_WARM_UP]:
            search(query)
    for query in asked:
        for name, search in systems.items():
            began, began_cpu = time.perf_counter(), time.thread_time()
            search(query)
            wall[name].append((time.perf_counter() - began) * 1000)
            cpu[name].append((time.thread_time() - began_cpu) * 1000)
    ours = float(np.median(cpu[_OURS]))
    return [_figures(name, wall[name], cpu[name], ours) for name in systems]


def _figures(name: str, wall: Sequence[float], cpu: Sequence[float], ours: float) -> dict[str, object]:
    p50, p95, p99 = (round(float(cut), 3) for cut in np.percentile(wall, [50, 95, 99]))
    spent = float(np.median(cpu))
    return {
        "name": name,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "cpu_p50_ms": round(spent, 3),
        "cpu_ratio": round(spent / ours, 3),
    }
