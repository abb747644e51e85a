from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import minilm, quality
from foundation.settings import Settings
from tests.retrieval.test_evaluation import CORPUS, QUERIES, judged, write


class FakeEncoder:
    """Knows one thing: a text with `发票` is about invoices."""

    def embed(self, texts: list[str], progress: object = None) -> np.ndarray:
        return np.array([[1.0, 0.0] if "发票" in text else [0.0, 1.0] for text in texts], np.float32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    corpus = [row | {"version": "2.0"} for row in CORPUS] + [CORPUS[0] | {"id": "a1", "version": "1.0"}]
    versions = {"id": "q5", "text": "电机电缆短路", "lang": "zh", "task": "version", "version": "1.0"}
    english = {"id": "q6", "text": "invoice", "lang": "en", "task": "answer_only", "target_lang": "en"}
    write(tmp_path / "made", corpus, [*QUERIES, versions, english], judged() + "\nq5\ta1\t1\nq6\tc\t1")
    return tmp_path


def test_every_system_ranks_the_same_questions(
    settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "is_installed", lambda: True)
    monkeypatch.setattr(minilm, "Encoder", lambda keep: FakeEncoder())
    figures = quality.run(data, ["made"])
    systems, english = {"bm25s", "hybrid", "lexical", "vector"}, {"MiniLM", "bm25s + MiniLM"}
    for group in figures["groups"]:
        assert set(group["systems"]) == systems | (english if group["lang"] == "en" else set())
    assert sum(group["queries"] for group in figures["groups"]) == 6
    assert {group["lang"] for group in figures["groups"]} == {"zh", "en"}
    [version] = [group for group in figures["groups"] if group["task"] == "version"]
    assert {found["hit@1"] for found in version["systems"].values()} == {1.0}
    assert "| made | version | zh | 1 |" in quality.table(figures)


def test_the_ratio_is_that_of_the_groups_that_share_a_language() -> None:
    def group(task: str, target: str, ours: float, plain: float) -> dict[str, object]:
        systems = {"hybrid": {"ndcg@10": ours}, "bm25s": {"ndcg@10": plain}}
        return {"task": task, "lang": "zh", "target_lang": target, "systems": systems}

    groups = [
        group("answer_only", "zh", 0.6, 0.5),
        group("page", "zh", 0.5, 0.5),
        group("page", "en", 0.9, 0.1),
        group("xling", "zh", 0.9, 0.1),
    ]
    assert quality._mean_ratio(groups) == {"hybrid": 1.1, "bm25s": 1.0}


def test_without_minilm_its_rows_are_missing_and_it_says_so(
    settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(minilm, "is_installed", lambda: False)
    figures = quality.run(data, ["made"], ours=False)
    assert all(set(group["systems"]) == {"bm25s"} for group in figures["groups"])
    assert "MiniLM left out" in capsys.readouterr().err


def test_vectors_that_are_kept_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Model:
        def encode(self, texts: list[str], normalize_embeddings: bool) -> np.ndarray:
            return np.array([np.full(minilm.DIM, len(text)) for text in texts], np.float32)

    monkeypatch.setattr(minilm, "_model", Model)
    first = minilm.Encoder(tmp_path).embed(["abc", "a", "abc"])
    monkeypatch.setattr(minilm, "_model", pytest.fail)
    again = minilm.Encoder(tmp_path).embed(["abc", "a", "abc"])
    assert first[:, 0].tolist() == again[:, 0].tolist() == [3.0, 1.0, 3.0]
