from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.comparison import compare, ndcg_of, read_result
from retrieval.errors import EvaluationDataError
from retrieval.evaluation import Report
from retrieval.metrics import Figures
from retrieval.types import System

ANSWER = ("answer_only", "zh", "zh")
ACROSS = ("xling", "en", "zh")


def report(**ndcg: float) -> Report:
    """Queries called a… belong to one group, all others to another."""
    made = Report(System.HYBRID, "made")
    for name, value in ndcg.items():
        made.groups[ANSWER if name.startswith("a") else ACROSS].append(name)
        made.texts[name] = f"text of {name}"
        made.per_query[name] = Figures(value, value, value, value)
    return made


def test_wins_and_losses_are_counted_by_group_and_listed_worst_first() -> None:
    before = {"a1": 0.4, "a2": 0.5, "a3": 0.6, "b1": 1.0}
    compared = compare(report(a1=1.0, a2=0.5, a3=0.2, b1=0.0), before, "before")
    [answers, across] = compared.groups
    assert (answers.group, answers.wins, answers.losses, answers.queries) == (ANSWER, 1, 1, 3)
    assert answers.difference == pytest.approx((1.7 - 1.5) / 3)
    assert (across.group, across.wins, across.losses) == (ACROSS, 0, 1)
    assert (compared.overall.queries, compared.overall.wins, compared.overall.losses) == (4, 1, 2)
    assert [change.id for change in compared.losses] == ["b1", "a3"]
    assert [change.id for change in compared.wins] == ["a1"]


def test_an_evaluation_against_itself_changes_nothing() -> None:
    same = report(a1=0.3, a2=0.8)
    compared = compare(same, ndcg_of(same), "itself")
    assert compared.changes == ()
    assert (compared.overall.difference, compared.overall.interval, compared.overall.p) == (
        0.0,
        (0.0, 0.0),
        1.0,
    )


def test_queries_only_one_side_has_are_left_out_and_counted() -> None:
    compared = compare(report(a1=0.3, a2=0.8), {"a1": 0.1, "z": 1.0}, "other")
    assert (compared.overall.queries, compared.left_out) == (1, 2)


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(EvaluationDataError):
        compare(report(a1=0.3), {"z": 1.0}, "other")


def test_what_was_printed_compares_equal_to_what_was_measured(tmp_path: Path) -> None:
    measured = report(a1=1 / 3, a2=2 / 3, b1=0.123456)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(measured.to_json()), "utf-8")
    assert compare(measured, read_result(path), "kept").changes == ()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"per_query": 1}', '{"per_query": [{"id": "a"}]}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(content, "utf-8")
    with pytest.raises(EvaluationDataError):
        read_result(path)
