"""What a Milvus index knows of itself, kept in rows of its own collection, so one write publishes it.

Rows with the keys -1, -2 … hold parts of one JSON text. They carry no audience, so no search finds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from retrieval.index import Identity
from retrieval.lexicon import Lexicon
from retrieval.milvus_server import MilvusServer
from retrieval.milvus_words import NOTHING

_FORMAT: Final = 2  # 2: passages are counted by sub-word too
_PART: Final = 60_000  # characters, all of them ASCII, of the 65,535 bytes a field holds
_MOST_PARTS: Final = 64
_OTHER_MAKE: Final = 1.5  # times as long as assumed, and passages are weighed anew …
_MANY: Final = 200  # … where there are so many; of fewer, no average means much


@dataclass(frozen=True, kw_only=True)
class State:
    """One published state: its collections, what they were built with, and the statistics of BM25."""

    collection: str
    terms: str  # collection that counts passages by component
    identity: Identity
    sequence: int
    lexicon: Lexicon = field(default_factory=Lexicon)
    audiences: tuple[str, ...] = ()
    passages: int = 0
    words: Mapping[str, int] = field(default_factory=dict)  # of all passages, by field
    typical_lengths: Mapping[str, float] = field(default_factory=dict)  # with which passages were weighed
    published_at: float = 0.0  # seconds since 1970

    @property
    def lengths(self) -> dict[str, float]:
        """Words a passage has on average, by field."""
        return {name: total / self.passages for name, total in self.words.items()} if self.passages else {}

    @property
    def is_weighed_well(self) -> bool:
        """Whether passages are still about as long as they were assumed to be when they were weighed."""
        return self.passages < _MANY or all(
            1 / _OTHER_MAKE <= (length + 1) / (self.typical_lengths.get(name, 0.0) + 1) <= _OTHER_MAKE
            for name, length in self.lengths.items()
        )

    def rows(self, dim: int) -> list[dict[str, Any]]:
        """The rows that hold it."""
        stored = {**vars(self), "identity": vars(self.identity), "lexicon": self.lexicon.to_json()}
        text = json.dumps({"format": _FORMAT, **stored})
        parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        if len(parts) > _MOST_PARTS:
            raise ValueError("the glossary is too large for this index")
        still = {"article_id": 0, "lengths": "", "words": NOTHING, "embedding": [0.0] * dim}
        return [
            {**still, "chunk_id": -number, "payload": f"{len(parts)} {part}"}
            for number, part in enumerate(parts, start=1)
        ]


def read(server: MilvusServer, alias: str) -> State | None:
    """The published state; None where there is none of this format."""
    try:
        rows = server.by_ids(alias, [-key for key in range(1, _MOST_PARTS + 1)], ["chunk_id", "payload"])
    except LookupError:
        return None
    parts = [row["payload"].partition(" ") for row in sorted(rows, key=lambda row: -row["chunk_id"])]
    try:
        now = int(parts[0][0])  # a longer state before it may have left more behind
        stored = json.loads("".join(text for _parts, _space, text in parts[:now]))
        if stored.pop("format") != _FORMAT:
            return None
        identity, lexicon = Identity(**stored.pop("identity")), Lexicon.from_json(stored.pop("lexicon"))
        return State(**{**stored, "identity": identity, "lexicon": lexicon})
    except (ValueError, KeyError, TypeError, IndexError):
        return None
