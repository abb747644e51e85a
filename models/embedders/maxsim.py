"""Late interaction in numpy: every distinct passage token is compared with the query once."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.uint16]
Floats: TypeAlias = NDArray[np.float32]


def maxsim(
    query: Floats,
    weights: Floats,
    passages: Sequence[Ids],
    vectors_of: Callable[[Ids], Floats],
    *,
    vocab_size: int,
) -> Floats:
    """Weighted mean over query tokens of the best cosine in each passage, (n,); 0 where either side is empty.

    `query` is (m, dim) unit rows, `weights` (m,); `vectors_of` gives the unit rows of token ids below `vocab_size`.
    """
    scores = np.zeros(len(passages), dtype=np.float32)
    lengths = np.fromiter((len(ids) for ids in passages), dtype=np.intp, count=len(passages))
    filled = np.flatnonzero(lengths)
    if not len(query) or not len(filled):
        return scores
    tokens = np.concatenate(passages)
    distinct, position = _distinct(tokens, vocab_size)
    cosines = vectors_of(distinct) @ query.T  # (distinct, m): rows, so that each passage is a run of rows
    starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
    best = np.maximum.reduceat(cosines[position], starts, axis=0)
    scores[filled] = best @ (weights / weights.sum())
    return scores


def _distinct(tokens: Ids, vocab_size: int) -> tuple[Ids, NDArray[np.intp]]:
    """Return the distinct tokens and where each token stands among them; a table beats sorting here."""
    present = np.zeros(vocab_size, dtype=np.bool_)
    present[tokens] = True
    distinct = np.flatnonzero(present)
    place = np.empty(vocab_size, dtype=np.intp)
    place[distinct] = np.arange(len(distinct))
    return distinct.astype(np.uint16), place[tokens]
