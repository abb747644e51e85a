"""Late interaction: every query token finds its best match in the passage, weighted by how rare it is.

And the other way round: how much of the passage's first words the query says.

Rare means rare among the vendor's own articles: a word every one of them says ("drive", 设备) tells none apart.
Where there are few, what is rare in general text decides. So it does for passages in another language, whose
words do not count the query's.

A passage is compared whole, and by how it begins: title, headings and first words say what it is about,
while in the whole of a long one nearly every word finds something alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.embedder import Embedder, TokenEmbedder
from retrieval.index import Detail, Snapshot

_OPENINGS: Final = (32, 64)  # tokens; the mean of both is taken
_HEAD: Final = 24  # tokens the query is asked to cover: a title or question, not the text below it


class Match(NamedTuple):
    """Weighted means of best token cosines, each in [-1, 1]."""

    whole: float
    opening: float
    covered: float  # of the passage's first tokens, each with its best match in the query


_GENERAL_TEXTS: Final = 300  # so many passages of general text are counted beside the vendor's own
_SHARPNESS: Final = 1.5  # power of the rarity; with 1 frequent words still say too much
_LEAST: Final = 0.05  # rarity of what stands everywhere


def scores(
    embedder: Embedder, query: str, lang: str, details: Mapping[int, Detail], snapshot: Snapshot
) -> dict[int, Match]:
    """How the tokens of a query in `lang` match each passage of `snapshot`, by chunk id.

    Empty where the embedder compares whole texts only or the query has no tokens.
    """
    if not isinstance(embedder, TokenEmbedder) or not details:
        return {}
    query_ids = embedder.token_ids(query)
    if not len(query_ids):
        return {}
    own = _rarity(embedder, query_ids, snapshot)
    same = {chunk_id: detail for chunk_id, detail in details.items() if detail.lang == lang}
    others = {chunk_id: detail for chunk_id, detail in details.items() if detail.lang != lang}
    return _matches(embedder, query_ids, same, own) | _matches(embedder, query_ids, others, None)


def _rarity(embedder: TokenEmbedder, tokens: NDArray[np.uint16], snapshot: Snapshot) -> NDArray[np.float32]:
    """Weight of each token, (m,): (log (n + g) / (with it + g p))^s, where p is its share of general text."""
    general = np.exp(-embedder.token_weights(tokens).astype(np.float64))
    with_it = snapshot.token_counts(tokens) + _GENERAL_TEXTS * general + 0.5
    rarity = np.log((snapshot.size() + _GENERAL_TEXTS) / with_it)
    return np.asarray(np.maximum(rarity, _LEAST) ** _SHARPNESS, np.float32)


def _matches(
    embedder: TokenEmbedder,
    query_ids: NDArray[np.uint16],
    details: Mapping[int, Detail],
    weights: NDArray[np.float32] | None,
) -> dict[int, Match]:
    if not details:
        return {}
    passages = [detail.tokens for detail in details.values()]
    openings = [tokens[:size] for size in _OPENINGS for tokens in passages]
    found = embedder.maxsim(query_ids, [*passages, *openings], weights)
    by_size = found.reshape(1 + len(_OPENINGS), len(passages))
    whole, opening = by_size[0], by_size[1:].mean(axis=0)
    covered = _covered(embedder, query_ids, [tokens[:_HEAD] for tokens in passages])
    return {
        chunk_id: Match(*map(float, found))
        for chunk_id, *found in zip(details, whole, opening, covered, strict=True)
    }


def _covered(
    embedder: TokenEmbedder, query_ids: NDArray[np.uint16], heads: Sequence[NDArray[np.uint16]]
) -> NDArray[np.float32]:
    """How much of each head the query says, (n,): its tokens' best cosines, weighted; 0 for an empty one."""
    scores = np.zeros(len(heads), np.float32)
    lengths = np.array([len(head) for head in heads], np.intp)
    filled = np.flatnonzero(lengths)
    if not len(filled):
        return scores
    distinct, place = np.unique(np.concatenate(heads), return_inverse=True)
    best = (embedder.token_vectors(distinct) @ embedder.token_vectors(query_ids).T).max(axis=1)
    weights = embedder.token_weights(distinct)
    starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
    found = np.add.reduceat((best * weights)[place], starts)
    scores[filled] = found / np.add.reduceat(weights[place], starts)
    return scores
