"""Two evaluations of the same questions side by side: by how much, how surely, and which questions changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval import significance
from retrieval.errors import EvaluationDataError
from retrieval.evaluation import Group, Report, group_json

_FIGURE = "ndcg@10"


@dataclass(frozen=True)
class Change:
    """A question whose nDCG@10 differs between two evaluations."""

    id: str
    text: str
    group: Group
    found: float
    other: float

    @property
    def difference(self) -> float:
        return self.found - self.other

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "text": self.text,
            **group_json(self.group),
            _FIGURE: round(self.found, 4),
            "other": round(self.other, 4),
            "difference": round(self.difference, 4),
        }


@dataclass(frozen=True)
class GroupComparison:
    """The mean difference of a group; `group` is None for all questions together."""

    group: Group | None
    queries: int
    found: float
    other: float
    interval: tuple[float, float]  # of the difference, 95 %
    p: float  # paired randomisation test, two-sided
    wins: int
    losses: int

    @property
    def difference(self) -> float:
        return self.found - self.other

    def to_json(self) -> dict[str, Any]:
        named = group_json(self.group) if self.group else {}
        return {
            **named,
            "queries": self.queries,
            _FIGURE: round(self.found, 4),
            "other": round(self.other, 4),
            "difference": round(self.difference, 4),
            "ci95": [round(end, 4) for end in self.interval],
            "p": round(self.p, 5),
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.queries - self.wins - self.losses,
        }


@dataclass(frozen=True)
class Comparison:
    """An evaluation against another one; positive differences speak for the first."""

    other: str  # its name
    groups: tuple[GroupComparison, ...]
    overall: GroupComparison
    changes: tuple[Change, ...]  # most lost first
    left_out: int  # questions only one of both has

    @property
    def wins(self) -> list[Change]:
        """Most won first."""
        return [change for change in reversed(self.changes) if change.difference > 0]

    @property
    def losses(self) -> list[Change]:
        """Most lost first."""
        return [change for change in self.changes if change.difference < 0]

    def to_json(self) -> dict[str, Any]:
        return {
            "other": self.other,
            "figure": _FIGURE,
            "groups": [group.to_json() for group in self.groups],
            "overall": self.overall.to_json(),
            "changes": [change.to_json() for change in self.changes],
            "left_out": self.left_out,
        }


def compare(report: Report, other: Mapping[str, float], name: str) -> Comparison:
    """`report` against nDCG@10 by query id, on the questions both have.

    Raises EvaluationDataError where they have none in common.
    """
    members = {
        group: shared for group, ids in report.members() if (shared := [one for one in ids if one in other])
    }
    if not members:
        raise EvaluationDataError(f"{name} has none of these queries")
    found = {one: report.per_query[one].ndcg for ids in members.values() for one in ids}
    changes = [
        Change(one, report.texts[one], group, found[one], other[one])
        for group, ids in members.items()
        for one in ids
        if abs(found[one] - other[one]) > _ROUNDING
    ]
    return Comparison(
        name,
        tuple(_of_group(group, ids, found, other) for group, ids in members.items()),
        _of_group(None, list(found), found, other),
        tuple(sorted(changes, key=lambda change: (change.difference, change.id))),
        len(report.per_query.keys() ^ other.keys()),
    )


_ROUNDING = 1e-4  # results in files have four places


def _of_group(
    group: Group | None, ids: Sequence[str], found: Mapping[str, float], other: Mapping[str, float]
) -> GroupComparison:
    mine, theirs = (np.array([values[one] for one in ids]) for values in (found, other))
    differences = np.where(np.abs(mine - theirs) > _ROUNDING, mine - theirs, 0.0)
    [(low, high)] = significance.interval(differences[:, None]).tolist()
    return GroupComparison(
        group,
        len(ids),
        float(mine.mean()),
        float(theirs.mean()),
        (low, high),
        significance.paired_p(differences),
        int((differences > 0).sum()),
        int((differences < 0).sum()),
    )


def ndcg_of(report: Report) -> dict[str, float]:
    """What `compare` takes, of an evaluation at hand."""
    return {one: figures.ndcg for one, figures in report.per_query.items()}


def read_result(path: Path) -> dict[str, float]:
    """What `compare` takes, from a file that `jieda eval --json` printed. Raises EvaluationDataError."""
    try:
        return {
            str(row["id"]): float(row[_FIGURE]) for row in json.loads(path.read_text("utf-8"))["per_query"]
        }
    except OSError as error:
        raise EvaluationDataError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluationDataError(f"{path} is no result of `jieda eval --json`") from error
