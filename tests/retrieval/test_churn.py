from __future__ import annotations

import os
import random

import pytest

from benchmarks import churn
from foundation.settings import Settings


@pytest.mark.slow
def test_random_changes_under_searches_and_kills_leave_index_and_database_equal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 changes: `python -m benchmarks.churn`."""
    for name, value in (
        ("JIEDA_DATA_DIR", str(settings.data_dir)),
        ("JIEDA_DATABASE_URL", settings.database_url),
        ("JIEDA_EMBEDDER", settings.embedder),
    ):
        monkeypatch.setitem(os.environ, name, value)
    monkeypatch.setattr(churn, "_SEARCHERS", 1)
    found = churn.run(300, kills=1)
    assert found["equal"] and found["changes"] >= 300 and found["searches"] > 0


def test_articles_of_a_source_come_and_go_and_change() -> None:
    first, second = ({one.key: one for one in churn._articles(1, random.Random(seed))} for seed in (1, 2))
    assert first.keys() - second.keys() and second.keys() - first.keys()
    both = first.keys() & second.keys()
    assert any(first[key] == second[key] for key in both) and any(first[key] != second[key] for key in both)
