"""A tiny deterministic embedder for tests: texts that share words are near, nothing is learned."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.segmenter import Segmenter, normalize


class FakeEmbedder:
    """Sums a pseudo-random direction per word; `fake:16` has 16 dimensions."""

    def __init__(self, dim: int = 16) -> None:
        self.dim = dim
        self.spec = f"fake:{dim}"
        self._segmenter = Segmenter()

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed as one batch, (n, dim)."""
        return self.embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed as one batch, (n, dim)."""
        rows = [self._row(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dim)

    def _row(self, text: str) -> NDArray[np.float64]:
        words = [
            word for word in self._segmenter.cut(normalize(text)) if any(char.isalnum() for char in word)
        ]
        row = np.sum([self._direction(word) for word in words or [""]], axis=0)
        return np.asarray(row / np.linalg.norm(row))

    def _direction(self, word: str) -> NDArray[np.float64]:
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
        return np.random.default_rng(seed).normal(size=self.dim)
