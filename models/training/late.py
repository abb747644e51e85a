"""Training for late interaction: the right passage must win by MaxSim, not only by its mean vector."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from models.training.tokens import TokenStore

LATE_BATCH = 96
QUERY_TOKENS, PASSAGE_TOKENS = 24, 64
TEMPERATURE = 0.05


def late_loss(
    vectors: torch.Tensor, idf: torch.Tensor, store: TokenStore, rows: NDArray[np.int64]
) -> torch.Tensor:
    """InfoNCE over the MaxSim scores of every first text with every second text of `rows`, (n, 2)."""
    query, asked = _padded(store, rows[:, 0], QUERY_TOKENS)
    passage, given = _padded(store, rows[:, 1], PASSAGE_TOKENS)
    query_tokens, query_place = torch.unique(query, return_inverse=True)
    passage_tokens, passage_place = torch.unique(passage, return_inverse=True)
    left = functional.normalize(vectors[query_tokens], dim=1)
    right = functional.normalize(vectors[passage_tokens], dim=1)
    cosines = (left @ right.T)[:, passage_place.flatten()].view(len(left), *passage.shape)
    best = cosines.masked_fill(~given, -2.0).amax(dim=2)  # (distinct query tokens, passages)
    weights = idf[query] * asked
    weights = weights / weights.sum(dim=1, keepdim=True)
    scores = (best[query_place] * weights[:, :, None]).sum(dim=1) / TEMPERATURE
    same = torch.from_numpy(rows[:, 1:] == rows[:, 1])
    scores = scores.masked_fill(same & ~torch.eye(len(rows), dtype=torch.bool), -1e4)
    return functional.cross_entropy(scores, torch.arange(len(rows)))


def _padded(store: TokenStore, texts: NDArray[np.int64], limit: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the first `limit` tokens of each text, (n, limit), and where a token stands."""
    starts = store.offsets[texts][:, None] + np.arange(limit)
    present = starts < store.offsets[texts + 1][:, None]
    ids = store.ids[np.where(present, starts, 0)].astype(np.int64)
    return torch.from_numpy(ids), torch.from_numpy(present)
