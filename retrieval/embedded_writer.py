"""Writes the embedded index: new files first, then the manifest that names them."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from foundation import ids
from retrieval import lexical_index, manifest
from retrieval.embedded_files import OpenFiles
from retrieval.index import Identity, IndexEntry
from retrieval.lexical_index import LexicalWriter
from retrieval.lexicon import Lexicon
from retrieval.manifest import Manifest
from retrieval.vector_index import (
    Codes,
    SegmentFiles,
    VectorSnapshot,
    mark_deleted,
    merge_segments,
    to_merge,
    write_segment,
)

_ROWS_PER_SEGMENT: Final = 20_000  # of a rebuild; bounds its memory


class EmbeddedWriter:
    """The index held for writing. What another process left damaged counts as absent."""

    def __init__(self, root: Path, files: OpenFiles) -> None:
        self._root = root
        self._files = files
        known = manifest.read(root)
        self._manifest = known if known is not None and files.open(known) is not None else None

    @property
    def identity(self) -> Identity | None:
        return self._manifest.identity if self._manifest else None

    @property
    def sequence(self) -> int:
        return self._manifest.sequence if self._manifest else 0

    @property
    def lexicon(self) -> Lexicon:
        return self._manifest.lexicon if self._manifest else Lexicon()

    def apply(
        self, upserts: Sequence[IndexEntry], articles: Collection[int], sequence: int, lexicon: Lexicon
    ) -> None:
        """Replace all chunks of `articles` by `upserts`."""
        before = self._current()
        opened = self._files.open(before)
        if opened is None:
            raise RuntimeError(f"the index in {self._root} was damaged while it was written")
        lexical_index.remove_leftovers(self._root / before.generation / "lexical")
        writer = LexicalWriter(opened.index)
        try:
            writer.delete_articles(articles)
            writer.add(upserts)
            writer.commit()
        except (
            BaseException
        ):  # a writer that failed would hold tantivy's own lock as long as the error is looked at
            writer.abandon()
            raise
        edition = before.edition + 1
        codes = {name: list(values) for name, values in before.codes.items()}
        segments = self._without(opened.vectors, articles, edition)
        if upserts:
            dim = before.identity.dim
            segments.append(write_segment(self._vectors(before), f"s{edition}", upserts, codes, dim))
        self._publish(before.next(sequence=sequence, lexicon=lexicon, codes=codes, segments=tuple(segments)))
        self._merge_vectors()
        writer.close()
        self._tidy()

    def _without(
        self, vectors: VectorSnapshot, articles: Collection[int], edition: int
    ) -> list[SegmentFiles]:
        kept = []
        for segment in vectors.segments:
            name = f"{segment.files.name}.dead{edition}.npy"
            marked = mark_deleted(self._vectors(self._current()), segment, articles, name)
            if marked is None or marked.deleted_rows < marked.rows:
                kept.append(marked or segment.files)
        return kept

    def rebuild(
        self, identity: Identity, lexicon: Lexicon, batches: Iterable[Sequence[IndexEntry]], sequence: int
    ) -> None:
        """Build a new generation and put it in the place of the old one."""
        made = Manifest(generation=ids.new_id("g"), identity=identity, sequence=sequence, lexicon=lexicon)
        self._vectors(made).mkdir(parents=True)
        lexical = LexicalWriter(lexical_index.open_index(self._root / made.generation / "lexical"))
        codes: Codes = {name: list(values) for name, values in made.codes.items()}
        segments: list[SegmentFiles] = []
        for entries in _grouped(batches, _ROWS_PER_SEGMENT):
            lexical.add(entries)
            segments.append(
                write_segment(self._vectors(made), f"r{len(segments)}", entries, codes, identity.dim)
            )
        lexical.commit()
        lexical.close()
        self._publish(made.next(codes=codes, segments=tuple(segments)))
        self._merge_vectors()
        self._tidy()

    def _current(self) -> Manifest:
        if self._manifest is None:
            raise RuntimeError("there is no index to change; rebuild it first")
        return self._manifest

    def _publish(self, made: Manifest) -> None:
        manifest.publish(self._root, made)
        self._manifest = made

    def _merge_vectors(self) -> None:
        while True:
            before = self._current()
            opened = self._files.open(before)
            group = to_merge(opened.vectors.segments) if opened else []
            if not group:
                return
            merged = merge_segments(self._vectors(before), f"s{before.edition + 1}", group)
            gone = {one.files.name for one in group}
            kept = tuple(one for one in before.segments if one.name not in gone)
            self._publish(before.next(segments=(*kept, merged)))

    def _vectors(self, known: Manifest) -> Path:
        return self._root / known.generation / "vector"

    def _tidy(self) -> None:
        """Remove what the published state does not name; readers that still map it keep it."""
        current = self._current()
        named = {name for one in current.segments for name in one.checksums}
        for path in self._vectors(current).iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
        remove_generations(self._root, but=current.generation)


def remove_generations(root: Path, *, but: str = "") -> None:
    """Remove the folders of all generations but one."""
    for path in root.glob("g_*"):
        if path.name != but:
            shutil.rmtree(path, ignore_errors=True)


def _grouped(batches: Iterable[Sequence[IndexEntry]], size: int) -> Iterable[list[IndexEntry]]:
    group: list[IndexEntry] = []
    for batch in batches:
        group += batch
        if len(group) >= size:
            yield group
            group = []
    if group:
        yield group
