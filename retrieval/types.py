"""Values that cross retrieval's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from kb.types import Locator


class System(StrEnum):
    """Which legs a search runs; `hybrid` is what customers get, the others are for comparison."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    VECTOR = "vector"


@dataclass(frozen=True)
class Filters:
    """What a hit must be; None asks for any. Applied inside both legs, so they never starve the result."""

    lang: str | None = None  # zh or en
    product: str | None = None
    collection: str | None = None  # slug
    kind: str | None = None  # faq, guide or manual
    product_version: str | None = None


class Correction(NamedTuple):
    """A word of the question that stands nowhere, and the one that was looked for instead."""

    written: str
    meant: str
    how: str  # pinyin, typo, sound or shape


@dataclass(frozen=True)
class MatchedWord:
    """A query word found in a hit: how it was written in the query, and the fields it stands in."""

    word: str
    fields: tuple[str, ...]  # of title, heading, body
    source: str  # "query", "synonym of <term>", or "<pinyin, typo, sound, shape> of <what was written>"
    weight: float = 1.0  # how much it counts: parts of codes and synonyms count less


class Twin(NamedTuple):
    """A passage that says the same as the one shown for it."""

    chunk_id: int
    article_id: int
    title: str
    product_version: str | None
    collection: str


class LegScore(NamedTuple):
    """Where one leg placed a hit; rank from 1."""

    rank: int
    score: float


@dataclass(frozen=True)
class Explanation:
    """Why a hit stands where it stands."""

    words: tuple[MatchedWord, ...]
    lexical: LegScore | None  # None: this leg did not find it
    vector: LegScore | None
    fused: float
    late_interaction: float | None  # weighted mean of best token cosines, None when not run
    filters: Filters
    opening: float | None = None  # the same with how the passage begins
    parts: dict[str, float] = field(default_factory=dict)  # what each signal added; their sum is `fused`
    reranked: float | None = None  # the reranker's score, None when it was not asked or not done in time
    rescued: tuple[Correction, ...] = ()  # words that stand nowhere, and what was looked for instead
    collapsed: tuple[Twin, ...] = ()  # passages that say the same and are not shown
    notes: tuple[str, ...] = ()  # e.g. which language's fusion was used

    def to_json(self) -> dict[str, Any]:
        return {
            "words": [{**vars(known), "fields": list(known.fields)} for known in self.words],
            "rescued": [correction._asdict() for correction in self.rescued],
            "lexical": self.lexical._asdict() if self.lexical else None,
            "vector": self.vector._asdict() if self.vector else None,
            "fused": self.fused,
            "late_interaction": self.late_interaction,
            "opening": self.opening,
            "parts": self.parts,
            "reranked": self.reranked,
            "collapsed": [twin._asdict() for twin in self.collapsed],
            "filters": {key: value for key, value in vars(self.filters).items() if value is not None},
            "notes": list(self.notes),
        }


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One passage found, with what a citation needs. Scores compare within one result only."""

    rank: int  # from 1
    score: float
    chunk_id: int
    article_id: int
    title: str
    heading: str  # heading path joined by " › "
    text: str
    lang: str
    locator: Locator
    kind: str  # faq, guide or manual
    product: str | None
    product_version: str | None
    collection: str
    markdown: str | None = None  # how the passage is shown where that differs from `text`
    cosine: float | None = None  # of query and passage embedding, where the vector leg saw it
    late_interaction: float | None = None  # in [-1, 1]; comparable between queries
    lexical_score: float | None = None  # BM25, where the lexical leg saw it
    collapsed: tuple[Twin, ...] = ()  # passages that say the same and are not shown
    explanation: Explanation | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape of the command line and HTTP contracts."""
        shown: dict[str, Any] = {
            "rank": self.rank,
            "score": round(self.score, 6),
            "chunk_id": self.chunk_id,
            "article_id": self.article_id,
            "title": self.title,
            "heading": self.heading,
            "text": self.text,
            "lang": self.lang,
            "kind": self.kind,
            "product": self.product,
            "product_version": self.product_version,
            "locator": self.locator.to_json(),
            "collapsed": [twin._asdict() for twin in self.collapsed],
        }
        if self.explanation is not None:
            shown["explanation"] = self.explanation.to_json()
        return shown


@dataclass(frozen=True)
class SearchResult:
    """Hits, best first, and how long the whole search took."""

    hits: tuple[Hit, ...]
    took_ms: float
    lang: str = "zh"  # language of the query
    words: tuple[str, ...] = field(default=())  # the query's words as they were looked up
    rescued: tuple[Correction, ...] = ()  # words that stand nowhere, and what was looked for instead
    withheld: int = 0  # passages not shown because the question is about nothing here

    def to_json(self) -> dict[str, Any]:
        """The shape of the command line and HTTP contracts."""
        return {
            "hits": [hit.to_json() for hit in self.hits],
            "took_ms": round(self.took_ms, 3),
            "rescued": [correction._asdict() for correction in self.rescued],
            "withheld": self.withheld,
        }
