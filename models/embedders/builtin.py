"""The zh-en static encoder shipped with Jieda: sub-word vectors, averaged. No network, no torch."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.embedders.maxsim import maxsim
from models.segmenter import normalize

WEIGHTS: Final = Path(__file__).parent.parent / "builtin"
_NUMPY_TYPES: Final = {"F32": np.float32, "F16": np.float16, "I8": np.int8}
_BLOCK = 128  # texts pooled at once: their vectors fit the cache, and memory stays small for long passages


class BuiltinEmbedder:
    """Mean of int8 sub-word vectors, read from a memory-mapped file; queries and passages are treated alike.

    The folder is also a sentence-transformers model (`SentenceTransformer(str(folder))`, version 6.2 or later),
    which gives the same vectors, but for the few traditional characters whose simplified form depends on the word:
    the tokenizer folds character by character, this class by word first.
    """

    def __init__(self, folder: Path = WEIGHTS) -> None:
        """Map the weights; the tokenizer is read at first use."""
        self._folder = folder
        tensors = _read_safetensors(folder / "model.safetensors")
        self._vectors = tensors["embeddings"]
        self._scales = np.array(tensors["weights"])
        self._idf = np.array(tensors["idf"])
        self.dim = int(self._vectors.shape[1])
        self.spec = str(json.loads((folder / "jieda.json").read_text(encoding="utf-8"))["spec"])

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed as one batch, (n, dim)."""
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed as one batch, (n, dim)."""
        return self._embed(texts)

    def embed_tokens(self, passages: Sequence[NDArray[np.uint16]]) -> NDArray[np.float32]:
        """Embed texts already cut by `token_ids`, (n, dim)."""
        rows = np.empty((len(passages), self.dim), dtype=np.float32)
        for start in range(0, len(passages), _BLOCK):
            rows[start : start + _BLOCK] = self._pool(passages[start : start + _BLOCK])
        return rows

    def token_ids(self, text: str) -> NDArray[np.uint16]:
        """Cut `text` into sub-words, (m,)."""
        return np.array(
            self._tokenizer.encode(normalize(text), add_special_tokens=False).ids, dtype=np.uint16
        )

    def token_vectors(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Unit vectors of the tokens, (m, dim)."""
        rows = self._vectors[ids].astype(np.float32)
        rows *= self._inverse_norms[ids, None]
        return rows

    def token_weights(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Idf of the tokens in the training text, (m,)."""
        return self._idf[ids]

    def maxsim(
        self,
        query_ids: NDArray[np.uint16],
        passages: Sequence[NDArray[np.uint16]],
        weights: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Score passages by late interaction, (n,), with these weights of the query's tokens or their idf."""
        query = self.token_vectors(query_ids)
        weights = self.token_weights(query_ids) if weights is None else weights
        return maxsim(query, weights, passages, self.token_vectors, vocab_size=len(self._idf))

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _BLOCK):
            block = [normalize(text) for text in texts[start : start + _BLOCK]]
            encodings = self._tokenizer.encode_batch_fast(block, add_special_tokens=False)
            rows[start : start + _BLOCK] = self._pool([encoding.ids for encoding in encodings])
        return rows

    def _pool(self, tokens: Sequence[Sequence[int] | NDArray[np.uint16]]) -> NDArray[np.float32]:
        """Sum the scaled vectors of each text and bring the sums to length 1."""
        lengths = np.array([len(ids) for ids in tokens], dtype=np.intp)
        sums = np.zeros((len(tokens), self.dim), dtype=np.float32)
        filled = np.flatnonzero(lengths)
        if len(filled):
            ids = np.concatenate([np.asarray(ids, dtype=np.intp) for ids in tokens])
            vectors = self._vectors[ids].astype(np.float32)
            vectors *= self._scales[ids, None]
            starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
            sums[filled] = np.add.reduceat(vectors, starts, axis=0)
        return _unit_rows(sums)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _inverse_norms(self) -> NDArray[np.float32]:
        norms = np.linalg.norm(self._vectors.astype(np.float32), axis=1)
        return np.asarray(1.0 / np.maximum(norms, 1e-9), dtype=np.float32)


def _unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1 in place; a row of zeros becomes the one vector whose entries are all equal."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = norms[:, 0] < 1e-9
    rows[empty] = 1.0
    norms[empty] = np.sqrt(rows.shape[1])
    rows /= norms
    return rows


def _read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map the tensors of a safetensors file: 8 bytes of header length, a JSON header, then the data."""
    with path.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(size))
    tensors: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            offset = 8 + size + entry["data_offsets"][0]
            shape = tuple(entry["shape"])
            tensors[name] = np.memmap(
                path, _NUMPY_TYPES[entry["dtype"]], mode="r", offset=offset, shape=shape
            )
    return tensors
