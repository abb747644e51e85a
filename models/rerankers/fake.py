"""A deterministic reranker for tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.segmenter import Segmenter, normalize


class FakeReranker:
    """Scores a passage by the share of the query's words it has."""

    spec = "fake"

    def __init__(self) -> None:
        self._segmenter = Segmenter()

    def rank(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return one share per passage, in [0, 1]."""
        wanted = self._words(query)
        shares = [len(wanted & self._words(passage)) / max(len(wanted), 1) for passage in passages]
        return np.array(shares, dtype=np.float32)

    def _words(self, text: str) -> set[str]:
        return {word for word in self._segmenter.cut(normalize(text)) if word.strip()}
