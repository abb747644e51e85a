"""A reranker that is done in time decides; a slow or broken one costs its deadline at most."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from foundation import db
from foundation.access import ANONYMOUS
from foundation.settings import RetrievalSettings, Settings, use_settings
from retrieval import reranking, service
from retrieval.types import SearchResult
from tests.retrieval.knowledge import article, publish

PATIENT_S = 60.0


class Backwards:
    """Likes later passages better, once it is let go."""

    spec = "test"

    def __init__(self, *, blocked: bool = False, broken: bool = False) -> None:
        self.go = threading.Event()
        self.asked = 0
        self._broken = broken
        if not blocked:
            self.go.set()

    def rank(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.asked += 1
        assert self.go.wait(PATIENT_S)
        if self._broken:
            raise RuntimeError("out of memory")
        return np.arange(len(passages), dtype=np.float32)


@pytest.fixture
def reranker() -> Iterator[type[Backwards]]:
    made: list[Backwards] = []

    class Kept(Backwards):
        def __init__(self, **more: bool) -> None:
            super().__init__(**more)
            made.append(self)

    yield Kept
    for one in made:
        one.go.set()
    reranking.wait_until_idle()


@pytest.fixture
def shelf(settings: Settings) -> None:
    publish(*(article(f"过流 {number}", "检查 " + "电机 " * number) for number in range(1, 6)))


def found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, one: Backwards | None, wait_ms: int
) -> SearchResult:
    monkeypatch.setattr(service, "build_reranker", lambda _spec: one)
    use_settings(settings.model_copy(update={"retrieval": RetrievalSettings(rerank_timeout_ms=wait_ms)}))
    with db.read_session() as session:
        return service.search(session, ANONYMOUS, "电机 检查", top_k=3, explain=True)


def test_the_reranker_decides_the_order(
    settings: Settings, shelf: None, monkeypatch: pytest.MonkeyPatch, reranker: type[Backwards]
) -> None:
    fused = found(settings, monkeypatch, None, 0).hits
    hits = found(settings, monkeypatch, reranker(), int(PATIENT_S * 1000)).hits
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[0].chunk_id not in {hit.chunk_id for hit in fused}  # it read more than it had to show
    assert [hit.explanation.reranked for hit in hits if hit.explanation] == [4.0, 3.0, 2.0]
    assert [hit.score for hit in hits] == [4.0, 3.0, 2.0]


@pytest.mark.parametrize("trouble", ["blocked", "broken"])
def test_a_slow_or_broken_reranker_leaves_the_fused_order(
    settings: Settings, shelf: None, monkeypatch: pytest.MonkeyPatch, reranker: type[Backwards], trouble: str
) -> None:
    fused = found(settings, monkeypatch, None, 0).hits
    wait_ms = 20 if trouble == "blocked" else int(PATIENT_S * 1000)
    hits = found(settings, monkeypatch, reranker(**{trouble: True}), wait_ms).hits
    assert [(hit.chunk_id, hit.score) for hit in hits] == [(hit.chunk_id, hit.score) for hit in fused]
    assert all("fused order" in " ".join(hit.explanation.notes) for hit in hits if hit.explanation)


def test_a_busy_reranker_is_not_asked_again_until_it_is_free(
    settings: Settings, shelf: None, monkeypatch: pytest.MonkeyPatch, reranker: type[Backwards]
) -> None:
    slow = reranker(blocked=True)
    for _ in range(3):
        assert len(found(settings, monkeypatch, slow, 20).hits) == 3
    assert slow.asked == 1
    slow.go.set()
    reranking.wait_until_idle()
    hits = found(settings, monkeypatch, slow, int(PATIENT_S * 1000)).hits
    assert slow.asked == 2 and hits[0].score == 4.0
