from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foundation import db
from foundation.settings import Settings, get_settings
from kb import service as kb
from retrieval.benchmark_data import read_benchmark
from retrieval.errors import EvaluationDataError
from retrieval.evaluation import evaluate

CORPUS = [
    {
        "id": "a",
        "title": "变频器",
        "text": "检查电机电缆是否短路",
        "lang": "zh",
        "question": "E-203 是什么意思？",
    },
    {"id": "b", "title": "订单", "text": "发票三天内开出", "lang": "zh", "question": "发票何时开？"},
    {
        "id": "c",
        "title": "Orders",
        "text": "the invoice follows within three days",
        "lang": "en",
        "question": "When is the invoice issued?",
    },
]
QUERIES = [
    {"id": "q1", "text": "电机电缆短路", "lang": "zh", "task": "answer_only", "target_lang": "zh"},
    {"id": "q2", "text": "E203", "lang": "zh", "task": "reworded", "target_lang": "zh"},
    {"id": "q3", "text": "E203", "lang": "zh", "task": "answer_only", "target_lang": "zh"},
    {"id": "q4", "text": "发票", "lang": "zh", "task": "answer_only", "target_lang": "en"},
    {"id": "unjudged", "text": "发票", "lang": "zh", "task": "answer_only"},
]
QRELS = [("q1", "a", 1), ("q2", "a", 1), ("q3", "a", 1), ("q4", "b", 1)]


def write(
    folder: Path,
    corpus: list[dict[str, Any]],
    queries: list[dict[str, Any]],
    qrels: str,
    path: str = "qrels.tsv",
) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / f"{name}.jsonl").write_text(lines + "\n", "utf-8")
    target = folder / path
    target.parent.mkdir(exist_ok=True)
    target.write_text(qrels, "utf-8")
    return folder


def judged(rows: list[tuple[str, str, int]] = QRELS) -> str:
    return "\n".join("\t".join(map(str, row)) for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "bench", CORPUS, QUERIES, judged())


def test_the_report_has_the_shape_of_the_contract(settings: Settings, folder: Path) -> None:
    report = evaluate(folder, "lexical").to_json()
    assert report["system"] == "lexical"
    assert [(g["task"], g["lang"], g["target_lang"], g["queries"]) for g in report["groups"]] == [
        ("answer_only", "zh", "en", 1),
        ("answer_only", "zh", "zh", 2),
        ("reworded", "zh", "zh", 1),
    ]
    assert set(report["groups"][0]) >= {
        "task",
        "lang",
        "target_lang",
        "queries",
        "ndcg@10",
        "recall@10",
        "mrr@10",
        "hit@1",
    }
    assert report["index_seconds"] > 0
    assert report["ms_per_query"]["p95"] >= report["ms_per_query"]["p50"] > 0


def test_only_reworded_and_xling_see_the_question(settings: Settings, folder: Path) -> None:
    report = evaluate(folder, "lexical")
    assert report.per_query["q2"].hit == 1.0  # the code stands in the question alone
    assert report.per_query["q3"].recall == 0.0


def test_a_target_language_hides_the_others(settings: Settings, folder: Path) -> None:
    report = evaluate(folder)
    assert report.per_query["q4"].recall == 0.0  # the judged document is Chinese, English was asked for


def test_unjudged_queries_do_not_count(settings: Settings, folder: Path) -> None:
    assert set(evaluate(folder, "vector").per_query) == {"q1", "q2", "q3", "q4"}


def test_a_version_must_match(settings: Settings, tmp_path: Path) -> None:
    corpus = [{"id": v, "title": "", "text": "备份 恢复", "version": v} for v in ("4.0", "5.0", "6.0")]
    queries = [{"id": f"q{v}", "text": "恢复", "task": "version", "version": v} for v in ("4.0", "6.0")]
    qrels = judged([("q4.0", "4.0", 1), ("q6.0", "6.0", 1)])
    report = evaluate(write(tmp_path / "bench", corpus, queries, qrels))
    assert [group["hit@1"] for group in report.to_json()["groups"]] == [1.0]


def test_the_form_of_beir_is_read_too(settings: Settings, tmp_path: Path) -> None:
    corpus = [{"_id": row["id"], "title": row["title"], "text": row["text"]} for row in CORPUS]
    queries = [{"_id": "q1", "text": "电机电缆短路"}]
    qrels = "query-id\tcorpus-id\tscore\nq1\ta\t1\n"
    found = read_benchmark(write(tmp_path / "bench", corpus, queries, qrels, "qrels/test.tsv"))
    assert found.relevance == {"q1": {"a": 1.0}}
    assert [document.lang for document in found.documents] == ["zh", "zh", "en"]


def test_a_header_of_the_judgements_is_optional(tmp_path: Path) -> None:
    plain = read_benchmark(write(tmp_path / "a", CORPUS, QUERIES, judged()))
    headed = read_benchmark(write(tmp_path / "b", CORPUS, QUERIES, "query\tdoc\trelevance\n" + judged()))
    assert plain.relevance == headed.relevance


@pytest.mark.parametrize(
    ("corpus", "qrels"),
    [
        ("not json", judged()),
        ('{"id": "a"}', judged()),
        ('{"text": "b"}', judged()),
        ("[]", judged()),
        ("", "q1\ta"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, corpus: str, qrels: str) -> None:
    folder = write(tmp_path / "bench", [], QUERIES, qrels)
    (folder / "corpus.jsonl").write_text(corpus, "utf-8")
    with pytest.raises(EvaluationDataError):
        read_benchmark(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match="qrels"):
        read_benchmark(tmp_path / "nowhere")


def test_the_caller_s_own_knowledge_is_untouched(settings: Settings, folder: Path) -> None:
    with db.write_session() as session:
        kb.ensure_collection(session, "mine")
    evaluate(folder)
    assert get_settings() is settings
    assert not settings.index_dir.exists()
    with db.read_session() as session:
        assert kb.last_sequence(session) == 0
