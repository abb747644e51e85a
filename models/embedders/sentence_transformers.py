"""Any sentence-transformers model as embedder: `st:BAAI/bge-m3`, `st:/models/bge-m3`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelNotInstalledError


class SentenceTransformerEmbedder:
    """Wraps a sentence-transformers model, with its own query and passage prompts where it has them."""

    def __init__(self, name: str) -> None:
        """Load the model, which may take seconds; raises ModelNotInstalledError without the `neural` extra."""
        self.spec = f"st:{name}"
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelNotInstalledError(self.spec, "neural") from error
        self._model: Any = SentenceTransformer(name)
        self.dim = int(self._model.get_embedding_dimension())

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed with the query prompt, (n, dim)."""
        return self._unit_rows(self._model.encode_query, texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed with the passage prompt, (n, dim)."""
        return self._unit_rows(self._model.encode_document, texts)

    def _unit_rows(self, encode: Any, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        rows = np.array(encode(list(texts), convert_to_numpy=True, show_progress_bar=False), dtype=np.float32)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        rows[norms[:, 0] == 0.0] = 1.0 / np.sqrt(self.dim)
        rows /= np.where(norms == 0.0, 1.0, norms)
        return rows
