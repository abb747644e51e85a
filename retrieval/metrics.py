"""Ranking figures of one query against judged articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

DEPTH = 10
FIGURE_NAMES = (f"ndcg@{DEPTH}", f"recall@{DEPTH}", f"mrr@{DEPTH}", "hit@1")


@dataclass(frozen=True)
class Figures:
    """How well one ranking, or the mean of several, did; each from 0 to 1."""

    ndcg: float
    recall: float
    mrr: float
    hit: float

    def to_json(self) -> dict[str, float]:
        values = (self.ndcg, self.recall, self.mrr, self.hit)
        return {name: round(value, 4) for name, value in zip(FIGURE_NAMES, values, strict=True)}


def figures(ranking: Sequence[str], relevance: Mapping[str, float]) -> Figures:
    """Figures of the first ten ids; `relevance` above 0 means relevant, its size is the gain."""
    relevant = {doc_id: gain for doc_id, gain in relevance.items() if gain > 0}
    gains = [relevant.get(doc_id, 0.0) for doc_id in ranking[:DEPTH]]
    best = _discounted(sorted(relevant.values(), reverse=True)[:DEPTH])
    found = sum(gain > 0 for gain in gains)
    first = next((place for place, gain in enumerate(gains, start=1) if gain > 0), None)
    return Figures(
        ndcg=_discounted(gains) / best if best else 0.0,
        recall=found / len(relevant) if relevant else 0.0,
        mrr=1 / first if first else 0.0,
        hit=float(first == 1),
    )


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))


def mean(several: Sequence[Figures]) -> Figures:
    """The mean of each figure. Raises ZeroDivisionError for none."""
    count = len(several)
    return Figures(
        sum(one.ndcg for one in several) / count,
        sum(one.recall for one in several) / count,
        sum(one.mrr for one in several) / count,
        sum(one.hit for one in several) / count,
    )
