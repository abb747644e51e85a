"""The index in Milvus, for more passages than one machine holds: words and vectors in one collection.

An alias names the collection that serves. A rebuild fills another one and moves the alias; the one before
stays a while for searches under way. Words are sparse vectors that carry BM25's weights (`milvus_words`).
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from retrieval import milvus_state, milvus_words
from retrieval.analyzer import AnalyzedQuery
from retrieval.index import Candidate, Detail, Identity, IndexWriter, Scope
from retrieval.lexicon import Lexicon
from retrieval.milvus_server import MilvusServer
from retrieval.milvus_state import State
from retrieval.milvus_writer import MilvusWriter, drop_all
from retrieval.writing_lock import alone


class Holding:
    """How many passages hold a component, remembered until the index changes."""

    def __init__(self, server: MilvusServer) -> None:
        self._server = server
        self._mutex = threading.Lock()
        self._of: tuple[str, int] | None = None
        self._known: dict[int, int] = {}

    def of(self, state: State, places: Sequence[int]) -> dict[int, int]:
        """Passages by component, 0 for what no passage holds."""
        key = state.terms, state.sequence
        with self._mutex:
            known = self._known if self._of == key else {}
        unknown = [place for place in places if place not in known]
        if unknown:
            rows = self._server.by_ids(state.terms, unknown, ["chunk_id", "holding"])
            found = {int(row["chunk_id"]): int(row["holding"]) for row in rows}
            known = known | {place: found.get(place, 0) for place in unknown}
            with self._mutex:
                self._of, self._known = key, known
        return known


class MilvusSnapshot:
    """The collection as it is, with the state that was published when the search began.

    It never loses what is live: a chunk removed meanwhile may be gone and a new one may be there already,
    and the database, which has the last word on every hit, knows which of them a search may show.
    """

    def __init__(self, server: MilvusServer, state: State, holding: Holding) -> None:
        self._server = server
        self._state = state
        self._holding = holding

    @property
    def sequence(self) -> int:
        return self._state.sequence

    @property
    def identity(self) -> Identity:
        return self._state.identity

    @property
    def lexicon(self) -> Lexicon:
        return self._state.lexicon

    @property
    def audiences(self) -> frozenset[str]:
        return frozenset(self._state.audiences)

    def search_lexical(self, query: AnalyzedQuery, scope: Scope, limit: int) -> list[Candidate]:
        places = milvus_words.places_of(query)
        if not places or limit <= 0 or not scope.audiences or not self._state.passages:
            return []
        holding = self._holding.of(self._state, places)
        weights = milvus_words.query_weights(query, self._state.passages, holding)
        return self._nearest("words", [weights], scope, limit)[0]

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:
        return self.search_vectors(vector[None, :], scope, limit)[0]

    def search_vectors(self, vectors: NDArray[np.float32], scope: Scope, limit: int) -> list[list[Candidate]]:
        if limit <= 0 or not scope.audiences or not len(vectors):
            return [[] for _ in vectors]
        return self._nearest("embedding", vectors.tolist(), scope, limit)

    def _nearest(
        self, field: str, vectors: Sequence[object], scope: Scope, limit: int
    ) -> list[list[Candidate]]:
        found = self._server.nearest(self._state.collection, field, vectors, _expression(scope), limit)
        return [
            sorted((Candidate(*hit) for hit in hits), key=lambda hit: (-hit.score, hit.chunk_id))
            for hits in found
        ]

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        if not chunk_ids:
            return {}
        rows = self._server.by_ids(
            self._state.collection, chunk_ids, ["chunk_id", "lang", "embedding", "payload"]
        )
        if not rows:
            return {}
        cosines = np.array([row["embedding"] for row in rows], dtype=np.float32) @ vector
        return {
            int(row["chunk_id"]): Detail(row["lang"], cosine, np.frombuffer(b64decode(row["payload"]), "<u2"))
            for row, cosine in zip(rows, cosines.tolist(), strict=True)
        }

    def size(self) -> int:
        return self._state.passages

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        places = [milvus_words.place_of_token(token) for token in tokens.tolist()]
        holding = self._holding.of(self._state, places)
        return np.array([holding[place] for place in places], np.int64)

    def chunk_ids(self) -> dict[str, set[int]]:
        rows = self._server.matching(self._state.collection, "chunk_id > 0", ["chunk_id"])
        held = {int(row["chunk_id"]) for row in rows}
        return {"lexical": held, "vector": set(held)}  # one row holds both


def _expression(scope: Scope) -> str:
    """What may be found; rows of the index's own state have no audience, so none of them is."""
    return " and ".join(
        f"{attribute} in {json.dumps(sorted(values), ensure_ascii=False)}"
        for attribute, values in scope.allowed().items()
    )


class MilvusIndex:
    """The index behind an alias of a Milvus server; one object per process is enough and safe for all threads."""

    def __init__(self, uri: str, token: str = "", *, alias: str = "jieda") -> None:
        self._server = MilvusServer(uri, token)
        self._alias = alias
        self._holding = Holding(self._server)

    def snapshot(self) -> MilvusSnapshot | None:
        """The newest published state; None when there is none. Raises IndexUnreachableError."""
        state = milvus_state.read(self._server, self._alias)
        return MilvusSnapshot(self._server, state, self._holding) if state is not None else None

    @contextmanager
    def writing(self, timeout_s: float) -> Iterator[IndexWriter]:
        """Hold the index for writing. Raises IndexBusyError after `timeout_s`, IndexUnreachableError."""
        with alone(f"milvus-{self._alias}", timeout_s):
            yield MilvusWriter(self._server, self._alias)

    def drop(self) -> None:
        """Remove everything; the next writer builds it anew."""
        with alone(f"milvus-{self._alias}", 30.0):
            drop_all(self._server, self._alias)
