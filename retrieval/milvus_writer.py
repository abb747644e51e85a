"""Writes the index in Milvus: passages first, then the state that says how far it has come."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final, TypeVar

import numpy as np

from foundation import clock, ids
from retrieval import milvus_state, milvus_words
from retrieval.index import ATTRIBUTES, Identity, IndexEntry
from retrieval.lexical_index import words_by_field
from retrieval.lexicon import Lexicon
from retrieval.milvus_server import MilvusServer, passage_fields, term_fields
from retrieval.milvus_state import State

_T = TypeVar("_T")
_ROWS_AT_ONCE: Final = 500
_TERMS_AT_ONCE: Final = 10_000
_ARTICLES_AT_ONCE: Final = 500
_TOKENS: Final = 20_000  # of a passage, for late interaction; more do not fit into a field
_KEPT_FOR_S: Final = 60.0  # a collection that no longer serves, for searches under way


class MilvusWriter:
    """The index held for writing."""

    def __init__(self, server: MilvusServer, alias: str) -> None:
        self._server = server
        self._alias = alias
        self._state = milvus_state.read(server, alias)

    @property
    def identity(self) -> Identity | None:
        """None also where passages have become so much longer or shorter that they want weighing anew."""
        return self._state.identity if self._state and self._state.is_weighed_well else None

    @property
    def sequence(self) -> int:
        return self._state.sequence if self._state else 0

    @property
    def lexicon(self) -> Lexicon:
        return self._state.lexicon if self._state else Lexicon()

    def apply(
        self, upserts: Sequence[IndexEntry], articles: Collection[int], sequence: int, lexicon: Lexicon
    ) -> None:
        """Replace all chunks of `articles` by `upserts`.

        New rows come before old ones go, so a search never misses an article; counts come before both, so
        that a writer killed in between leaves statistics a little off and never a word nobody finds.
        """
        before = self._current()
        if not before.passages:
            before = replace(before, typical_lengths=_lengths_of(upserts))
        old = self._rows_of(before, articles)
        rows = [_row(entry, before) for entry in upserts]
        self._count(before.terms, _counts(rows), _counts(old))
        self._put(before.collection, rows)
        gone = {int(row["chunk_id"]) for row in old} - {entry.chunk_id for entry in upserts}
        self._remove(before.collection, sorted(gone))
        after = _counted(replace(before, sequence=sequence, lexicon=lexicon), upserts)
        fewer = Counter(after.words)
        for row in old:
            fewer.subtract(json.loads(row["lengths"]))
        self._publish(replace(after, passages=after.passages - len(old), words=dict(fewer)))
        self._tidy()

    def _rows_of(self, state: State, articles: Collection[int]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for part in _parts(sorted(articles), _ARTICLES_AT_ONCE):
            expression = f"article_id in {part}"
            rows += self._server.matching(
                state.collection, expression, ["chunk_id", "words", "lengths", "payload"]
            )
        return rows

    def rebuild(
        self, identity: Identity, lexicon: Lexicon, batches: Iterable[Sequence[IndexEntry]], sequence: int
    ) -> None:
        """Fill a new collection and move the alias to it."""
        name = f"{self._alias}_{ids.new_id('g')}"
        made = State(
            collection=name,
            terms=f"{name}_terms",
            identity=identity,
            sequence=sequence,
            lexicon=lexicon,
            typical_lengths=self._state.lengths if self._state else {},
        )
        self._server.create(made.collection, passage_fields(identity.dim))
        self._server.create(made.terms, term_fields())
        counts: Counter[int] = Counter()
        for entries in batches:
            if not made.typical_lengths:
                made = replace(made, typical_lengths=_lengths_of(entries))
            rows = [_row(entry, made) for entry in entries]
            counts.update(_counts(rows))
            self._put(made.collection, rows)
            made = _counted(made, entries)
        self._put_counts(made.terms, counts)
        self._publish(made)
        self._serve(made)
        self._tidy()

    def _serve(self, made: State) -> None:
        """Move the alias, which searches follow from one call to the next."""
        for collection in (made.collection, made.terms):
            self._server.call("flush", collection)
        aliases = self._server.call("list_aliases")["aliases"]
        self._server.call(
            "alter_alias" if self._alias in aliases else "create_alias", made.collection, self._alias
        )

    def _current(self) -> State:
        if self._state is None:
            raise RuntimeError("there is no index to change; rebuild it first")
        return self._state

    def _publish(self, made: State) -> None:
        made = replace(made, published_at=clock.now().timestamp())
        rows = [{**dict.fromkeys(ATTRIBUTES, ""), **row} for row in made.rows(made.identity.dim)]
        self._server.call("upsert", made.collection, rows)
        self._state = made

    def _put(self, collection: str, rows: Sequence[dict[str, Any]]) -> None:
        for part in _parts(rows, _ROWS_AT_ONCE):
            self._server.call("upsert", collection, part)

    def _remove(self, collection: str, chunk_ids: Sequence[int]) -> None:
        for part in _parts(chunk_ids, _ROWS_AT_ONCE):
            self._server.call("delete", collection, ids=part)

    def _count(self, terms: str, more: Counter[int], fewer: Counter[int]) -> None:
        """Change how many passages hold a component."""
        changed = Counter(more)
        changed.subtract(fewer)
        changed = Counter({place: difference for place, difference in changed.items() if difference})
        rows = self._server.by_ids(terms, list(changed), ["chunk_id", "holding"])
        held = Counter({int(row["chunk_id"]): int(row["holding"]) for row in rows})
        self._put_counts(terms, Counter({place: held[place] + change for place, change in changed.items()}))

    def _put_counts(self, terms: str, counts: Counter[int]) -> None:
        rows = (
            {"chunk_id": place, "holding": max(holding, 0), "unused": [1.0, 0.0]}
            for place, holding in counts.items()
        )
        while part := list(islice(rows, _TERMS_AT_ONCE)):
            self._server.call("upsert", terms, part)

    def _tidy(self) -> None:
        """Remove collections of former builds, and of one that never came to its end."""
        current = self._current()
        named = {current.collection, current.terms}
        young = clock.now().timestamp() - _KEPT_FOR_S
        for name in _collections(self._server, self._alias) - named:
            state = None if name.endswith("_terms") else milvus_state.read(self._server, name)
            if state is not None and state.published_at > young:
                named |= {state.collection, state.terms}
        for name in _collections(self._server, self._alias) - named:
            self._server.call("drop_collection", name)


def drop_all(server: MilvusServer, alias: str) -> None:
    """Remove the alias and every collection it ever named."""
    if alias in server.call("list_aliases")["aliases"]:
        server.call("drop_alias", alias)
    for name in _collections(server, alias):
        server.call("drop_collection", name)


def _collections(server: MilvusServer, alias: str) -> set[str]:
    ours = re.compile(rf"{re.escape(alias)}_g_[0-9a-z]+(_terms)?")
    return {name for name in server.call("list_collections") if ours.fullmatch(name)}


def _row(entry: IndexEntry, state: State) -> dict[str, Any]:
    words = words_by_field(entry)
    weights = milvus_words.passage_weights(words, state.typical_lengths)
    tokens = entry.tokens if entry.tokens is not None else np.zeros(0, np.uint16)
    return {
        "chunk_id": entry.chunk_id,
        "article_id": entry.article_id,
        **{name: getattr(entry, name) or "" for name in ATTRIBUTES},
        "lengths": json.dumps({field: len(found) for field, found in words.items()}),
        "payload": b64encode(tokens[:_TOKENS].astype("<u2").tobytes()).decode(),
        "embedding": np.frombuffer(entry.embedding, "<f2").astype(np.float32),
        "words": weights,
    }


def _counts(rows: Iterable[dict[str, Any]]) -> Counter[int]:
    """Passages by component, of words and of sub-words."""
    counts: Counter[int] = Counter()
    for row in rows:
        counts.update(place for place in map(int, row["words"]) if place not in milvus_words.NOTHING)
        tokens = np.unique(np.frombuffer(b64decode(row["payload"]), "<u2")).tolist()
        counts.update(map(milvus_words.place_of_token, tokens))
    return counts


def _counted(state: State, entries: Sequence[IndexEntry]) -> State:
    """The state with these passages in its statistics."""
    words = Counter(state.words)
    for entry in entries:
        words.update({field: len(found) for field, found in words_by_field(entry).items()})
    audiences = {*state.audiences, *(entry.audience for entry in entries)}
    return replace(
        state,
        audiences=tuple(sorted(audiences)),
        passages=state.passages + len(entries),
        words=dict(words),
    )


def _lengths_of(entries: Sequence[IndexEntry]) -> dict[str, float]:
    """Words a passage has on average, by field."""
    words: Counter[str] = Counter()
    for entry in entries:
        words.update({field: len(found) for field, found in words_by_field(entry).items()})
    return {field: total / len(entries) for field, total in words.items()}


def _parts(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
