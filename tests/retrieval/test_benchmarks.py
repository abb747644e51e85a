from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import knowledge as benchmark
from benchmarks import rivals
from benchmarks.corpus import documents, queries
from foundation.access import SYSTEM
from foundation.db import read_session
from foundation.settings import Settings, get_settings
from retrieval.service import search


def test_passages_that_are_kept_are_not_built_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with benchmark.knowledge(60, tmp_path) as first, read_session() as session:
        assert search(session, SYSTEM, queries(1)[0]).hits
    monkeypatch.setattr(benchmark, "_build", pytest.fail)
    with benchmark.knowledge(60, tmp_path) as again, read_session() as session:
        assert search(session, SYSTEM, queries(1)[0]).hits
    assert again == first and first.index_bytes > 0 and first.database_bytes > 0
    assert get_settings().data_dir == settings.data_dir


def test_every_rival_answers_every_question() -> None:
    asked = queries(3)
    for search_rival in rivals.all_of(list(documents(60)), asked).values():
        for query in asked:
            assert search_rival(query) is not None
