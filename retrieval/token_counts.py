"""In how many passages each sub-word stands: what is rare among one vendor's articles is what a question is about.

Counted when a segment of vectors is written and kept with it, sparse, as a small segment knows few sub-words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_IDS: Final = 1 << 16  # token ids are 16 bits wide
_BLOCK: Final = 4096  # passages counted at once, so that memory stays small


class TokenCounts(NamedTuple):
    """Passages by token: `passages[i]` of them hold `ids[i]`; ids ascend, tokens that stand nowhere are left out."""

    ids: NDArray[np.uint16]
    passages: NDArray[np.uint32]

    def of(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        """How many passages hold each of these tokens, (m,)."""
        if not len(self.ids):
            return np.zeros(len(tokens), np.int64)
        places = np.minimum(np.searchsorted(self.ids, tokens), len(self.ids) - 1)
        return np.where(self.ids[places] == tokens, self.passages[places], 0).astype(np.int64)


def count(passages: Sequence[NDArray[np.uint16]]) -> TokenCounts:
    """Count each passage once for every token in it."""
    counts = np.zeros(_IDS, np.uint32)
    for start in range(0, len(passages), _BLOCK):
        block = passages[start : start + _BLOCK]
        owners = np.repeat(np.arange(len(block), dtype=np.uint32), [len(tokens) for tokens in block])
        held = np.unique(owners * np.uint32(_IDS) + np.concatenate(block).astype(np.uint32))
        counts += np.bincount(held % _IDS, minlength=_IDS).astype(np.uint32)
    ids = np.flatnonzero(counts)
    return TokenCounts(ids.astype(np.uint16), counts[ids])
