from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from chatbot import calibration
from chatbot.calibration import Chosen, risk_coverage, targets
from chatbot.calibration_data import Example, collect, read_examples, write_examples
from foundation.settings import Settings, use_settings
from tests.chatbot.test_answer_evaluation import CORPUS, write

SAYINGS = [
    {"text": f"{verb} my {thing}{ending}", "label": thing, "lang": "en"}
    for thing in ("card", "account", "loan")
    for verb, ending in (("close", ""), ("where is", "?"), ("I lost", ""), ("block", " now"))
]


@pytest.fixture
def data(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    monkeypatch.setattr("chatbot.answer_sets.KNOWLEDGE_BASES", {"small": ("small",)})
    monkeypatch.setattr("chatbot.calibration_data.KNOWLEDGE_BASES", {"small": ("small",)})
    questions = {
        "warranty": "变频器保修多久？",
        "password": "网关密码在哪里？",
        "battery": "流量计电池能用几年？",
    }
    corpus = [{**row, "question": questions[str(row["id"])]} for row in CORPUS]
    asked = [
        {"id": f"{task}-{name}", "text": text if task == "answer_only" else f"请问{text}", "lang": "zh", "task": task}
        for name, text in questions.items()
        for task in ("answer_only", "reworded")
    ]  # fmt: skip
    for split in ("bench", "train"):
        write(tmp_path / split / "small" / "corpus.jsonl", [dict(row) for row in corpus])
        write(tmp_path / split / "small" / "queries.jsonl", [dict(row) for row in asked])
        judged = "".join(f"{row['id']}\t{row['id'].partition('-')[2]}\t1\n" for row in asked)
        (tmp_path / split / "small" / "qrels.tsv").write_text(judged, "utf-8")
    labels = [
        *({"text": text, "label": "in_scope", "lang": "zh", "kb": "small", "query_id": f"answer_only-{name}"}
          for name, text in questions.items()),
        *({"text": text, "label": scope, "lang": "zh", "kb": "small"}
          for scope, text in (("near_oos", "电机轴承多久换一次？"), ("far_oos", "火星有多远？"), ("far_oos", "今晚吃什么？"))),
    ]  # fmt: skip
    write(tmp_path / "train" / "oos_mix" / "labels.jsonl", labels)
    for name in ("banking77", "clinc150"):
        write(tmp_path / "train" / name / "labels.jsonl", [dict(row) for row in SAYINGS])
    return tmp_path


def test_one_command_collects_fits_and_writes_what_the_bot_reads(data: Path, tmp_path: Path) -> None:
    kept, out = tmp_path / "examples.jsonl", tmp_path / "calibration.json"
    made = calibration.main([str(data), "--examples", str(kept), "--out", str(out)])
    assert json.loads(out.read_text("utf-8")) == made
    assert set(made["models"]) == {"full", "words"} and set(made["targets"]) == {"full", "words"}
    for known in (table for of in made["targets"].values() for table in of.values()):
        assert [share for share, _ in known] == sorted(share for share, _ in known)
        assert [at for _, at in known] == sorted(at for _, at in known)
    kinds = {one.source for one in read_examples(kept)}
    assert kinds >= {"oos_mix small, questions indexed", "oos_mix small, answers only"}
    assert calibration.main([str(data), "--examples", str(kept), "--out", str(out)]) == made


def test_examples_come_back_as_they_were_kept(data: Path, tmp_path: Path) -> None:
    examples = list(collect(data, per_group=1, only="small"))
    write_examples(examples, tmp_path / "kept.jsonl")
    assert read_examples(tmp_path / "kept.jsonl") == examples
    right = [one for one in examples if one.scope == "in_scope"]
    assert right and any(hit["label"] for one in right for hit in one.hits)
    assert not any(hit["label"] for one in examples if one.scope.endswith("oos") for hit in one.hits)


def chosen(confidence: float, *, right: bool, scope: str = "in_scope") -> Chosen:
    return Chosen("s", scope, {"label": float(right), "faq": 1.0}, confidence)


def test_a_target_takes_the_lowest_confidence_that_keeps_it() -> None:
    answers = [chosen(0.9, right=True)] * 90 + [chosen(0.5, right=True)] * 5 + [chosen(0.5, right=False)] * 5
    at = dict(map(tuple, targets(answers)))
    assert at[0.95] <= 0.5 < at[0.97] <= 0.9


def test_questions_about_other_things_may_take_only_a_part_of_the_wrong_answers() -> None:
    far = [chosen(0.5, right=False, scope="far_oos")] * 2 + [chosen(0.1, right=False, scope="far_oos")] * 50
    answers = [chosen(0.9, right=True)] * 98 + far
    assert dict(map(tuple, targets(answers)))[0.95] > 0.5


def test_risk_and_coverage_count_what_is_answered() -> None:
    (row,) = risk_coverage(
        [chosen(0.9, right=True), chosen(0.2, right=False), chosen(0.8, right=False, scope="near_oos")],
        (0.5,),
    )
    assert row == {"threshold": 0.5, "coverage": 0.5, "right": 0.5, "near_answered": 1.0, "far_answered": 0.0}


def test_thresholds_judge_each_knowledge_base_by_a_fit_that_has_not_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[set[str]] = []

    def fit(examples: Sequence[Example], *, only: str | None = None) -> dict[str, calibration.Model]:
        shown.append({one.knowledge for one in examples})
        return {"full": {"order": {}, "sure": {}}}

    monkeypatch.setattr(calibration, "fit", fit)
    examples = [Example("s", knowledge, "in_scope", "zh", ()) for knowledge in ("a", "b", "a", "c")]
    assert len(calibration.unseen(examples)) == len(examples)
    assert shown == [{"b", "c"}, {"a", "c"}, {"a", "b"}]


def test_far_questions_are_counted_where_they_were_seen() -> None:
    right = [Chosen("s", "in_scope", {"faq": 1.0, "label": 1.0}, at) for at in (0.5, 0.6, 0.95)]
    far = [Chosen("s", "far_oos", {"faq": 1.0, "label": 0.0}, 0.9)]
    assert dict(map(tuple, targets(right, seen=far)))[0.95] == 0.91
    assert dict(map(tuple, targets(right, seen=right)))[0.95] < 0.5
