"""Any sentence-transformers cross-encoder as reranker: `st:BAAI/bge-reranker-v2-m3`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelNotInstalledError


class SentenceTransformerReranker:
    """Wraps a cross-encoder; deadlines are the caller's, one call scores all passages."""

    def __init__(self, name: str) -> None:
        """Load the model, which may take seconds; raises ModelNotInstalledError without the `neural` extra."""
        self.spec = f"st:{name}"
        try:
            from sentence_transformers import CrossEncoder
        except ImportError as error:
            raise ModelNotInstalledError(self.spec, "neural") from error
        self._model: Any = CrossEncoder(name)

    def rank(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return the cross-encoder's score of each passage."""
        if not passages:
            return np.empty(0, dtype=np.float32)
        pairs = [(query, passage) for passage in passages]
        return np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float32)
