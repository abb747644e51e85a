"""Texts as token ids in one flat array, batches of them for torch, and splits that make the vectors robust."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class TokenStore:
    """n tokenized texts: text i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def take(self, texts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the token ids of these texts, one after the other, and each text's length."""
        lengths = self.offsets[texts + 1] - self.offsets[texts]
        starts = np.repeat(self.offsets[texts] - np.cumsum(lengths) + lengths, lengths)
        return self.ids[starts + np.arange(lengths.sum())], lengths


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], *, limit: int) -> TokenStore:
    """Tokenize, keeping the first `limit` tokens of each text."""
    rows: list[NDArray[np.int32]] = []
    lengths = [0]
    for start in range(0, len(texts), _BLOCK):
        for encoding in tokenizer.encode_batch_fast(
            list(texts[start : start + _BLOCK]), add_special_tokens=False
        ):
            rows.append(np.array(encoding.ids[:limit], dtype=np.int32))
            lengths.append(len(rows[-1]))
    return TokenStore(np.concatenate(rows), np.cumsum(lengths))


def document_frequency(store: TokenStore, vocab_size: int) -> NDArray[np.float32]:
    """Return each token's idf over the stored texts: log((n + 1) / (texts with it + 1)) + 0.1, so never 0."""
    texts = len(store.offsets) - 1
    owner = np.repeat(np.arange(texts), np.diff(store.offsets))
    distinct = np.unique(owner * vocab_size + store.ids)
    found = np.bincount(distinct % vocab_size, minlength=vocab_size)
    return (np.log((texts + 1) / (found + 1)) + 0.1).astype(np.float32)


class Splitter:
    """Now and then spells a word with smaller pieces, so that pieces mean something when a word is unknown."""

    def __init__(self, tokenizer: Tokenizer, rng: np.random.Generator) -> None:
        """Prepare each token's split into two known pieces; tokens without one stay whole."""
        vocab = tokenizer.get_vocab()
        size = tokenizer.get_vocab_size()
        self._first = np.arange(size, dtype=np.int32)
        self._rest = np.full(size, -1, dtype=np.int32)
        self._rng = rng
        for piece, number in vocab.items():
            cuts = [at for at in range(len(piece) - 1, 0, -1) if piece[:at] in vocab and piece[at:] in vocab]
            if cuts and not piece.startswith("<0x"):
                cut = min(cuts, key=lambda at, piece=piece: abs(2 * at - len(piece)))
                self._first[number], self._rest[number] = vocab[piece[:cut]], vocab[piece[cut:]]

    def __call__(
        self, ids: NDArray[np.int32], lengths: NDArray[np.int64], *, share: float
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Split about `share` of the tokens that can be split; lengths follow."""
        chosen = (self._rng.random(len(ids), dtype=np.float32) < share) & (self._rest[ids] >= 0)
        repeats = 1 + chosen
        longer = np.repeat(ids, repeats)
        at = np.flatnonzero(chosen)
        first = at + np.arange(len(at))
        longer[first], longer[first + 1] = self._first[ids[at]], self._rest[ids[at]]
        owner = np.repeat(np.arange(len(lengths)), lengths)
        return longer, lengths + np.bincount(owner[at], minlength=len(lengths))


def bag(ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (token ids, offsets) as `torch.nn.functional.embedding_bag` takes them."""
    offsets = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(offsets)
