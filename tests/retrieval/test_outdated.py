"""A change of encoder or analyzer: the old index answers until the new one takes its place in one step."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from foundation import db
from foundation.access import ANONYMOUS
from foundation.settings import Settings
from retrieval import index_store
from retrieval.service import search
from tests.retrieval.knowledge import article, publish


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds every build of an index until the event is set."""
    may_go_on, build = threading.Event(), index_store._build

    def held(writer):
        assert may_go_on.wait(120)
        build(writer)

    monkeypatch.setattr(index_store, "_build", held)
    yield may_go_on
    may_go_on.set()
    for running in index_store._following:
        running.result(timeout=120)


def titles(query: str) -> list[str]:
    with db.read_session() as session:
        return [hit.title for hit in search(session, ANONYMOUS, query, top_k=10).hits]


def made_with() -> str:
    snapshot = index_store.current().snapshot()
    assert snapshot is not None
    return snapshot.identity.embedder


def wait_until_built(embedder: str) -> None:
    deadline = time.monotonic() + 120
    while not made_with().startswith(embedder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert made_with().startswith(embedder)


def test_search_never_goes_dark_while_another_encoders_index_is_built(
    settings: Settings, building: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    building.set()
    publish(article("甲", "过流 保护"), article("乙", "欠压 动作"))
    assert titles("过流保护")[0] == "甲"
    building.clear()
    monkeypatch.setattr(settings, "embedder", "fake:32")
    assert titles("过流保护") == ["甲"]
    assert made_with().startswith("fake:16")
    building.set()
    wait_until_built("fake:32")
    assert titles("过流保护")[0] == "甲"
    assert index_store.check().equal


def test_search_never_goes_dark_while_another_analyzers_index_is_built(
    settings: Settings, building: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    building.set()
    publish(article("甲", "过流 保护"), article("乙", "欠压 动作"))
    before = titles("过流保护")
    building.clear()
    monkeypatch.setattr(index_store, "ANALYZER_VERSION", index_store.ANALYZER_VERSION + 1)
    assert titles("过流保护") == before
    building.set()
    with db.read_session() as session:
        deadline = time.monotonic() + 120
        while index_store.fresh(session).identity != index_store.identity() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert index_store.fresh(session).identity == index_store.identity()
    assert titles("过流保护") == before
