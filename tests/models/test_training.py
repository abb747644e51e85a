"""The encoder's training: what it reads, what its losses reward, and that a whole small run makes a working model."""

import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.embedders.builtin import BuiltinEmbedder
from models.training.data import Pair, is_english, read_pairs
from models.training.evaluate import evaluate

WORDS = [
    "发票",
    "invoice",
    "密码",
    "password",
    "退款",
    "refund",
    "固件",
    "firmware",
    "电机",
    "motor",
    "订单",
    "order",
    "仓库",
    "warehouse",
]
PAIRS = [
    Pair(zh + "开具管理"[: i % 4], f"{en} {'now ' * (i % 3)}", "translation", "made")
    for i in range(12)
    for zh, en in zip(WORDS[::2], WORDS[1::2], strict=True)
]


def test_pairs_are_read_plain_and_packed_in_the_order_of_their_folders(tmp_path: Path) -> None:
    rows = [
        {"a": "甲", "b": "one", "kind": "dict"},
        {"a": "乙\u2028", "b": "two", "kind": "ui", "source": "shop"},
    ]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "pairs.jsonl.xz").write_bytes(lzma.compress(json.dumps(rows[0]).encode()))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pairs.jsonl").write_text(
        json.dumps(rows[1], ensure_ascii=False) + "\n", encoding="utf-8"
    )
    assert read_pairs(tmp_path) == [Pair("乙\u2028", "two", "ui", "shop"), Pair("甲", "one", "dict", "b")]


def test_english_is_what_has_no_chinese_character() -> None:
    assert is_english("invoice 发".replace("发", ""))
    assert not is_english("invoice 发")


def test_scores_are_perfect_when_the_right_document_always_comes_first(tmp_path: Path) -> None:
    corpus = [
        {"id": "1", "title": "发票", "text": "在费用中心开具电子发票", "lang": "zh"},
        {"id": "2", "title": "密码", "text": "在安全设置重置登录密码", "lang": "zh"},
        {"id": "3", "title": "Motor", "text": "The motor does not start", "lang": "en"},
    ]
    queries = [
        {"id": "q1", "text": "怎么开具电子发票", "lang": "zh", "task": "answer_only", "target_lang": "zh"},
        {"id": "q2", "text": "如何重置登录密码", "lang": "zh", "task": "answer_only", "target_lang": "zh"},
    ]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("q1\t1\t1\nq2\t2\t1\n", encoding="utf-8")
    [(group, figures)] = list(evaluate(tmp_path, BuiltinEmbedder()))
    assert "answer_only zh→zh (2)" in group
    assert set(figures) == {"bm25", "cosine", "half", "late"}
    assert all(figure == (1.0, 1.0) for figure in figures.values())


class TestLosses:
    def test_late_interaction_rewards_the_right_partner(self) -> None:
        torch = pytest.importorskip("torch")
        from models.training.late import late_loss
        from models.training.tokens import TokenStore

        store = TokenStore(np.array([0, 1, 2, 3], dtype=np.int32), np.arange(5))
        vectors = torch.eye(4)
        vectors[2], vectors[3] = vectors[0], vectors[1]  # text 2 means text 0, text 3 means text 1
        right = late_loss(vectors, torch.ones(4), store, np.array([[0, 2], [1, 3]]))
        wrong = late_loss(vectors, torch.ones(4), store, np.array([[0, 3], [1, 2]]))
        assert right < 0.01
        assert wrong > 10

    def test_the_same_partner_elsewhere_in_the_batch_is_no_negative(self) -> None:
        torch = pytest.importorskip("torch")
        from models.training.train import pair_loss

        rows = np.array([[0, 9], [1, 9]])
        vectors = torch.nn.functional.normalize(torch.ones(2, 4), dim=1)
        assert pair_loss(vectors, vectors, rows) < 0.01
        assert pair_loss(vectors, vectors, np.array([[0, 8], [1, 9]])) > 0.5


@pytest.fixture
def small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The whole command on made pairs, with a made-up teacher; returns the folder it wrote."""
    pytest.importorskip("torch")
    pytest.importorskip("sentencepiece")
    from models.training import __main__ as command
    from models.training import distill, train

    def teach(texts: list[str]) -> np.ndarray:
        return np.random.default_rng(len(texts)).normal(size=(len(texts), 384)).astype(np.float16)

    stages = (train.Stage(40, 0.02), train.Stage(10, 0.01, late=0.5, by_source=True))
    plan = train.Plan(stages, pair_batch=64, teacher_batch=32)
    monkeypatch.setattr(distill, "teach", teach)
    monkeypatch.setattr(command, "scaled", lambda _scale: plan)
    (tmp_path / "data" / "made").mkdir(parents=True)
    lines = "\n".join(json.dumps({"a": pair.a, "b": pair.b, "kind": pair.kind}) for pair in PAIRS)
    (tmp_path / "data" / "made" / "pairs.jsonl").write_text(lines, encoding="utf-8")

    def run(out: str) -> Path:
        arguments = ["--data", tmp_path / "data", "--out", tmp_path / out, "--work", tmp_path / "work"]
        monkeypatch.setattr("sys.argv", ["models.training", *map(str, arguments)])
        command.main()
        return tmp_path / out

    return run


def test_one_command_makes_a_model_that_knows_its_pairs(small_run: Any) -> None:
    embedder = BuiltinEmbedder(small_run("model"))
    asked, right, wrong = embedder.embed_queries(["發票", "invoice", "motor"])
    assert asked @ right > asked @ wrong + 0.3


def test_a_run_that_was_cut_short_goes_on_after_its_last_stage(
    small_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training import distill, train

    whole = BuiltinEmbedder(small_run("whole")).embed_queries(WORDS)
    (last,) = (tmp_path / "work").glob("stage-2-*.npy")
    last.unlink()
    ran: list[int] = []
    train_stage = train.train_stage
    monkeypatch.setattr(distill, "teach", pytest.fail)
    monkeypatch.setattr(train, "train_stage", lambda *given: (ran.append(given[2]), train_stage(*given))[1])
    np.testing.assert_allclose(BuiltinEmbedder(small_run("again")).embed_queries(WORDS), whole, atol=0.02)
    assert ran == [1]


def test_the_same_seed_gives_the_same_vectors_up_to_rounding(small_run: Any, tmp_path: Path) -> None:
    first = BuiltinEmbedder(small_run("first")).embed_queries(WORDS)
    for kept in (tmp_path / "work").glob("stage-*.npy"):
        kept.unlink()
    again = BuiltinEmbedder(small_run("again")).embed_queries(WORDS)
    np.testing.assert_allclose(first, again, atol=0.02)


def test_a_trial_takes_a_share_of_the_recipe() -> None:
    pytest.importorskip("torch")
    from models.training.__main__ import sample, scaled
    from models.training.train import SHIPPED

    assert [stage.steps for stage in scaled(0.01).stages] == [12, 5]
    assert scaled(1.0).stages == SHIPPED
    assert len(sample(PAIRS, 0.5)) == len(PAIRS) // 2 and sample(PAIRS, 0.5) == sample(PAIRS, 0.5)
