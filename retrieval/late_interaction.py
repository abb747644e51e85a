"""Late interaction: every query token finds its best match in the passage, weighted by how rare it is.

A passage is compared whole, and by how it begins: title, headings and first words say what it is about,
while in the whole of a long one nearly every word finds something alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from models.embedder import Embedder, TokenEmbedder
from retrieval.index import Detail

_OPENINGS: Final = (32, 64)  # tokens; the mean of both is taken


class Match(NamedTuple):
    """Weighted means of best token cosines, each in [-1, 1]."""

    whole: float
    opening: float


def scores(embedder: Embedder, query: str, details: Mapping[int, Detail]) -> dict[int, Match]:
    """How the query's tokens match each passage, by chunk id.

    Empty where the embedder compares whole texts only or the query has no tokens.
    """
    if not isinstance(embedder, TokenEmbedder) or not details:
        return {}
    query_ids = embedder.token_ids(query)
    if not len(query_ids):
        return {}
    passages = [detail.tokens for detail in details.values()]
    openings = [tokens[:size] for size in _OPENINGS for tokens in passages]
    found = embedder.maxsim(query_ids, [*passages, *openings])
    by_size = found.reshape(1 + len(_OPENINGS), len(passages))
    whole, opening = by_size[0], by_size[1:].mean(axis=0)
    return {
        chunk_id: Match(float(one), float(other))
        for chunk_id, one, other in zip(details, whole, opening, strict=True)
    }
