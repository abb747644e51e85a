from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from portal_api.commands import eval as eval_command
from retrieval.errors import EvaluationDataError
from tests.retrieval.test_commands import jieda, run
from tests.retrieval.test_evaluation import CORPUS, QUERIES, judged, write

__all__ = ["jieda"]  # a fixture


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(write(tmp_path / "bench", CORPUS, QUERIES, judged()))


def body_of(app: typer.Typer, *arguments: str, code: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(run(app, "eval", *arguments, "--json", code=code))
    return body


def test_every_figure_comes_with_its_interval(jieda: typer.Typer, folder: str) -> None:
    for group in body_of(jieda, folder)["groups"]:
        for name, (low, high) in group["ci95"].items():
            assert low <= group[name] <= high


def test_two_systems_are_compared_on_every_query(jieda: typer.Typer, folder: str) -> None:
    compared = body_of(jieda, folder, "--system", "vector", "--compare", "lexical")["compare"]
    alone = body_of(jieda, folder, "--system", "lexical")
    assert compared["other"] == "lexical"
    assert [group["other"] for group in compared["groups"]] == [group["ndcg@10"] for group in alone["groups"]]
    assert compared["overall"]["queries"] == 4
    assert len(compared["changes"]) == compared["overall"]["wins"] + compared["overall"]["losses"]


def test_a_kept_result_is_compared_without_searching_again(
    jieda: typer.Typer, folder: str, tmp_path: Path
) -> None:
    kept = tmp_path / "before.json"
    kept.write_text(run(jieda, "eval", folder, "--json"), "utf-8")
    compared = body_of(jieda, folder, "--compare", str(kept))["compare"]
    assert compared["changes"] == [] and compared["overall"]["p"] == 1.0


def test_an_unknown_rival_is_bad_usage(jieda: typer.Typer, folder: str) -> None:
    run(jieda, "eval", folder, "--compare", "somebody", code=2)


def test_the_gate_closes_below_a_recorded_floor(jieda: typer.Typer, folder: str, tmp_path: Path) -> None:
    floors = tmp_path / "floors.json"
    run(jieda, "eval", folder, "--system", "lexical", "--record", str(floors))
    passed = body_of(jieda, folder, "--system", "lexical", "--gate", str(floors))
    assert passed["gate"] == {"passed": True, "floors": 6, "below": []}
    floors.write_text(floors.read_text("utf-8").replace("0.99", "1.01"), "utf-8")
    code = eval_command.BELOW_A_FLOOR
    failed = body_of(jieda, folder, "--system", "lexical", "--gate", str(floors), code=code)
    assert failed["gate"]["passed"] is False
    assert all(one["found"] < one["floor"] for one in failed["gate"]["below"])
    assert "below the floor" in run(
        jieda, "eval", folder, "--system", "lexical", "--gate", str(floors), code=code
    )


def test_a_gate_without_floors_for_the_folder_is_refused(
    jieda: typer.Typer, folder: str, tmp_path: Path
) -> None:
    floors = tmp_path / "floors.json"
    run(jieda, "eval", folder, "--system", "lexical", "--record", str(floors))
    done = CliRunner().invoke(jieda, ["eval", folder, "--system", "vector", "--gate", str(floors)])
    assert isinstance(done.exception, EvaluationDataError)


def test_people_see_wins_and_losses_with_the_question(jieda: typer.Typer, folder: str) -> None:
    shown = run(jieda, "eval", folder, "--system", "lexical", "--compare", "vector")
    compared = body_of(jieda, folder, "--system", "lexical", "--compare", "vector")["compare"]
    assert compared["changes"]
    for change in compared["changes"]:
        assert change["text"] in shown
