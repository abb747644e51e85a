"""`jieda eval`: how well search finds what was judged relevant, through the production path.

A benchmark is published into a temporary knowledge base, indexed and searched by the functions that serve
customers; the caller's own data is not touched.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from foundation import db
from foundation.access import ANONYMOUS
from foundation.settings import get_settings, use_settings
from kb import service as kb
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from retrieval import index_store, metrics, passages
from retrieval.benchmark_data import Benchmark, Document, Query, read_benchmark
from retrieval.metrics import DEPTH, Figures
from retrieval.service import search
from retrieval.types import Filters, System

_ROWS_PER_SOURCE: Final = 2000
_WARM_UP: Final = 3  # searches before the clock runs: opening files is not what a query costs

Progress = Callable[[int, int], None]  # queries done, queries in all


@dataclass
class Report:
    """What an evaluation found."""

    system: System
    per_query: dict[str, Figures] = field(default_factory=dict)
    groups: dict[tuple[str, str, str | None], list[str]] = field(default_factory=lambda: defaultdict(list))
    index_seconds: float = 0.0
    query_ms: list[float] = field(default_factory=list)

    def group_figures(self) -> list[tuple[tuple[str, str, str | None], int, Figures]]:
        """Each group with the number of its queries and its mean figures, in a fixed order."""
        ordered = sorted(self.groups, key=lambda group: (group[0], group[1], group[2] or ""))
        return [
            (
                group,
                len(self.groups[group]),
                metrics.mean([self.per_query[one] for one in self.groups[group]]),
            )
            for group in ordered
        ]

    def to_json(self) -> dict[str, Any]:
        """The command's contract."""
        p50, p95 = np.percentile(self.query_ms, [50, 95]) if self.query_ms else (0.0, 0.0)
        return {
            "system": str(self.system),
            "groups": [
                {"task": task, "lang": lang, "target_lang": target, "queries": count, **mean.to_json()}
                for (task, lang, target), count, mean in self.group_figures()
            ],
            "index_seconds": round(self.index_seconds, 3),
            "ms_per_query": {"p50": round(float(p50), 3), "p95": round(float(p95), 3)},
        }


def evaluate(
    folder: Path,
    system: System | str = System.HYBRID,
    *,
    queries: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Index the corpus of `folder`, search every judged query, and measure.

    Tasks `reworded` and `xling` see an index with the questions, all others one without; both are built
    only where a query needs them. Raises EvaluationDataError.
    """
    benchmark = read_benchmark(folder, queries)
    report = Report(System(system))
    for with_question in (False, True):
        asked = [query for query in benchmark.queries if query.sees_question is with_question]
        if asked:
            with temporary_knowledge(benchmark.documents, with_question=with_question) as (ids, seconds):
                report.index_seconds += seconds
                _measure(report, benchmark, asked, ids, progress)
    return report


def _measure(
    report: Report, benchmark: Benchmark, queries: Sequence[Query], ids: dict[int, str], progress: Progress
) -> None:
    with db.read_session() as session:
        for query in (*queries[:_WARM_UP], *queries):
            filters = Filters(lang=query.target_lang, product_version=query.version)
            found = search(session, ANONYMOUS, query.text, top_k=DEPTH, filters=filters, system=report.system)
            ranking = [ids[hit.article_id] for hit in found.hits]
            if query.id not in report.per_query:
                report.groups[query.group].append(query.id)
            report.per_query[query.id] = metrics.figures(ranking, benchmark.relevance[query.id])
            report.query_ms.append(found.took_ms)
            progress(len(report.per_query), len(benchmark.queries))
    del report.query_ms[-len(queries) - _WARM_UP : -len(queries)]


@contextmanager
def temporary_knowledge(
    documents: Sequence[Document], *, with_question: bool
) -> Iterator[tuple[dict[int, str], float]]:
    """Settings point at a knowledge base that holds these documents alone, indexed.

    Yields document id by article id, and the seconds from the rows to the finished index.
    """
    before = get_settings()
    with tempfile.TemporaryDirectory(prefix="jieda-eval-") as folder:
        use_settings(
            before.model_copy(update={"data_dir": Path(folder), "database_url": "", "index": "embedded"})
        )
        try:
            db.Table.metadata.create_all(db.engine())
            started = time.perf_counter()
            ids = _publish(documents, with_question=with_question)
            index_store.catch_up()
            yield ids, time.perf_counter() - started
        finally:
            db.dispose_engines()
            use_settings(before)


def _publish(documents: Sequence[Document], *, with_question: bool) -> dict[int, str]:
    ids: dict[int, str] = {}
    for start in range(0, len(documents), _ROWS_PER_SOURCE):
        rows = documents[start : start + _ROWS_PER_SOURCE]
        articles = [_article(row, with_question=with_question) for row in rows]
        embeddings = passages.embed_articles(articles)
        source = NewSource(uri=f"corpus-{start}", content_hash="", pipeline_version="eval")
        with db.write_session() as session:
            shelf = kb.ensure_collection(session, "benchmark")
            done = kb.publish_source(
                session, shelf.id, source, articles, embeddings, passages.embedder_spec()
            )
            # Articles of one source come back in the order they were given.
            ids |= dict(zip(done.changed_articles, (row.id for row in rows), strict=True))
    return ids


def _article(row: Document, *, with_question: bool) -> NewArticle:
    question = row.question if with_question else None
    chunk = NewChunk(
        text=row.text,
        locator=Locator(row.id),
        heading_path=(question,) if question else (),
        kind=ChunkKind.FAQ if question else ChunkKind.TEXT,
        lang=row.lang,
    )
    kind = ArticleKind.FAQ if row.question else ArticleKind.GUIDE
    return NewArticle(
        key=row.id, title=row.title, chunks=(chunk,), kind=kind, lang=row.lang, product_version=row.version
    )
