"""An index of another make, serving while the new one is built: after a change of encoder its words still find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.analyzer import AnalyzedQuery
from retrieval.index import Candidate, Detail, Identity, Scope, Snapshot
from retrieval.lexicon import Lexicon


class WordsOnly:
    """A snapshot whose vectors are another encoder's: it finds by words alone."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def sequence(self) -> int:
        return self._snapshot.sequence

    @property
    def identity(self) -> Identity:
        return self._snapshot.identity

    @property
    def lexicon(self) -> Lexicon:
        return self._snapshot.lexicon

    @property
    def audiences(self) -> frozenset[str]:
        return self._snapshot.audiences

    def search_lexical(self, query: AnalyzedQuery, scope: Scope, limit: int) -> list[Candidate]:
        return self._snapshot.search_lexical(query, scope, limit)

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:  # noqa: ARG002
        return []

    def search_vectors(
        self,
        vectors: NDArray[np.float32],
        scope: Scope,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> list[list[Candidate]]:
        return [[] for _ in vectors]

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:  # noqa: ARG002
        return {}

    def size(self) -> int:
        return self._snapshot.size()

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        return self._snapshot.token_counts(tokens)

    def chunk_ids(self) -> dict[str, set[int]]:
        return self._snapshot.chunk_ids()


def serving(snapshot: Snapshot, wanted: Identity) -> Snapshot:
    """What of `snapshot` can serve where an index made as `wanted` is missing."""
    made = snapshot.identity
    is_comparable = (made.embedder, made.dim) == (wanted.embedder, wanted.dim)
    return snapshot if is_comparable else WordsOnly(snapshot)
