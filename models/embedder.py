"""The embedder contract: texts in, unit vectors out. Adapters need no base class."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns n texts into (n, dim) float32 unit vectors; equal texts give equal rows, whatever else is in the batch.

    A text without anything to embed (empty, punctuation only) gets one fixed unit vector, never zeros or NaN.
    """

    @property
    def spec(self) -> str:
        """Name and version, stored beside embeddings: two specs that differ must not be compared."""

    @property
    def dim(self) -> int:
        """Length of every row."""

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed what customers ask, (n, dim)."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed what answers them, (n, dim)."""


@runtime_checkable
class TokenEmbedder(Protocol):
    """An embedder that also compares token by token, for late interaction over a short list of candidates."""

    def token_ids(self, text: str) -> NDArray[np.uint16]:
        """Cut `text` into its m sub-words, (m,); 0 of them when nothing can be embedded. Worth storing per chunk."""

    def token_vectors(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Unit vectors of the tokens, (m, dim)."""

    def token_weights(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """How rare each token is in general text (idf), (m,), all positive."""

    def maxsim(
        self,
        query_ids: NDArray[np.uint16],
        passages: Sequence[NDArray[np.uint16]],
        weights: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Score passages by late interaction, (n,), each in [-1, 1].

        Every query token takes its best cosine among the passage's tokens; the score is their mean, weighted by
        `weights`, (m,), all positive, or else by `token_weights`. A passage or query without tokens scores 0.
        """
