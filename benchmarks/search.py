"""Search beside its rivals on the same passages in the same run, at several sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import minilm_asked, rivals, searcher
from benchmarks.asked import Asked, Cost
from benchmarks.corpus import queries
from benchmarks.knowledge import Built, knowledge
from foundation.settings import get_settings

QUESTIONS = 100
_WARM_UP = 5
_SEARCHES = 100  # of each process, to see how many a second they manage
_PROCESSES = 2
_RIVALS_UP_TO = 100_000  # passages; beyond, what keeps every word in Python's memory is no rival
_MILVUS_UP_TO = 10_000  # Milvus Lite is written in Python and serves as the oracle of a protocol
MILVUS = "hybrid on Milvus Lite"
_SELDOM = {rivals.RANK_BM25: 2, MILVUS: 9}  # asked only every so many questions, of both languages


@dataclass(frozen=True)
class Options:
    """What to measure."""

    sizes: tuple[int, ...]
    keep: Path | None = None
    minilm_python: str = ""  # an interpreter that has MiniLM and torch; empty: leave it out
    milvus: bool = False
    questions: int = QUESTIONS


@dataclass
class Stand:
    """One process with the systems it answers for."""

    asked: Asked
    size: int  # 0 where it does not depend on the passages
    systems: tuple[str, ...]
    shown: dict[str, str] = field(default_factory=dict)  # how a system is called where not by its name
    costs: dict[str, list[Cost]] = field(default_factory=dict)


def run(options: Options) -> dict[str, Any]:
    """Build every size, or take what is kept, and ask every system the same questions in turn."""
    with ExitStack() as stack:
        built = {size: stack.enter_context(_kept(size, options.keep)) for size in options.sizes}
        stands = [
            stand
            for size, (folder, _built) in built.items()
            for stand in _stands(stack, size, folder, options)
        ]
        if options.minilm_python:
            asked = Asked("benchmarks.minilm_asked", python=options.minilm_python)
            stands.append(Stand(_closed(stack, asked), 0, (minilm_asked.NAME,)))
        _ask_all(stands, queries(options.questions))
        return {
            "questions": options.questions,
            "sizes": [
                _of_size(size, folder, one, [stand for stand in stands if stand.size == size])
                for size, (folder, one) in built.items()
            ],
            "whatever_the_size": [
                _figures(stand, name) for stand in stands if not stand.size for name in stand.systems
            ],
        }


@contextmanager
def _kept(size: int, keep: Path | None) -> Iterator[tuple[Path, Built]]:
    """The folder of a knowledge base; settings are back where they were once it is built."""
    with tempfile.TemporaryDirectory(prefix="jieda-bench-") as temporary:
        where = (keep or Path(temporary)).absolute()
        with knowledge(size, where) as built:
            folder = get_settings().data_dir
        yield folder, built


def _stands(stack: ExitStack, size: int, folder: Path, options: Options) -> Iterator[Stand]:
    place = _settings(folder)
    ours = (searcher.HYBRID, searcher.WORDS, searcher.VECTORS, searcher.ONE_PERCENT, searcher.ENCODER)
    yield Stand(_closed(stack, Asked("benchmarks.searcher", settings=place)), size, ours)
    if size <= _RIVALS_UP_TO:
        others = (rivals.RANK_BM25, rivals.BM25S, rivals.TANTIVY, rivals.FAISS)
        yield Stand(_closed(stack, Asked("benchmarks.rivals", str(size))), size, others)
    if options.milvus and size <= _MILVUS_UP_TO:
        kept = folder / "milvus.db"
        asked = Asked("benchmarks.searcher", settings={**place, "JIEDA_INDEX": f"milvus:{kept}"})
        yield Stand(_closed(stack, asked), size, (searcher.HYBRID,), {searcher.HYBRID: MILVUS})


def _closed(stack: ExitStack, asked: Asked) -> Asked:
    stack.callback(asked.close)
    return asked


def _ask_all(stands: Sequence[Stand], asked: Sequence[str]) -> None:
    for warm, questions in ((True, asked[:_WARM_UP]), (False, asked)):
        for number, question in enumerate(questions):
            for stand in stands:
                for name in stand.systems:
                    if not number % _SELDOM.get(stand.shown.get(name, name), 1):
                        cost = stand.asked.cost(name, question)
                        if not warm:
                            stand.costs.setdefault(name, []).append(cost)


def _of_size(size: int, folder: Path, built: Built, stands: Sequence[Stand]) -> dict[str, Any]:
    ours = stands[0]
    return {
        "passages": size,
        "build": asdict(built),
        **ours.asked.ready,
        "memory_of_a_process_that_searches": ours.asked.memory(),
        "throughput": _throughput(folder),
        "systems": [_figures(stand, name) for stand in stands for name in stand.systems],
        "rivals_build": [stand.asked.ready for stand in stands[1:2]],
    }


def _settings(folder: Path) -> dict[str, str]:
    return {
        "JIEDA_DATA_DIR": str(folder),
        "JIEDA_DATABASE_URL": "",
        "JIEDA_INDEX": "embedded",
        "JIEDA_EMBEDDER": get_settings().embedder,
    }


def _throughput(folder: Path) -> dict[str, float]:
    """Two processes search at once: by the clock, and what their processor time would allow on idle cores."""
    place = _settings(folder)
    both = [Asked("benchmarks.searcher", settings=place) for _ in range(_PROCESSES)]
    for seed, one in enumerate(both):
        one.all_of(searcher.HYBRID, queries(_SEARCHES, seed=20 + seed))
    costs = [one.finish() for one in both]
    for one in both:
        one.close()
    rates = {
        kind: round(sum(len(found) / sum(getattr(cost, kind) for cost in found) * 1000 for found in costs), 1)
        for kind in ("wall", "cpu")
    }
    return {"processes": _PROCESSES, "searches_per_second": rates["wall"], "on_idle_cores": rates["cpu"]}


def _figures(stand: Stand, name: str) -> dict[str, Any]:
    costs = stand.costs[name]
    cpu = np.percentile([cost.cpu for cost in costs], [50, 95, 99]).round(3).tolist()
    wall = np.percentile([cost.wall for cost in costs], [50, 95, 99]).round(3).tolist()
    return {"name": stand.shown.get(name, name), "cpu_ms": cpu, "wall_ms": wall, "questions": len(costs)}
