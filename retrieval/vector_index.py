"""The vector leg: immutable segments of 8-bit vectors, searched by FAISS: exactly, or large ones in part.

A change writes a small new segment and a list of dead rows for older ones; segments of like size are
merged, which copies codes and so loses nothing. Files are mapped, not read, so processes share them.
Which rows a search may see is a bit mask that FAISS applies while it scans.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval import quantized, token_counts
from retrieval.index import ATTRIBUTES, Candidate, Detail, IndexEntry, Scope
from retrieval.token_counts import TokenCounts

_MERGE_AT: Final = 4  # segments of one size class
_LANG: Final = ATTRIBUTES.index("lang")
_MASKS: Final = 64  # scopes whose bit mask is remembered per segment

_Selector = tuple[tuple[Any, Any] | None, int]  # selector with the bits it points into; rows it lets through
Codes = dict[str, list[str]]  # attribute → its values; a value's place is its code, "" is code 0


@dataclass(frozen=True)
class SegmentFiles:
    """A segment as the manifest names it: rows, dead rows, and checksums of its files."""

    name: str
    rows: int
    deleted: str | None  # name of the file with dead row numbers
    deleted_rows: int
    checksums: dict[str, int]  # file name → CRC-32
    lists: int = 0  # of the inverted file; 0 where every row is compared

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> SegmentFiles:
        return cls(**stored)


class Segment:
    """Rows of vectors with the attributes filters ask for."""

    def __init__(self, folder: Path, files: SegmentFiles, dim: int) -> None:
        """Map the files. Raises OSError, ValueError or RuntimeError for damaged ones."""
        self.files = files
        self.index = quantized.open_index(folder / f"{files.name}.faiss", lists=files.lists)
        with np.load(folder / f"{files.name}.npz") as arrays:
            self.chunk_ids: NDArray[np.int64] = arrays["chunk_ids"]
            self.article_ids: NDArray[np.int64] = arrays["article_ids"]
            self.attributes: NDArray[np.int32] = arrays["attributes"]  # (rows, len(ATTRIBUTES))
            self.offsets: NDArray[np.int64] = arrays["offsets"]  # (rows + 1,)
            self.token_counts = TokenCounts(arrays["counted_tokens"], arrays["token_counts"])
        # Plain views: slicing numpy's memmap class costs ten times as much.
        self.tokens = np.asarray(np.load(folder / f"{files.name}.tokens.npy", mmap_mode="r"))
        self.live = np.ones(files.rows, dtype=np.bool_)
        if files.deleted:
            self.live[np.load(folder / files.deleted)] = False
        if not len(self.chunk_ids) == self.index.ntotal == files.rows or self.index.d != dim:
            raise ValueError(f"segment {files.name} does not hold {files.rows} rows of {dim}")
        self._masks: OrderedDict[frozenset[tuple[int, frozenset[int]]], _Selector] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def all_live(self) -> bool:
        return bool(self.live.all())

    def search(
        self, vectors: NDArray[np.float32], allowed: Mapping[int, frozenset[int]], limit: int, among: int
    ) -> list[list[Candidate]]:
        """For each vector, the nearest live rows whose attributes (by column) have an allowed code.

        `among` says how many such rows all segments have: one large segment or several cost a search the same.
        """
        selector, count = self._selector(allowed)
        limit = min(limit, count)
        if limit <= 0:
            return [[] for _ in vectors]
        only = selector[0] if selector is not None else None
        scores, rows = quantized.search(self.index, vectors, limit, only, among)
        return [self._candidates(*found) for found in zip(scores, rows, strict=True)]

    def allowed_rows(self, allowed: Mapping[int, frozenset[int]]) -> int:
        """How many live rows have allowed codes."""
        return self._selector(allowed)[1]

    def _candidates(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> list[Candidate]:
        found = rows >= 0
        ids = self.chunk_ids[rows[found]].tolist()
        return [Candidate(*pair) for pair in zip(ids, scores[found].tolist(), strict=True)]

    def _selector(self, allowed: Mapping[int, frozenset[int]]) -> _Selector:
        key = frozenset(allowed.items())
        with self._lock:
            if key in self._masks:
                self._masks.move_to_end(key)
                return self._masks[key]
            made = self._make_selector(allowed)
            self._masks[key] = made
            if len(self._masks) > _MASKS:
                self._masks.popitem(last=False)
            return made

    def _make_selector(self, allowed: Mapping[int, frozenset[int]]) -> _Selector:
        """The FAISS selector with the bits it points into, and how many rows it lets through."""
        mask = self.live.copy()
        for column, codes in allowed.items():
            values = self.attributes[:, column]
            mask &= np.isin(values, np.fromiter(codes, np.int32, len(codes)))
        count = int(mask.sum())
        if count == len(mask):
            return None, count
        bits = np.packbits(mask, bitorder="little")
        selector: Any = faiss.IDSelectorBitmap
        return (selector(bits), bits), count

    def row_of(self, chunk_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each chunk, -1 where this segment has it not or it is dead."""
        rows = np.searchsorted(self.chunk_ids, chunk_ids)
        rows = np.minimum(rows, len(self.chunk_ids) - 1)
        hit = (self.chunk_ids[rows] == chunk_ids) & self.live[rows]
        return np.where(hit, rows, -1)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of these rows as they are stored, (len(rows), dim)."""
        decoded: NDArray[np.float32] = self.index.reconstruct_batch(rows)
        return decoded

    def tokens_of(self, row: int) -> NDArray[np.uint16]:
        return self.tokens[self.offsets[row] : self.offsets[row + 1]]


class VectorSnapshot:
    """Segments as one published state of the vector leg."""

    def __init__(self, segments: Sequence[Segment], codes: Codes) -> None:
        self.segments = tuple(segments)
        self._codes = {name: {value: at for at, value in enumerate(values)} for name, values in codes.items()}
        self._langs = codes["lang"]

    def search(self, vectors: NDArray[np.float32], scope: Scope, limit: int) -> list[list[Candidate]]:
        """For each vector, the nearest chunks in scope over all segments."""
        allowed = self._allowed_codes(scope)
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        among = sum(segment.allowed_rows(allowed) for segment in self.segments)
        by_segment = [segment.search(vectors, allowed, limit, among) for segment in self.segments]
        return [_best([found[at] for found in by_segment], limit) for at in range(len(vectors))]

    def _allowed_codes(self, scope: Scope) -> dict[int, frozenset[int]]:
        allowed: dict[int, frozenset[int]] = {}
        for attribute, values in scope.allowed().items():
            known = self._codes[attribute]
            codes = frozenset(known[value] for value in values if value in known)
            if not codes.issuperset(known.values()):
                allowed[ATTRIBUTES.index(attribute)] = codes
        return allowed

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        """Language, cosine and tokens of these chunks."""
        found: dict[int, Detail] = {}
        wanted = np.asarray(chunk_ids, dtype=np.int64)
        for segment in self.segments:
            rows = segment.row_of(wanted)
            hit = np.flatnonzero(rows >= 0)
            if not len(hit):
                continue
            rows = rows[hit]
            cosines = (segment.vectors(rows) @ vector).tolist()
            langs = segment.attributes[rows, _LANG].tolist()
            ids, starts, ends = wanted[hit].tolist(), segment.offsets[rows], segment.offsets[rows + 1]
            spans = zip(starts.tolist(), ends.tolist(), strict=True)
            for known, cosine, lang, (start, end) in zip(ids, cosines, langs, spans, strict=True):
                found[known] = Detail(self._langs[lang], cosine, segment.tokens[start:end])
        return found

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        """How many chunks hold each token, (m,); deleted ones count until segments are merged."""
        return sum(
            (segment.token_counts.of(tokens) for segment in self.segments), np.zeros(len(tokens), np.int64)
        )

    def chunk_ids(self) -> set[int]:
        return {int(known) for segment in self.segments for known in segment.chunk_ids[segment.live]}


def _best(found: Sequence[list[Candidate]], limit: int) -> list[Candidate]:
    return sorted(chain.from_iterable(found), key=lambda hit: (-hit.score, hit.chunk_id))[:limit]


def write_segment(
    folder: Path, name: str, entries: Sequence[IndexEntry], codes: Codes, dim: int
) -> SegmentFiles:
    """Write entries as a segment; adds new values to `codes`."""
    ordered = sorted(entries, key=lambda entry: entry.chunk_id)
    vectors = np.frombuffer(b"".join(entry.embedding for entry in ordered), dtype="<f2").reshape(-1, dim)
    index = quantized.new_index(vectors.astype(np.float32), len(vectors))
    index.add(vectors.astype(np.float32))
    attributes = np.array(
        [[_code(codes, name, entry) for name in ATTRIBUTES] for entry in ordered], dtype=np.int32
    )
    tokens = [entry.tokens if entry.tokens is not None else _NO_TOKENS for entry in ordered]
    return _write(
        folder,
        name,
        index,
        chunk_ids=np.array([entry.chunk_id for entry in ordered], dtype=np.int64),
        article_ids=np.array([entry.article_id for entry in ordered], dtype=np.int64),
        attributes=attributes,
        tokens=tokens,
    )


_NO_TOKENS: Final = np.zeros(0, dtype=np.uint16)


def _code(codes: Codes, attribute: str, entry: IndexEntry) -> int:
    values = codes[attribute]
    value = getattr(entry, attribute) or ""
    if value not in values:
        values.append(value)
    return values.index(value)


def merge_segments(folder: Path, name: str, segments: Sequence[Segment]) -> SegmentFiles:
    """Write the live rows of several segments as one."""
    owner = np.concatenate([np.full(int(one.live.sum()), at) for at, one in enumerate(segments)])
    rows = np.concatenate([np.flatnonzero(one.live) for one in segments])
    chunk_ids = np.concatenate([one.chunk_ids[one.live] for one in segments])
    order = np.argsort(chunk_ids)

    def vectors_of(part: NDArray[np.int64]) -> NDArray[np.float32]:
        block = np.empty((len(part), segments[0].index.d), dtype=np.float32)
        for at, one in enumerate(segments):
            mine = np.flatnonzero(owner[part] == at)
            if len(mine):
                block[mine] = one.vectors(rows[part][mine])
        return block

    merged = quantized.new_index(vectors_of(quantized.sample(order)), len(order))
    for start in range(0, len(order), 4096):
        merged.add(vectors_of(order[start : start + 4096]))
    return _write(
        folder,
        name,
        merged,
        chunk_ids=chunk_ids[order],
        article_ids=np.concatenate([one.article_ids[one.live] for one in segments])[order],
        attributes=np.concatenate([one.attributes[one.live] for one in segments])[order],
        tokens=[segments[owner[at]].tokens_of(rows[at]) for at in order],
    )


def _write(
    folder: Path, name: str, index: Any, *, tokens: Sequence[NDArray[np.uint16]], **arrays: NDArray[Any]
) -> SegmentFiles:
    folder.mkdir(parents=True, exist_ok=True)
    offsets = np.zeros(len(tokens) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in tokens], out=offsets[1:])
    faiss.write_index(index, str(folder / f"{name}.faiss"))
    counted = token_counts.count(tokens)
    stored: dict[str, Any] = {
        "offsets": offsets,
        "counted_tokens": counted.ids,
        "token_counts": counted.passages,
        **arrays,
    }
    np.savez(folder / f"{name}.npz", **stored)
    np.save(folder / f"{name}.tokens.npy", np.concatenate([_NO_TOKENS, *tokens]))
    names = (f"{name}.faiss", f"{name}.npz", f"{name}.tokens.npy")
    sums = {one: checksum(folder / one) for one in names}
    return SegmentFiles(name, index.ntotal, None, 0, sums, quantized.lists_of(index))


def mark_deleted(folder: Path, segment: Segment, articles: Collection[int], name: str) -> SegmentFiles | None:
    """The segment with the rows of these articles dead; None where it has none alive."""
    hit = np.isin(segment.article_ids, np.fromiter(articles, np.int64, len(articles))) & segment.live
    if not hit.any():
        return None
    dead = np.flatnonzero(~segment.live | hit)
    np.save(folder / name, dead)
    files = segment.files
    kept = {one: crc for one, crc in files.checksums.items() if one != files.deleted}
    kept[name] = checksum(folder / name)
    return replace(files, deleted=name, deleted_rows=len(dead), checksums=kept)


def to_merge(segments: Sequence[Segment]) -> list[Segment]:
    """Segments worth merging now: those of one size class where there are many, and half-dead ones."""
    classes: dict[int, list[Segment]] = {}
    for segment in segments:
        classes.setdefault(int(np.log(max(len(segment.live), 64)) / np.log(4)), []).append(segment)
    for _size, alike in sorted(classes.items()):
        if len(alike) >= _MERGE_AT:
            return alike
    return [one for one in segments if 2 * int(one.live.sum()) < len(one.live)][:1]


def checksum(path: Path) -> int:
    """CRC-32 of a file."""
    crc = 0
    with path.open("rb") as opened:
        while block := opened.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc
