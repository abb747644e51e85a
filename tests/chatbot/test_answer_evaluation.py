from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatbot import answer_evaluation
from chatbot.answer_evaluation import Given, Outcome, coverage_at, shortened
from chatbot.answer_sets import Question, Scope, read_set, relevance_of
from foundation.settings import Settings, use_settings
from retrieval.benchmark_data import read_benchmark
from retrieval.errors import EvaluationDataError

CORPUS = [
    {"id": "warranty", "title": "保修", "text": "变频器保修期为二十四个月，自发货之日起计算，凭铭牌序列号办理。", "lang": "zh"},
    {"id": "password", "title": "密码", "text": "网关出厂密码印在右侧标签上，共八位，首次登录后必须修改。", "lang": "zh"},
    {"id": "battery", "title": "电池", "text": "流量计电池寿命约为六年，低电量时屏幕显示电池符号。", "lang": "zh"},
]  # fmt: skip


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    made = tmp_path / "bench" / "small"
    write(made / "corpus.jsonl", [dict(row) for row in CORPUS])
    queries = [
        {"id": "q1", "text": "变频器的保修期从什么时候开始计算？", "lang": "zh", "task": "passage", "answers": ["发货之日"]},
        {"id": "q2", "text": "网关出厂密码印在哪里？", "lang": "zh", "task": "passage", "answers": ["左侧标签"]},
    ]  # fmt: skip
    write(made / "queries.jsonl", queries)
    (made / "qrels.tsv").write_text("q1\twarranty\t1\nq2\tpassword\t1\n", "utf-8")
    return made


def test_an_answer_counts_only_if_its_words_hold_the_reference(folder: Path) -> None:
    body = answer_evaluation.evaluate([folder])
    (figures,) = body["sets"].values()
    assert figures["questions"] == 2
    assert figures["unheld"] == {"cited_right": 1.0, "contained": 0.5, "cited_contained": 0.5}
    assert body["setting"]["target_precision"] == 0.95 and "mixed" not in body


def test_labelled_questions_are_asked_of_the_neighbouring_folders_together(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.answer_sets.KNOWLEDGE_BASES", {"small": ("small",)})
    labels = [
        {"text": "变频器的保修期从什么时候开始计算？", "label": "in_scope", "lang": "zh", "kb": "small", "query_id": "q1"},
        {"text": "火星离地球有多远？", "label": "far_oos", "lang": "zh", "kb": "small"},
        {"text": "没有登记的问题", "label": "in_scope", "lang": "zh", "kb": "small", "query_id": "q9"},
    ]  # fmt: skip
    write(tmp_path / "bench" / "mix" / "labels.jsonl", labels)
    body = answer_evaluation.evaluate([tmp_path / "bench" / "mix"])
    assert body["mixed"]["questions"] == 4  # questions indexed and answers only; q9 names no document here
    assert body["mixed"]["unheld"]["cited_right"] == 1.0
    assert body["mixed"]["false_answers"] == body["mixed"]["far_oos_answered"] == 0.0


def test_a_sample_is_the_same_each_time_and_at_most_as_large(folder: Path) -> None:
    first, again = (read_set(folder, per_group=1)[0].questions for _ in range(2))
    assert first == again and len(first) == 1


def test_documents_that_say_or_ask_the_same_answer_alike(folder: Path) -> None:
    rows = [*CORPUS, {**CORPUS[0], "id": "copy"}, {**CORPUS[1], "id": "other", "text": "网关密码在别处。"}]
    write(folder / "corpus.jsonl", [dict(row) for row in rows])
    assert relevance_of([read_benchmark(folder)]) == {
        "q1": frozenset({"warranty", "copy"}),
        "q2": frozenset({"password"}),
    }


def outcome(confidence: float, *, right: bool, scope: Scope = Scope.IN) -> Outcome:
    given = Given(confidence, right)
    return Outcome(Question("?", "zh", scope), given, given, None)


def test_coverage_at_a_share_of_right_answers_takes_the_best_threshold_and_splits_no_tie() -> None:
    ranked = [
        outcome(0.9, right=True),
        outcome(0.8, right=True),
        outcome(0.8, right=False),
        outcome(0.1, right=True),
    ]
    assert coverage_at(ranked, 1.0, lambda one: one.forced) == 0.25
    assert coverage_at(ranked, 0.75, lambda one: one.forced) == 1.0
    assert (
        coverage_at([*ranked, outcome(0.95, right=False, scope=Scope.FAR)], 1.0, lambda one: one.forced)
        == 0.0
    )


def test_no_more_than_three_sentences_or_400_characters_count() -> None:
    long = "".join(f"第{n}句话有一点长而且没有别的内容了。" for n in range(60))
    assert len(shortened(long)) == answer_evaluation.MAX_CHARS
    assert shortened("一。二。三。四。") == "一。二。三。四。"
    sentence = "很长的一句话" * 40 + "。"
    assert shortened(sentence * 4).count("。") == 3


def test_a_folder_without_a_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError):
        read_set(tmp_path)
