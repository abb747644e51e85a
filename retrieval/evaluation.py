"""`jieda eval`: how well search finds what was judged relevant, through the production path.

A benchmark is published into a temporary knowledge base, indexed and searched by the functions that serve
customers; the caller's own data is not touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from foundation import db
from foundation.access import ANONYMOUS
from retrieval import metrics, significance
from retrieval.benchmark_data import Benchmark, Query, read_benchmark
from retrieval.benchmark_knowledge import temporary_knowledge
from retrieval.metrics import DEPTH, Figures
from retrieval.service import search
from retrieval.types import Filters, System

_WARM_UP: Final = 3  # searches before the clock runs: opening files is not what a query costs

Group = tuple[str, str, str | None]  # task, language of the query, language searched
Progress = Callable[[int, int], None]  # searches done, searches in all


@dataclass
class Report:
    """What an evaluation found."""

    system: System
    benchmark: str = ""  # its name
    per_query: dict[str, Figures] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # of the queries
    groups: dict[Group, list[str]] = field(default_factory=lambda: defaultdict(list))
    index_seconds: float = 0.0
    query_ms: list[float] = field(default_factory=list)

    def group_figures(self) -> list[tuple[Group, int, Figures]]:
        """Each group with the number of its queries and its mean figures, in a fixed order."""
        return [
            (group, len(members), metrics.mean([self.per_query[one] for one in members]))
            for group, members in self.members()
        ]

    def members(self) -> list[tuple[Group, list[str]]]:
        """The ids of each group's queries, in a fixed order of groups."""
        return sorted(self.groups.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))

    def to_json(self) -> dict[str, Any]:
        """The command's contract; `per_query` is what a later `--compare` reads."""
        p50, p95 = np.percentile(self.query_ms, [50, 95]) if self.query_ms else (0.0, 0.0)
        return {
            "system": str(self.system),
            "benchmark": self.benchmark,
            "groups": [
                {**group_json(group), "queries": count, **mean.to_json(), "ci95": self._intervals[group]}
                for group, count, mean in self.group_figures()
            ],
            "index_seconds": round(self.index_seconds, 3),
            "ms_per_query": {"p50": round(float(p50), 3), "p95": round(float(p95), 3)},
            "per_query": [
                {"id": one, "text": self.texts[one], **group_json(group), **self.per_query[one].to_json()}
                for group, members in self.members()
                for one in members
            ],
        }

    @cached_property
    def _intervals(self) -> dict[Group, dict[str, list[float]]]:
        """Where each group's means would lie with other queries like these, 19 times in 20."""
        found: dict[Group, dict[str, list[float]]] = {}
        for group, members in self.members():
            rows = [self.per_query[one].to_json() for one in members]
            values = np.array([list(row.values()) for row in rows])
            ends = significance.interval(values).round(4).tolist()
            found[group] = dict(zip(rows[0], ends, strict=True))
        return found


def group_json(group: Group) -> dict[str, Any]:
    """A group as the command names it."""
    task, lang, target_lang = group
    return {"task": task, "lang": lang, "target_lang": target_lang}


def benchmark_name(folder: Path, queries: Path | None) -> str:
    """What floors and results call a benchmark: the name of its folder, or of both its folders."""
    name = folder.resolve().name
    return f"{name}/{queries.resolve().name}" if queries else name


def evaluate(
    folder: Path,
    system: System | str = System.HYBRID,
    *,
    queries: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Index the corpus of `folder`, search every judged query, and measure. Raises EvaluationDataError."""
    return evaluate_all(folder, [system], queries=queries, progress=progress)[0]


def evaluate_all(
    folder: Path,
    systems: Sequence[System | str],
    *,
    queries: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> list[Report]:
    """A report for each system, all on the same index.

    Tasks `reworded` and `xling` see an index with the questions, all others one without; both are built
    only where a query needs them. Raises EvaluationDataError.
    """
    benchmark = read_benchmark(folder, queries)
    reports = [Report(System(system), benchmark_name(folder, queries)) for system in systems]
    total = len(reports) * len(benchmark.queries)
    done = 0
    for with_question in (False, True):
        asked = [query for query in benchmark.queries if query.sees_question is with_question]
        if not asked:
            continue
        with temporary_knowledge(benchmark.documents, with_question=with_question) as (ids, seconds):
            for report in reports:
                report.index_seconds += seconds
                _measure(report, benchmark, asked, ids, partial(_advance, progress, done, total))
                done += len(asked)
    return reports


def _advance(progress: Progress, before: int, total: int, here: int) -> None:
    progress(before + here, total)


def _measure(
    report: Report,
    benchmark: Benchmark,
    queries: Sequence[Query],
    ids: Mapping[int, str],
    advance: Callable[[int], None],
) -> None:
    with db.read_session() as session:
        for query in queries[:_WARM_UP]:
            search(session, ANONYMOUS, query.text, top_k=DEPTH, system=report.system)
        for number, query in enumerate(queries, start=1):
            filters = Filters(lang=query.target_lang, product_version=query.version)
            found = search(  # judgements name documents, so ones that say the same stay apart
                session,
                ANONYMOUS,
                query.text,
                top_k=DEPTH,
                filters=filters,
                system=report.system,
                collapse=False,
            )
            ranking = [ids[hit.article_id] for hit in found.hits]
            report.groups[query.group].append(query.id)
            report.texts[query.id] = query.text
            report.per_query[query.id] = metrics.figures(ranking, benchmark.relevance[query.id])
            report.query_ms.append(found.took_ms)
            advance(number)
