"""Merging what both legs found into one order.

Scores are calibrated per query, then weighted: BM25 is divided by the best score of the query, cosines and
late interaction already compare between queries. Where query and passage are of different languages, words
cannot match, so there the vectors alone decide, on the same scale.

The shares were fitted with one benchmark set left out at a time and came out alike each time; rounded then, to a
set from the middle of those that meet every mark (docs/benchmarks.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final, NamedTuple


@dataclass(frozen=True)
class Weights:
    """Share of each signal in a fused score; the shares of one language case, without `length`, sum to 1."""

    lexical: float
    cosine: float
    late: float
    opening: float
    covered: float
    length: float  # what a passage e times as long loses


SAME_LANGUAGE: Final = Weights(lexical=0.20, cosine=0.24, late=0.13, opening=0.34, covered=0.09, length=0.02)
ACROSS: Final = Weights(lexical=0.0, cosine=0.20, late=0.28, opening=0.52, covered=0.0, length=0.0)
# Embedders that compare whole texts only: half words, half meaning is a flat optimum.
WITHOUT_TOKENS: Final = Weights(lexical=0.5, cosine=0.5, late=0.0, opening=0.0, covered=0.0, length=0.0)
ACROSS_WITHOUT_TOKENS: Final = Weights(
    lexical=0.0, cosine=1.0, late=0.0, opening=0.0, covered=0.0, length=0.0
)
OWN_LANGUAGE_FIRST: Final = (
    0.9  # what a passage in another language keeps of its score beside ones in the asker's
)
_MIDDLING: Final = 64  # tokens of a passage that gains and loses nothing by its length
_MOST: Final = 4.0  # e⁴ times as long or as short: beyond that length tells no more


class Signals(NamedTuple):
    """What is known of one candidate; None where a signal was not taken."""

    chunk_id: int
    lexical: float | None  # BM25, any scale
    cosine: float
    late: float | None  # in [-1, 1]; None where the embedder compares whole texts only
    same_language: bool
    opening: float | None = None  # late interaction with how the passage begins, in [-1, 1]
    length: int = 0  # tokens, 0 where they are not known
    covered: float | None = None  # how much of the passage's first words the query says, in [-1, 1]


class Parts(NamedTuple):
    """What each signal adds to a fused score, which is their sum."""

    lexical: float
    cosine: float
    late: float
    opening: float
    covered: float
    length: float


def fuse(candidates: Sequence[Signals]) -> dict[int, float]:
    """Fused score by chunk id, about 0 to 1.

    A candidate that the lexical leg did not find gets nothing for its words.
    """
    best = best_of(candidates)
    return {one.chunk_id: sum(parts_of(one, best)) for one in candidates}


def best_of(candidates: Sequence[Signals]) -> float:
    """The best BM25 score among them, by which all are divided; 0 where there is none."""
    return max((one.lexical for one in candidates if one.lexical is not None), default=0.0)


def parts_of(one: Signals, best: float) -> Parts:
    """What each signal of a candidate is worth where the best BM25 score is `best`."""
    weights = _weights(one)
    lexical = (one.lexical or 0.0) / best if best > 0 else 0.0
    late = one.late or 0.0
    kept = 1.0 if one.same_language else OWN_LANGUAGE_FIRST
    return Parts(
        kept * weights.lexical * lexical,
        kept * weights.cosine * one.cosine,
        kept * weights.late * late,
        kept * weights.opening * (one.opening if one.opening is not None else late),
        kept * weights.covered * (one.covered if one.covered is not None else late),
        -kept * weights.length * _longer(one.length),
    )


def _weights(one: Signals) -> Weights:
    if one.late is None:
        return WITHOUT_TOKENS if one.same_language else ACROSS_WITHOUT_TOKENS
    return SAME_LANGUAGE if one.same_language else ACROSS


def _longer(tokens: int) -> float:
    """Logarithm of how much longer than middling: the longer a passage, the easier a word finds some match."""
    if not tokens:
        return 0.0
    return max(-_MOST, min(_MOST, log((tokens + 1) / (_MIDDLING + 1))))


def ordered(scores: dict[int, float]) -> list[int]:
    """Chunk ids by score, best first; ties to the lower id."""
    return sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], *, k: int = 60) -> dict[int, float]:
    """Score by chunk id = sum of 1 / (k + rank), rank from 1; needs no scores, only orders."""
    score: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, chunk_id in enumerate(ranking, start=1):
            score[chunk_id] += 1.0 / (k + rank)
    return dict(score)


def shortlist(rankings: Sequence[Sequence[int]], *, size: int, floor: int) -> list[int]:
    """The `size` chunks worth a closer look: the first `floor` of every ranking, then by reciprocal rank."""
    floors = dict.fromkeys(chunk_id for ranking in rankings for chunk_id in ranking[:floor])
    rest = ordered(reciprocal_rank_fusion(rankings))
    return list(dict.fromkeys((*floors, *rest)))[: max(size, len(floors))]
