"""Figures an evaluation must not fall below, kept in a file beside the content it guards.

    {"floors": [{"benchmark": "faq", "system": "hybrid", "task": "answer_only", "lang": "zh",
                 "target_lang": "zh", "ndcg@10": 0.71, "recall@10": 0.85}, …]}

One file may hold floors of several benchmarks and systems; a floor may name any figure of the report.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from retrieval.errors import EvaluationDataError
from retrieval.evaluation import Group, Report, group_json
from retrieval.metrics import FIGURE_NAMES
from retrieval.types import System

SLACK: Final = 0.01  # how far below today's figures floors are recorded: other machines round differently
_RECORDED: Final = ("ndcg@10", "recall@10")  # the others follow these, or jump with single queries

Floors = dict[Group, dict[str, float]]


@dataclass(frozen=True)
class Shortfall:
    """A figure below its floor; `found` is None where the report has no such group any more."""

    group: Group
    figure: str
    floor: float
    found: float | None

    def to_json(self) -> dict[str, Any]:
        return {**group_json(self.group), "figure": self.figure, "floor": self.floor, "found": self.found}


def read(path: Path, benchmark: str, system: System) -> Floors:
    """The floors of a benchmark and system. Raises EvaluationDataError where there are none."""
    mine = [row for row in _rows(path) if _is_of(row, benchmark, system)]
    if not mine:
        raise EvaluationDataError(f"{path} has no floor for {benchmark} with {system}")
    return {
        (row["task"], row["lang"], row.get("target_lang")): {
            name: float(row[name]) for name in FIGURE_NAMES if name in row
        }
        for row in mine
    }


def shortfalls(report: Report, floors: Floors) -> list[Shortfall]:
    """Every figure below its floor, in the order of the floors; a group that is gone falls short of all of its."""
    found = {group: mean.to_json() for group, _count, mean in report.group_figures()}
    return [
        Shortfall(group, name, floor, found[group][name] if group in found else None)
        for group, named in floors.items()
        for name, floor in named.items()
        if group not in found or found[group][name] < floor
    ]


def record(path: Path, report: Report, slack: float = SLACK) -> int:
    """Write today's figures less `slack` as floors of this benchmark and system; those of others stay.

    Returns how many groups were recorded. Raises EvaluationDataError where `path` is no file of floors.
    """
    kept = (
        [row for row in _rows(path) if not _is_of(row, report.benchmark, report.system)]
        if path.exists()
        else []
    )
    mine = [
        {
            "benchmark": report.benchmark,
            "system": str(report.system),
            **group_json(group),
            **{name: round(max(0.0, mean.to_json()[name] - slack), 4) for name in _RECORDED},
        }
        for group, _count, mean in report.group_figures()
    ]
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in [*kept, *mine])
    path.write_text(f'{{"floors": [\n  {rows}\n]}}\n', "utf-8")
    return len(mine)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text("utf-8"))["floors"]
        if all({"benchmark", "system", "task", "lang"} <= row.keys() for row in rows):
            return list(rows)
    except OSError as error:
        raise EvaluationDataError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvaluationDataError(f"{path} is no file of floors") from error
    raise EvaluationDataError(f"{path}: each floor needs benchmark, system, task and lang")


def _is_of(row: dict[str, Any], benchmark: str, system: System) -> bool:
    return bool(row["benchmark"] == benchmark and row["system"] == system)
