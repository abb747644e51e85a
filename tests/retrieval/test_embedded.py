from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval import quantized
from retrieval.embedded import EmbeddedIndex
from retrieval.errors import IndexBusyError
from retrieval.index import Index
from retrieval.lexical_index import LexicalWriter
from retrieval.lexicon import Lexicon
from tests.contracts.index import IDENTITY, IndexContract, by_vector, by_words, entry, published, put


@pytest.fixture(params=["every row compared", "rows in lists"])
def index(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    if request.param == "rows in lists":  # as those of a large index are
        monkeypatch.setattr(quantized, "EXACT_BELOW", 1)
        monkeypatch.setattr(quantized, "ROWS_COMPARED", 25)
    return EmbeddedIndex(tmp_path / "index")


class TestEmbeddedIndex(IndexContract):
    """The embedded index keeps the contract."""


def test_a_snapshot_never_changes(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    put(index, [entry(1, "过流")])
    before = published(index)
    put(index, [entry(2, "过流")], sequence=2, gone={1})
    assert by_words(before, "过流") == by_vector(before, "过流") == [1]
    assert (before.sequence, published(index).sequence) == (1, 2)


def test_another_process_s_write_is_seen_without_being_told(tmp_path: Path) -> None:
    here, there = EmbeddedIndex(tmp_path), EmbeddedIndex(tmp_path)
    put(here, [entry(1, "过流")])
    assert by_words(published(there), "过流") == [1]
    put(there, [entry(2, "过流")], sequence=2, gone={1})
    assert by_words(published(here), "过流") == by_vector(published(here), "过流") == [2]


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with index.writing(1.0):
            entered.set()
            leave.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(5)
    try:
        with pytest.raises(IndexBusyError), EmbeddedIndex(tmp_path).writing(0.05):
            pass
    finally:
        leave.set()
        holder.join()


@pytest.mark.parametrize(
    "pattern",
    [
        *("*.faiss", "*.npz", "*.tokens.npy", "*.dead*.npy", "meta.json", "*.term", "*.idx", "*.store"),
        *("*.pos", "*.fast", "*.fieldnorm", "*.del"),
    ],
)
@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_a_damaged_file_is_not_served(tmp_path: Path, pattern: str, damage: str) -> None:
    index = EmbeddedIndex(tmp_path)
    put(index, [entry(number, f"过流 {number}", article=number) for number in range(1, 30)])
    put(index, [], sequence=2, gone={3})
    path = next(path for path in tmp_path.rglob(pattern) if path.stat().st_size)
    whole = path.read_bytes()
    path.unlink()
    if damage == "truncate":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flip":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
    opened_anew = EmbeddedIndex(tmp_path)
    assert opened_anew.snapshot() is None
    with opened_anew.writing(5.0) as writer:
        assert writer.identity is None
        writer.rebuild(IDENTITY, Lexicon(), [[entry(1, "过流")]], 3)
    assert by_words(published(opened_anew), "过流") == by_vector(published(opened_anew), "过流") == [1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 999}', '{"format": 1}'])
def test_an_unreadable_manifest_counts_as_none(tmp_path: Path, content: str) -> None:
    index = EmbeddedIndex(tmp_path)
    put(index, [entry(1, "过流")])
    (tmp_path / "manifest.json").write_text(content)
    assert EmbeddedIndex(tmp_path).snapshot() is None


def test_many_small_writes_are_merged(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    for number in range(1, 21):
        put(index, [entry(number, f"过流 {number}")], sequence=number)
    segments = json.loads((tmp_path / "manifest.json").read_text())["segments"]
    assert len(segments) < 8
    assert len(by_vector(published(index), "过流", limit=50)) == 20
    kept = {name for one in segments for name in one["checksums"]}
    assert {path.name for path in tmp_path.glob("g_*/vector/*")} == kept  # nothing left lying about
    assert len(list(tmp_path.glob("g_*"))) == 1


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from retrieval import quantized
from retrieval.embedded import EmbeddedIndex
from tests.contracts.index import entry, put
index = EmbeddedIndex(Path(sys.argv[1]))
for sequence in range(2, 10_000):
    put(index, [entry(sequence, "过流 保护", article=1 + sequence % 5)], sequence=sequence)
    print(sequence, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_index(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    put(EmbeddedIndex(tmp_path), [entry(1, "过流 保护", article=1)])
    for round_number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path)], cwd=root, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(2 + round_number):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        index = EmbeddedIndex(tmp_path)
        put(index, [entry(100_000 + round_number, "过流", article=99)], sequence=10_000)
        held = published(index).chunk_ids()
        assert held["vector"] == set(by_vector(published(index), "过流", limit=100))
        # Words may be ahead of vectors by the write that was cut short; applying it again mends that.
        put(index, [entry(number, "过流 保护", article=number) for number in range(1, 6)], sequence=10_001)
        held = published(index).chunk_ids()
        assert held["lexical"] == held["vector"] == {1, 2, 3, 4, 5, 100_000 + round_number}


def _vectors_of(rows: int, seed: int = 1) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_a_writer_killed_in_its_commit_left_is_not_in_the_next_ones_way(tmp_path: Path) -> None:
    root, killed = tmp_path / "index", tmp_path / "killed"
    index = EmbeddedIndex(root)
    put(index, [entry(1, "过流"), entry(2, "过流"), entry(3, "过流")])
    shutil.copytree(root, killed)
    put(EmbeddedIndex(killed), [], sequence=2, gone={2})
    left = {path: held for path, held in _files(killed).items() if path.suffix == ".del"}
    assert left
    for path, held in _files(killed).items():  # all the commit wrote before it named it in meta.json
        if path in left or path.name == ".managed.json":
            root.joinpath(path).write_bytes(held)
    put(index, [], sequence=2, gone={2})
    assert set(by_words(published(index), "过流")) == {1, 3}


def test_a_writer_that_failed_gives_the_index_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = EmbeddedIndex(tmp_path)
    put(index, [entry(1, "过流")])
    with monkeypatch.context() as broken:
        broken.setattr(LexicalWriter, "commit", lambda _writer: 1 // 0)
        with pytest.raises(ZeroDivisionError) as kept:  # the error and its frames are still held below
            put(index, [entry(2, "过流")], sequence=2)
    put(index, [entry(3, "过流")], sequence=2)
    assert set(by_words(published(index), "过流")) == {1, 3}
    assert kept.traceback


def test_an_index_with_lists_finds_most_of_what_is_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantized, "EXACT_BELOW", 1000)
    monkeypatch.setattr(quantized, "ROWS_COMPARED", 2000)
    vectors, asked = _vectors_of(4000), _vectors_of(20, seed=2)
    made = quantized.new_index(vectors[quantized.sample(np.arange(4000))], 4000)
    made.add(vectors)
    faiss.write_index(made, str(tmp_path / "x"))
    index = quantized.open_index(tmp_path / "x", lists=quantized.lists_of(made))
    nearest = np.argsort(-asked @ vectors.T, axis=1)[:, :10]
    _scores, rows = quantized.search(index, asked, 10, None, 4000)
    assert np.mean([len({*one} & {*other}) / 10 for one, other in zip(rows, nearest, strict=True)]) > 0.8
    assert index.reconstruct_batch(np.array([7, 3999])) == pytest.approx(vectors[[7, 3999]], abs=0.02)


def test_few_readable_rows_are_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized, "EXACT_BELOW", 1000)
    monkeypatch.setattr(quantized, "ROWS_COMPARED", 100)
    vectors, asked = _vectors_of(4000), _vectors_of(20, seed=2)
    index = quantized.new_index(vectors, 4000)
    index.add(vectors)
    readable = np.argsort(vectors @ asked[0])[:40]  # furthest from the first question
    mask = np.zeros(4000, dtype=np.bool_)
    mask[readable] = True
    bits = np.packbits(mask, bitorder="little")
    for claimed in (40, 4000):  # however many lists are looked at first, the page is filled
        _scores, rows = quantized.search(index, asked, 40, faiss.IDSelectorBitmap(bits), claimed)
        assert all({*found} == {*readable} for found in rows)


def test_segments_share_the_rows_one_search_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized, "EXACT_BELOW", 64)
    monkeypatch.setattr(quantized, "ROWS_COMPARED", 100)
    index = EmbeddedIndex(tmp_path)
    for part in range(3):
        numbers = range(part * 100 + 1, part * 100 + 101)
        put(index, [entry(number, f"motor {number}") for number in numbers], sequence=part + 1)
    asked, search = [], quantized.search

    def noted(index, vectors, limit, selector, selected):
        asked.append(selected)
        return search(index, vectors, limit, selector, selected)

    monkeypatch.setattr(quantized, "search", noted)
    assert len(by_vector(published(index), "motor 7", limit=10)) == 10
    assert asked == [300] * 3
