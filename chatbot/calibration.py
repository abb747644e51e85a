"""Fitting the confidence of `chatbot.decide`, in one command.

    python -m chatbot.calibration DATA [--typed QUESTIONS…] [--examples FILE]

DATA holds `bench/<set>` (corpora) and `train/<set>` (questions with their right passages, and questions that
nothing answers); knowledge bases are made of them and searched through the production path. `--typed` adds
questions asked of the configured knowledge base; `--examples` keeps what was collected, or uses it if it exists.

Two logistic regressions: one puts the hits of a question in order, one over the first hit of each question,
unanswerable ones among them, says how sure we may be of it. What they would have answered of a knowledge base that
was left out of the fit, at each confidence, gives the table by which `chatbot.target_precision` chooses.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chatbot import answer_types
from chatbot.calibration_data import Example, Features, collect, collect_typed, read_examples, write_examples
from chatbot.decide import CALIBRATION, beside_others, probability, score, threshold_for
from retrieval.passages import current_embedder

_ORDER: Final = (
    *("one", "rank", "late_gap", "cosine_gap", "late", "cosine", "title_late", "title_cosine", "code_head"),
    *("faq", "lexical_share", "title_coverage", "coverage", "cross"),
    *("faq_title_late", "faq_title_coverage", "faq_late"),
)
_SURE: Final = (
    *("one", "late_gap", "cosine_gap", "late", "cosine", "title_late", "title_cosine", "code_head", "codes"),
    *("words", "late_margin", "title_margin", "cosine_margin", "lexical_margin", "lexical_share", "agreed"),
    *("faq", "cross", "coverage", "title_coverage", "known", "half_covered", "order", "order_margin"),
    *("order_share", "late_squared", "late_covering", "title_squared", "title_covering", "title_near"),
    *(
        "covered_well",
        "short",
        "faq_title_late",
        "faq_title_coverage",
        "faq_title_cosine",
        "faq_title_margin",
    ),
    *("faq_late", "faq_late_gap", "cross_title_late", "cross_title_cosine", "cross_late", "cross_cosine_gap"),
    *("length", *answer_types.NAMES),
)
_WORDS: Final = ("one", "rank", "coverage", "title_coverage", "code_head", "words", "known")
FEATURES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "full": {"order": _ORDER, "sure": _SURE},
    "words": {"order": _WORDS, "sure": _WORDS},  # for embedders whose similarities were not calibrated
}
# An invented answer costs more than a question passed on; questions as customers type them are few.
_WEIGHTS: Final = {"far_oos": 3.0, "typed": 3.0, "typed_oos": 3.0}
# Chosen by questions of knowledge bases that the fit had not seen: with little shrinking sixty weights fit the
# seen ones, and confidence means less elsewhere; a few weights need none.
_RIDGE: Final = {True: 30.0, False: 3.0}
_MANY: Final = 10  # weights
_TARGETS: Final = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_GRID: Final = tuple(step / 100 for step in range(5, 100))
_FAR_SHARE: Final = 0.2  # of the allowed wrong answers, those to questions about other things altogether
#: Of several passages that answer one may be marked right; this share more is taken for right. None: with .015 for
#: pages the promise was missed through the whole pipeline.
_UNMARKED: Final = {"faq": 0.0, "page": 0.0}
_MIXED: Final = "oos_mix"  # sets of questions in and out of scope, as customers mix them
_HIGHEST: Final = 0.97  # a confidence that can still be reached

Floats = NDArray[np.float64]
Model = dict[str, dict[str, float]]  # "order" and "sure": weights by feature name


@dataclass(frozen=True)
class Chosen:
    """The hit the bot would answer with, how sure it is, and whether it is right."""

    source: str
    scope: str
    hit: Features | None
    confidence: float

    @property
    def is_right(self) -> bool:
        return self.hit is not None and self.hit["label"] > 0

    @property
    def is_answerable(self) -> bool:
        return self.scope in {"in_scope", "judged", "typed"}

    @property
    def kind(self) -> str:
        return "faq" if self.hit is None or self.hit["faq"] else "page"


def fit(examples: Sequence[Example], *, only: str | None = None) -> dict[str, Model]:
    """The models of `chatbot.decide` by name: weights that put hits in order, and that say how sure we are."""
    made = {}
    for name, names in FEATURES.items():
        if only not in {None, name}:
            continue
        order = _fit_order(examples, names["order"], across=name == "full")
        first = choose(examples, {"order": order}, across=name == "full")
        made[name] = {"order": order, "sure": _fit_sure(first, names["sure"])}
    return made


def unseen(examples: Sequence[Example], name: str = "full") -> list[Chosen]:
    """The first hit of every question, each judged by a fit that has not seen its knowledge base.

    So thresholds keep what they promise for the products of others, which no fit has seen.
    """
    made: list[Chosen] = []
    for knowledge in dict.fromkeys(example.knowledge for example in examples):
        others = [example for example in examples if example.knowledge != knowledge]
        asked = [example for example in examples if example.knowledge == knowledge]
        made += choose(asked, fit(others or asked, only=name)[name], across=name == "full")
    return made


def choose(examples: Sequence[Example], model: Model, *, across: bool = True) -> list[Chosen]:
    """The first hit of every question; `across` also counts hits in another language."""
    return [_choose(example, model, across=across) for example in examples]


def _choose(example: Example, model: Model, *, across: bool) -> Chosen:
    hits = _usable(example, across=across)
    if not hits:
        return Chosen(example.source, example.scope, None, 0.0)
    best = max(range(len(hits)), key=lambda at: (score(model["order"], hits[at]), -at))
    hit = beside_others(hits, model)[best]
    sure = model.get("sure")
    confidence = probability(score(sure, hit)) if sure else 0.0
    return Chosen(example.source, example.scope, hit, confidence)


def _usable(example: Example, *, across: bool) -> list[Features]:
    return [hit for hit in example.hits if not hit["missing"] and (across or not hit["cross"])]


def _fit_order(examples: Sequence[Example], names: Sequence[str], *, across: bool) -> dict[str, float]:
    """Each question's right hits against its wrong ones."""
    rows, labels, weights = [], [], []
    for example in examples:
        hits = _usable(example, across=across)
        wrong = sum(not hit["label"] for hit in hits)
        if not any(hit["label"] for hit in hits):
            continue
        rows += hits
        labels += [hit["label"] for hit in hits]
        weights += [1.0 if hit["label"] else wrong**-0.5 for hit in hits]
    return _fit_rows(rows, labels, weights, names)


