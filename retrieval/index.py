"""The contract every search index keeps, embedded or remote.

An index is a cache of the knowledge base at one number of its change log. Whoever writes it holds it
alone; readers work on snapshots that lose nothing under them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from retrieval.analyzer import AnalyzedPassage, AnalyzedQuery
from retrieval.lexicon import Lexicon
from retrieval.types import Filters

ATTRIBUTES = ("audience", "lang", "product", "collection", "kind", "product_version")


@dataclass(frozen=True)
class Identity:
    """What an index was built with; another identity means other contents, so it is built anew."""

    embedder: str  # spec under which the embeddings are stored
    dim: int
    analyzer: int


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """One chunk as it goes into an index."""

    chunk_id: int
    article_id: int
    audience: str  # canonical rule
    lang: str
    product: str | None
    collection: str
    kind: str  # the article's
    product_version: str | None
    passage: AnalyzedPassage
    embedding: bytes  # float16 unit vector
    tokens: NDArray[np.uint16] | None = None  # for late interaction, None where the embedder has none


@dataclass(frozen=True)
class Scope:
    """What a search may find: chunks under one of these audience rules that pass the filters."""

    audiences: frozenset[str]
    filters: Filters

    def allowed(self) -> dict[str, frozenset[str]]:
        """Allowed values by attribute; an attribute that is not named may have any."""
        named = {key: frozenset({value}) for key, value in vars(self.filters).items() if value is not None}
        return {"audience": self.audiences, **named}


class Candidate(NamedTuple):
    """A chunk one leg found, with the leg's own score."""

    chunk_id: int
    score: float


class Detail(NamedTuple):
    """What ranking asks about a candidate, whichever leg found it."""

    lang: str
    cosine: float
    tokens: NDArray[np.uint16]  # empty where the embedder has none


class Snapshot(Protocol):
    """One published state of an index; safe to use from any thread.

    The embedded one never changes. A remote one may lose what is removed and gain what is added after it was
    taken, but never what stays: the database has the last word on every hit either way.
    """

    @property
    def sequence(self) -> int:
        """The change-log number whose contents it holds, at least."""

    @property
    def identity(self) -> Identity:
        """What it was built with."""

    @property
    def lexicon(self) -> Lexicon:
        """The glossary its passages were analysed with."""

    @property
    def audiences(self) -> frozenset[str]:
        """Every audience rule some chunk stands under."""

    def search_lexical(self, query: AnalyzedQuery, scope: Scope, limit: int) -> list[Candidate]:
        """The best `limit` chunks by BM25 over title, heading path, body and bigrams, best first."""

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:
        """The nearest `limit` chunks by cosine, best first; `vector` is (dim,) of length 1."""

    def search_vectors(self, vectors: NDArray[np.float32], scope: Scope, limit: int) -> list[list[Candidate]]:
        """What `search_vector` finds for each row of `vectors`, (n, dim), in one pass."""

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        """Language, cosine to `vector` and tokens of these chunks; unknown ids are left out."""

    def size(self) -> int:
        """How many chunks there are, whoever may read them."""

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        """In about how many chunks each token stands, (m,), whoever may read them; changes count a little late."""

    def chunk_ids(self) -> dict[str, set[int]]:
        """The ids each leg holds: what `jieda index check` compares with the database."""


@runtime_checkable
class Vocabulary(Protocol):
    """A snapshot that can also list its words, of which misspelt ones are rescued; an index need not."""

    def occurrences(self, word: str) -> int:
        """In about how many chunks a word stands, whoever may read them; changes count a little late."""

    def words_starting(self, beginning: str) -> list[tuple[str, int]]:
        """The words that begin so, with their occurrences, most frequent first."""


class IndexWriter(Protocol):
    """An index held for writing; every call publishes what it did before it returns."""

    @property
    def identity(self) -> Identity | None:
        """What the index was built with; None where there is none that can be used."""

    @property
    def sequence(self) -> int:
        """The change-log number it has reached."""

    @property
    def lexicon(self) -> Lexicon:
        """The glossary it was analysed with."""

    def apply(
        self, upserts: Sequence[IndexEntry], articles: Collection[int], sequence: int, lexicon: Lexicon
    ) -> None:
        """Replace all chunks of `articles` by `upserts` (theirs alone); doing it twice changes nothing.

        `lexicon` is the glossary of `upserts`, and of all other chunks as far as it concerns them.
        """

    def rebuild(
        self, identity: Identity, lexicon: Lexicon, batches: Iterable[Sequence[IndexEntry]], sequence: int
    ) -> None:
        """Build anew beside the old index, then put the new one in its place."""


class Index(Protocol):
    """A search index: the embedded one in files, or a remote one."""

    def snapshot(self) -> Snapshot | None:
        """The newest published state; None when there is none or it is damaged. Cheap when nothing changed."""

    def writing(self, timeout_s: float) -> AbstractContextManager[IndexWriter]:
        """Hold the index for writing, alone among all processes. Raises IndexBusyError after `timeout_s`."""

    def drop(self) -> None:
        """Remove everything; the next writer builds it anew."""
