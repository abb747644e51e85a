"""The embedded index: tantivy and FAISS in files, one process writing while others read.

Layout under the index folder: `manifest.json`, `lock`, and one folder per generation with `lexical/` and
`vector/`. A rebuild writes a new generation and leaves the old one readable until it is published.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from foundation.logging import get_logger
from retrieval import manifest
from retrieval.analyzer import AnalyzedQuery
from retrieval.embedded_files import Opened, OpenFiles
from retrieval.embedded_writer import EmbeddedWriter, remove_generations
from retrieval.errors import IndexBusyError
from retrieval.index import Candidate, Detail, Identity, IndexWriter, Scope
from retrieval.lexicon import Lexicon

_log = get_logger(__name__)
_READ_ATTEMPTS: Final = 5  # a writer may tidy files away between reading the manifest and opening them


class EmbeddedSnapshot:
    """One published state of both legs."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def sequence(self) -> int:
        return self._opened.manifest.sequence

    @property
    def identity(self) -> Identity:
        return self._opened.manifest.identity

    @property
    def lexicon(self) -> Lexicon:
        return self._opened.manifest.lexicon

    @property
    def audiences(self) -> frozenset[str]:
        return self._values["audience"]

    @cached_property
    def _values(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(values) - {""} for name, values in self._opened.manifest.codes.items()}

    def search_lexical(self, query: AnalyzedQuery, scope: Scope, limit: int) -> list[Candidate]:
        return self._opened.lexical.search(query, scope, limit, self._values)

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:
        return self.search_vectors(vector[None, :], scope, limit)[0]

    def search_vectors(self, vectors: NDArray[np.float32], scope: Scope, limit: int) -> list[list[Candidate]]:
        return self._opened.vectors.search(vectors, scope, limit)

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        return self._opened.vectors.details(vector, chunk_ids)

    def size(self) -> int:
        return self._opened.lexical.size()

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        return self._opened.vectors.token_counts(tokens)

    def occurrences(self, word: str) -> int:
        return self._opened.lexical.occurrences(word)

    def words_starting(self, beginning: str) -> list[tuple[str, int]]:
        return self._opened.lexical.words_starting(beginning)

    def chunk_ids(self) -> dict[str, set[int]]:
        return {"lexical": self._opened.lexical.chunk_ids(), "vector": self._opened.vectors.chunk_ids()}


class EmbeddedIndex:
    """The index in a folder; one object per process is enough and safe for all its threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = OpenFiles(root)
        self._mutex = threading.Lock()
        self._loaded: tuple[tuple[int, int, int] | None, EmbeddedSnapshot | None] = (None, None)

    def snapshot(self) -> EmbeddedSnapshot | None:
        """The newest published state; None when there is none or its files are damaged."""
        stamp = manifest.stamp(self._root)
        loaded = self._loaded
        if stamp is not None and stamp == loaded[0]:
            return loaded[1]
        with self._mutex:
            self._loaded = self._load()
            return self._loaded[1]

    def _load(self) -> tuple[tuple[int, int, int] | None, EmbeddedSnapshot | None]:
        for _ in range(_READ_ATTEMPTS):
            stamp = manifest.stamp(self._root)
            known = manifest.read(self._root)
            if known is None:
                return None, None
            opened = self._files.open(known)
            if opened is not None:
                return stamp, EmbeddedSnapshot(opened)
            if manifest.stamp(self._root) == stamp:
                break  # nobody replaced it meanwhile, so it is damaged
        _log.warning("index_damaged", path=str(self._root))
        return None, None

    @contextmanager
    def writing(self, timeout_s: float) -> Iterator[IndexWriter]:
        """Hold the index for writing. Raises IndexBusyError after `timeout_s`."""
        self._root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._root / "lock", timeout=timeout_s):
                yield EmbeddedWriter(self._root, self._files)
        except Timeout:
            raise IndexBusyError(str(self._root)) from None

    def drop(self) -> None:
        """Remove everything; the next writer builds it anew."""
        with self.writing(timeout_s=30.0):
            manifest.remove(self._root)
            remove_generations(self._root)
