from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval import floors
from retrieval.errors import EvaluationDataError
from retrieval.evaluation import Report
from retrieval.floors import Floors, Shortfall
from retrieval.types import System
from tests.retrieval.test_comparison import ACROSS, ANSWER, report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "floors.json"


def read(path: Path, measured: Report) -> Floors:
    return floors.read(path, measured.benchmark, measured.system)


def test_what_was_recorded_is_passed_by_the_same_figures(path: Path) -> None:
    measured = report(a1=0.5, a2=1.0, b1=0.9)
    assert floors.record(path, measured) == 2
    assert floors.shortfalls(measured, read(path, measured)) == []


def test_a_figure_below_its_floor_is_named(path: Path) -> None:
    floors.record(path, report(a1=0.5, b1=0.9), slack=0.0)
    worse = report(a1=0.4, b1=0.9)
    below = floors.shortfalls(worse, read(path, worse))
    assert below == [Shortfall(ANSWER, "ndcg@10", 0.5, 0.4), Shortfall(ANSWER, "recall@10", 0.5, 0.4)]


def test_slack_lowers_the_floors_never_below_zero(path: Path) -> None:
    floors.record(path, report(a1=0.5, b1=0.02), slack=0.1)
    found = read(path, report(a1=1.0))
    assert found == {
        ANSWER: {"ndcg@10": 0.4, "recall@10": 0.4},
        ACROSS: {"ndcg@10": 0.0, "recall@10": 0.0},
    }


def test_a_group_that_is_gone_falls_short(path: Path) -> None:
    floors.record(path, report(a1=0.5, b1=0.9), slack=0.0)
    below = floors.shortfalls(report(a1=0.5), read(path, report(a1=0.5)))
    assert [(one.group, one.found) for one in below] == [(ACROSS, None), (ACROSS, None)]


def test_recording_replaces_its_own_and_keeps_others(path: Path) -> None:
    other = replace(report(a1=0.7), benchmark="other")
    words = replace(report(a1=0.6), system=System.LEXICAL)
    for measured in (other, words, report(a1=0.5), report(a1=0.4)):
        floors.record(path, measured, slack=0.0)
    found = [read(path, measured)[ANSWER]["ndcg@10"] for measured in (other, words, report(a1=1.0))]
    assert found == [0.7, 0.6, 0.4]


def test_a_floor_may_name_any_figure(path: Path) -> None:
    row = {"benchmark": "made", "system": "hybrid", "task": "answer_only", "lang": "zh", "target_lang": "zh"}
    path.write_text(json.dumps({"floors": [row | {"hit@1": 0.9}]}), "utf-8")
    measured = report(a1=0.5)
    assert floors.shortfalls(measured, read(path, measured)) == [Shortfall(ANSWER, "hit@1", 0.9, 0.5)]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"floors": 1}', '{"floors": [1]}', '{"floors": [{"task": "x"}]}', '{"floors": []}'],
)
def test_a_file_without_floors_for_it_is_refused(path: Path, content: str) -> None:
    path.write_text(content, "utf-8")
    with pytest.raises(EvaluationDataError):
        read(path, report(a1=0.5))


def test_recording_never_overwrites_a_file_of_something_else(path: Path) -> None:
    path.write_text("a letter", "utf-8")
    with pytest.raises(EvaluationDataError):
        floors.record(path, report(a1=0.5))
    assert path.read_text("utf-8") == "a letter"
