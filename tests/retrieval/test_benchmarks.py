from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import corpus, plots, recombined, report, rivals, search, searcher
from benchmarks import knowledge as benchmark
from benchmarks.corpus import passages, queries
from foundation.access import ANONYMOUS, SYSTEM
from foundation.db import read_session
from foundation.settings import Settings, get_settings, use_settings
from kb import service as kb
from retrieval import index_store
from retrieval.lexicon import Lexicon
from retrieval.passages import current_embedder, embedder_spec, passage_text
from retrieval.service import search as find


@pytest.fixture(autouse=True)
def _sample_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample company's lines, which are there on every machine."""
    monkeypatch.setattr(corpus, "CORPORA", Path("/nowhere"))
    corpus.sentences.cache_clear()


def test_passages_that_are_kept_are_not_built_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with benchmark.knowledge(60, tmp_path) as first, read_session() as session:
        assert find(session, SYSTEM, queries(1)[0]).hits
    monkeypatch.setattr(benchmark, "_build", pytest.fail)
    with benchmark.knowledge(60, tmp_path) as again, read_session() as session:
        assert find(session, SYSTEM, queries(1)[0]).hits
    assert again == first and first.index_bytes > 0 and first.database_bytes > 0
    assert get_settings().data_dir == settings.data_dir


def test_the_same_passages_come_whatever_part_is_asked_for() -> None:
    assert list(passages(30))[20:] == list(passages(30, start=20))


def test_lines_analysed_once_make_the_entries_of_the_production_path(settings: Settings) -> None:
    with benchmark.knowledge(80), read_session() as session:
        rows = [row for part in kb.all_index_rows(session, embedder_spec()) for row in part]
        made, wanted = recombined.entries(rows), index_store._entries(rows, Lexicon())
    assert len(made) == 80
    for one, other in zip(made, wanted, strict=True):
        assert one.passage == other.passage
        assert np.array_equal(one.tokens, other.tokens)  # type: ignore[arg-type]


def test_tokens_of_a_line_do_not_reach_into_the_next(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    for made in passages(40):
        whole = passage_text(made.title, (), made.text)
        parts = [recombined._line(made.title, True), *(recombined._line(line, False) for line in made.lines)]
        cut = np.concatenate([part.tokens for part in parts if part.tokens is not None])
        assert np.array_equal(current_embedder().token_ids(whole), cut)  # type: ignore[attr-defined]


def test_a_large_build_that_was_cut_short_goes_on(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "PRODUCTION", 0)
    monkeypatch.setattr(benchmark, "_PIECE", 20)
    index_one_piece = benchmark._index
    calls = []

    def index_twice() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        index_one_piece()

    monkeypatch.setattr(benchmark, "_index", index_twice)
    with pytest.raises(KeyboardInterrupt), benchmark.knowledge(60, tmp_path):
        pass
    with benchmark.knowledge(60, tmp_path), read_session() as session:
        report_of_index = index_store.check()
        assert report_of_index.equal and report_of_index.chunks == 60
        assert find(session, ANONYMOUS, queries(1)[0]).hits  # one article in a hundred is public


def test_every_rival_answers_every_question(settings: Settings) -> None:
    systems, seconds = rivals.all_of(list(passages(60)))
    assert systems.keys() == seconds.keys()
    for system in systems.values():
        for query in queries(3):
            assert system(query) is not None


def test_a_run_asks_every_system_and_its_report_names_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_SEARCHES", 5)
    monkeypatch.setattr(search, "_PROCESSES", 1)
    figures = search.run(search.Options((60,), tmp_path / "keep", questions=3))
    [size] = figures["sizes"]
    names = [one["name"] for one in size["systems"]]
    assert names[0] == searcher.HYBRID and rivals.RANK_BM25 in names
    assert all(cost > 0 for one in size["systems"] for cost in one["cpu_ms"])
    page = tmp_path / "docs" / "benchmarks.md"
    (tmp_path / "docs" / "images").mkdir(parents=True)
    page.write_text(f"# Before\n\n{report._BEGIN}\nold\n{report._END}\n\nAfter\n", "utf-8")
    report.write(figures, tmp_path / "docs")
    written = page.read_text("utf-8")
    assert written.startswith("# Before") and written.endswith("After\n") and "old" not in written
    assert all(name in written for name in names)
    assert {path.name for path in (tmp_path / "docs" / "images").iterdir()} == {
        "bench-systems.svg",
        "bench-growth.svg",
    }


def test_a_picture_shows_every_value() -> None:
    drawn = plots.lines("t", [10, 100], {"one": [1.0, 2.0], "level": [5.0]}, "ms")
    assert all(f">{value}<" in drawn for value in ("1", "2", "5", "10", "100"))
    assert drawn.count("<polyline") == 2
    assert plots.bars("t", {"jieda": 1.0, "other & more": 10.0}, "ms", marked="jieda").count("<rect") == 3