def _fit_sure(first: Sequence[Chosen], names: Sequence[str]) -> dict[str, float]:
    known = [one for one in first if one.hit is not None]
    weights = [_WEIGHTS.get(one.scope, 1.0) for one in known]
    return _fit_rows(
        [one.hit for one in known if one.hit], [float(one.is_right) for one in known], weights, names
    )


def _fit_rows(
    rows: Sequence[Features], labels: Sequence[float], weights: Sequence[float], names: Sequence[str]
) -> dict[str, float]:
    x = np.array([[row[name] for name in names] for row in rows])
    spread = x.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)  # the constant, and what is the same in all rows
    beta = _logistic_regression(x / scale, np.array(labels), np.array(weights)) / scale
    return {name: round(float(weight), 4) for name, weight in zip(names, beta, strict=True)}


def _logistic_regression(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Newton's method; the first column is the constant and hardly shrunk, so that labels may all be alike."""
    beta = np.zeros(x.shape[1])
    shrink = _RIDGE[len(beta) > _MANY] * np.concatenate(([1e-4], np.ones(len(beta) - 1)))
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weights * (p - y)) + shrink * beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(shrink + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-7:
            break
    return beta


def targets(
    chosen: Sequence[Chosen], unmarked: float = 0.0, seen: Sequence[Chosen] | None = None
) -> list[list[float]]:
    """Pairs of a share of right answers and the lowest confidence that leaves it, both rising.

    `unmarked` is the share of right answers that the data does not know to be right. Of the wrong answers a
    target allows, only a part may go to questions about other things altogether; those are counted among
    `seen`, if given: they are few, and one of them more or less would move a threshold.
    """
    far = [one.confidence for one in (chosen if seen is None else seen) if one.scope == "far_oos"]
    made: list[list[float]] = []
    for target in _TARGETS:
        allowed = (1 - target) * _FAR_SHARE
        at = next(
            (
                t
                for t in _GRID
                if _holds(chosen, t, target - unmarked) and share(one >= t for one in far) <= allowed
            ),
            _HIGHEST,
        )
        made.append([target, max([at, *(known for _, known in made)])])
    return made


def _holds(chosen: Sequence[Chosen], threshold: float, target: float) -> bool:
    given = [one for one in chosen if one.confidence >= threshold]
    return bool(given) and share(one.is_right for one in given) >= target


def risk_coverage(chosen: Sequence[Chosen], thresholds: Sequence[float]) -> list[dict[str, float]]:
    """At each threshold: how much is answered, how much of it is right, and how much of what nothing answers."""
    return [
        {
            "threshold": at,
            "coverage": share(one.confidence >= at for one in chosen if one.is_answerable),
            "right": share(one.is_right for one in chosen if one.confidence >= at),
            "near_answered": share(one.confidence >= at for one in chosen if one.scope == "near_oos"),
            "far_answered": share(one.confidence >= at for one in chosen if one.scope == "far_oos"),
        }
        for at in thresholds
    ]


def _at_target(
    chosen: Sequence[Chosen], limits: Mapping[str, Sequence[Sequence[float]]], target: float
) -> dict[str, float]:
    """What comes of questions in and out of scope when so many answers are to be right."""
    least = {kind: threshold_for(target, known) for kind, known in limits.items()}
    passing = [replace(one, confidence=float(one.confidence >= least[one.kind])) for one in chosen]
    (row,) = risk_coverage(passing, (1.0,))
    return {name: value for name, value in row.items() if name != "threshold"}


def share(of: Any) -> float:
    """The share of true ones, 0 of none."""
    flags = [bool(one) for one in of]
    return round(sum(flags) / len(flags), 4) if flags else 0.0


def fitted(examples: Sequence[Example]) -> dict[str, Any]:
    """What calibration.json holds."""
    models = fit(examples)
    chosen, seen = unseen(examples), choose(examples, models["full"])
    by_words = choose(examples, models["words"], across=False)
    limits = {"full": _limits(chosen, seen), "words": _limits(unseen(examples, "words"), by_words)}
    mixed = [one for one in seen if one.source.startswith(_MIXED)]
    return {
        "provenance": {
            "written_by": "python -m chatbot.calibration",
            "embedder": current_embedder().spec,
            "questions": dict(Counter(f"{example.source}: {example.scope}" for example in examples)),
        },
        "targets": limits,
        "at_targets": [
            {"target": target, **_at_target(mixed, limits["full"], target)} for target in (0.9, 0.95, 0.98)
        ],
        "risk_coverage": {
            kind: risk_coverage(_of_kind(kind, chosen), (0.3, 0.5, 0.7, 0.8, 0.9)) for kind in ("faq", "page")
        },
        "models": models,
    }


def _limits(chosen: Sequence[Chosen], seen: Sequence[Chosen]) -> dict[str, list[list[float]]]:
    return {
        kind: targets(_of_kind(kind, chosen), _UNMARKED[kind], _of_kind(kind, seen))
        for kind in ("faq", "page")
    }


def _of_kind(kind: str, of: Sequence[Chosen]) -> list[Chosen]:
    return [one for one in of if one.kind == kind]


def _collected(data: Path, typed: Sequence[Path], kept: Path | None) -> list[Example]:
    if kept is not None and kept.exists():
        return read_examples(kept)
    examples = [*collect(data), *(one for path in typed for one in collect_typed(path))]
    if kept is not None:
        write_examples(examples, kept)
    return examples


def main(arguments: Sequence[str]) -> Mapping[str, Any]:
    """Collect, fit and write calibration.json; returns what was written."""
    parser = argparse.ArgumentParser(prog="python -m chatbot.calibration")
    parser.add_argument("data", type=Path)
    parser.add_argument("--typed", type=Path, nargs="*", default=[])
    parser.add_argument("--examples", type=Path)
    parser.add_argument("--out", type=Path, default=CALIBRATION)
    given = parser.parse_args(arguments)
    made = fitted(_collected(given.data, given.typed, given.examples))
    given.out.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return made


if __name__ == "__main__":
    shown = main(sys.argv[1:])
    sys.stdout.write(json.dumps({key: shown[key] for key in ("targets", "risk_coverage")}, indent=1) + "\n")
