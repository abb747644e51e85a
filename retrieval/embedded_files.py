"""The embedded index's open files: checked once, mapped once, shared by all searches of a process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import tantivy

from retrieval import lexical_index, manifest
from retrieval.lexical_index import LexicalSnapshot
from retrieval.manifest import Manifest
from retrieval.vector_index import Segment, VectorSnapshot


@dataclass(frozen=True)
class Opened:
    """The files of one published state."""

    manifest: Manifest
    index: tantivy.Index
    lexical: LexicalSnapshot
    vectors: VectorSnapshot


class OpenFiles:
    """Opens what a manifest names; keeps what the next one names too."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mutex = threading.RLock()
        self._generation = ""
        self._index: tantivy.Index | None = None
        self._segments: dict[tuple[str, str | None], Segment] = {}
        self._checked: frozenset[str] = frozenset()

    def open(self, known: Manifest) -> Opened | None:
        """The files `known` names; None if any is missing or is not what was written."""
        with self._mutex:
            try:
                return self._open(known)
            except (OSError, ValueError, RuntimeError, KeyError):
                self._forget("")
                return None

    def _open(self, known: Manifest) -> Opened | None:
        folder = self._root / known.generation
        if known.generation != self._generation:
            self._forget(known.generation)
        if not manifest.vector_files_intact(folder / "vector", known, self._checked):
            return None
        if self._index is None:
            if not lexical_index.is_intact(folder / "lexical"):
                return None
            self._index = lexical_index.open_index(folder / "lexical")
        self._checked = frozenset(name for one in known.segments for name in one.checksums)
        self._segments = {
            (one.name, one.deleted): self._segments.get((one.name, one.deleted))
            or Segment(folder / "vector", one, known.identity.dim)
            for one in known.segments
        }
        self._index.reload()
        vectors = VectorSnapshot(list(self._segments.values()), known.codes)
        return Opened(known, self._index, LexicalSnapshot(self._index), vectors)

    def _forget(self, generation: str) -> None:
        self._generation, self._index = generation, None
        self._segments, self._checked = {}, frozenset()
