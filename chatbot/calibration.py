"""Fitting the confidence of `chatbot.decide`: `python -m chatbot.calibration DATA [QUESTIONS]` writes calibration.json.

DATA holds `bench/<set>` (corpora), `train/<set>` (questions with their right passage) and
`train/oos_mix/labels.jsonl` (questions in and out of scope); each knowledge base is searched through the
production path. QUESTIONS, as for `chatbot.evaluation`, are asked of the configured knowledge base.
Two logistic regressions: one over pairs of question and hit puts hits in order; one over the first hit of each
question, out-of-scope questions among them, says how sure we may be of it.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chatbot.decide import CALIBRATION, TOP_K, probability, score
from chatbot.features import features_of, whole_of
from chatbot.understand import codes
from chatbot.words import names_code, squeezed
from foundation import db
from foundation.access import ANONYMOUS
from foundation.db import ReadSession
from foundation.logging import get_logger
from retrieval.benchmark_data import Benchmark, Document, Query, read_benchmark
from retrieval.benchmark_knowledge import temporary_knowledge
from retrieval.passages import current_embedder
from retrieval.service import search
from retrieval.types import Filters, Hit

KNOWLEDGE_BASES: Final = {
    "iot_hardware": ("esp_faq",),
    "ms_partner_support": ("partner_center", "alchemy_zh"),
    "data_platform": ("tidb_docs",),
}
_ORDER: Final = (
    *("one", "rank", "late_gap", "cosine_gap", "late", "title_late", "code_head", "faq", "opening"),
    *("lexical_share", "title_coverage", "coverage"),
)
_SURE: Final = (
    *("one", "late_gap", "cosine_gap", "late", "title_late", "title_cosine", "code_head", "words"),
    *("late_margin", "title_margin", "cosine_margin", "lexical_margin", "agreed", "faq"),
)
_COVERED: Final = ("coverage", "title_coverage", "known", "half_covered")
_WORDS: Final = ("one", "rank", "coverage", "title_coverage", "code_head", "words")
FEATURES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "same": {"order": _ORDER, "sure": (*_SURE, *_COVERED)},
    "cross": {"order": _ORDER, "sure": _SURE},  # across languages words cannot match
    "words": {"order": _WORDS, "sure": _WORDS},  # for embedders whose similarities were not calibrated
}
_EITHER_WAY: Final = {"one", "words", "faq", "opening"}  # all other features can only speak for a hit
# An invented answer costs more than a question passed on; questions as customers type them are few; and of judged
# questions only one of several passages that answer is known to be right.
_WEIGHTS: Final = {"judged": 0.3, "far_oos": 40.0, "typed": 30.0, "typed_oos": 30.0}
_PER_GROUP: Final = 60
_SEED: Final = 7
_log = get_logger(__name__)

Floats = NDArray[np.float64]
Features = dict[str, float]
Model = dict[str, dict[str, float]]  # "order" and "sure": weights by feature name


@dataclass(frozen=True)
class Example:
    """One question with the features of its hits.

    `scope` is judged, in_scope, near_oos, far_oos, and of QUESTIONS typed or typed_oos.
    """

    scope: str
    hits: tuple[
        Features, ...
    ]  # with `label` 1 for a right hit, `missing` 1 where a code of the question is not named


@dataclass(frozen=True)
class Chosen:
    """The hit the bot would answer with, how sure it is, and whether it is right."""

    scope: str
    hit: Features | None
    confidence: float

    @property
    def is_right(self) -> bool:
        return self.hit is not None and self.hit["label"] > 0


def collect(data: Path, per_group: int = _PER_GROUP) -> list[Example]:
    """Search the knowledge bases with a sample of each group of questions, always the same one."""
    chance = random.Random(_SEED)  # noqa: S311 - a repeatable sample, no secret
    labels = [
        json.loads(line) for line in (data / "train/oos_mix/labels.jsonl").read_text("utf-8").splitlines()
    ]
    found: list[Example] = []
    for name, sets in KNOWLEDGE_BASES.items():
        read = [read_benchmark(data / "bench" / one, data / "train" / one) for one in sets]
        scoped = [label for label in labels if label["kb"] == name]
        for with_question in (True, False):
            found += _collect_from(
                read, scoped if with_question else [], chance, per_group, with_question=with_question
            )
            _log.info("calibration_collected", knowledge_base=name, examples=len(found))
    return found


def _collect_from(
    read: Sequence[Benchmark],
    labels: Sequence[dict[str, Any]],
    chance: random.Random,
    per_group: int,
    *,
    with_question: bool,
) -> Iterator[Example]:
    """An FAQ entry's question is its article's title, as ingestion publishes it."""
    documents: list[Document] = []
    relevance: dict[str, set[str]] = {}
    for one in read:
        documents += [
            replace(row, title=row.question or row.title) if with_question else row for row in one.documents
        ]
        relevance |= {query: set(right) for query, right in one.relevance.items()}
    with (
        temporary_knowledge(documents, with_question=with_question) as (ids, _seconds),
        db.read_session() as session,
    ):
        for query in _sampled(read, chance, per_group, with_question=with_question):
            yield _example(session, query.text, "judged", relevance[query.id], ids, query.target_lang)
        for label in _sampled_labels(labels, chance, per_group):
            yield _example(
                session, label["text"], label["label"], relevance.get(label.get("query_id", ""), set()), ids
            )


def _sampled(
    read: Sequence[Benchmark], chance: random.Random, per_group: int, *, with_question: bool
) -> Iterator[Query]:
    for one in read:
        groups: defaultdict[Any, list[Query]] = defaultdict(list)
        for query in one.queries:
            if query.sees_question is with_question:
                groups[query.group].append(query)
        for queries in groups.values():
            yield from chance.sample(queries, min(per_group, len(queries)))


def _sampled_labels(
    labels: Sequence[dict[str, Any]], chance: random.Random, per_group: int
) -> Iterator[dict[str, Any]]:
    groups: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for label in labels:
        groups[label["label"], label["lang"]].append(label)
    for known in groups.values():
        yield from chance.sample(known, min(per_group, len(known)))


def _example(
    session: ReadSession,
    question: str,
    scope: str,
    right: set[str],
    ids: dict[int, str],
    lang: str | None = None,
) -> Example:
    def is_right(hit: Hit) -> bool:
        return scope not in {"near_oos", "far_oos"} and ids[hit.article_id] in right

    return _searched(session, question, scope, is_right, lang)


def _searched(
    session: ReadSession, question: str, scope: str, is_right: Callable[[Hit], bool], lang: str | None = None
) -> Example:
    hits = search(session, ANONYMOUS, question, top_k=TOP_K, filters=Filters(lang=lang)).hits
    named = codes(question)
    made = []
    for hit, features in zip(hits, features_of(question, hits, current_embedder()), strict=False):
        missing = any(not names_code(code, whole_of(hit)) for code in named)
        made.append({**features, "missing": float(missing), "label": float(is_right(hit))})
    return Example(scope, tuple(made))


def collect_typed(questions: Path) -> list[Example]:
    """Ask the configured knowledge base, as a visitor; a hit is right if it holds what the answer must contain."""
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    with db.read_session() as session:
        return [_typed(session, row) for row in rows]


def _typed(session: ReadSession, row: dict[str, Any]) -> Example:
    if row["expect"] is None:
        return _searched(session, row["q"], "typed_oos", lambda _hit: False)
    wanted = squeezed(row["contains"])
    return _searched(session, row["q"], "typed", lambda hit: wanted in squeezed(hit.text))


def fit(examples: Sequence[Example]) -> dict[str, Model]:
    """The models of `chatbot.decide` by name: weights that put hits in order, and that say how sure we are."""
    orders = {name: {"order": _fit_pairs(examples, name)} for name in FEATURES}
    full = {name: orders[name] for name in ("same", "cross")}
    first = choose(examples, full) + choose(examples, {"words": orders["words"]})
    made: dict[str, Model] = {}
    for name in FEATURES:
        mine = [one for one in first if one.hit is not None and _name(one.hit) == name]
        if name == "words":
            mine = [one for one in choose(examples, {"words": orders["words"]}) if one.hit is not None]
        made[name] = {"order": orders[name]["order"], "sure": _fit_first(mine, FEATURES[name]["sure"])}
    return {
        name: {part: _rounded(weights) for part, weights in model.items()} for name, model in made.items()
    }


def choose(examples: Sequence[Example], models: Mapping[str, Model]) -> list[Chosen]:
    """The first hit of every question; `models` are same and cross, or words alone, which knows one language."""
    return [_choose(example, models) for example in examples]


def _choose(example: Example, models: Mapping[str, Model]) -> Chosen:
    scored = [
        (score(models[name]["order"], hit), -at)
        for at, hit in enumerate(example.hits)
        if (name := _model_name(hit, models)) and not hit["missing"]
    ]
    if not scored:
        return Chosen(example.scope, None, 0.0)
    hit = example.hits[-max(scored)[1]]
    sure = models[_model_name(hit, models)].get("sure")
    return Chosen(example.scope, hit, probability(score(sure, hit)) if sure else 0.0)


def _name(hit: Features) -> str:
    return "cross" if hit["cross"] else "same"


def _model_name(hit: Features, models: Mapping[str, Model]) -> str:
    if "words" in models:
        return "" if hit["cross"] else "words"
    return _name(hit)


def risk_coverage(chosen: Sequence[Chosen], thresholds: Sequence[float]) -> list[dict[str, float]]:
    """Over in- and out-of-scope questions: at each threshold, how much is answered and how much of it is right."""
    mixed = [one for one in chosen if one.scope != "judged"]
    inside = [one for one in mixed if one.scope == "in_scope"]
    far = [one for one in mixed if one.scope == "far_oos"]
    rows = []
    for threshold in thresholds:
        given = [one for one in mixed if one.confidence >= threshold]
        rows.append(
            {
                "threshold": threshold,
                "coverage": _share(one.confidence >= threshold for one in inside),
                "right": _share(one.is_right for one in given),
                "far_answered": _share(one.confidence >= threshold for one in far),
            }
        )
    return rows


def _fit_pairs(examples: Sequence[Example], name: str) -> dict[str, float]:
    """Each question's right hit against its wrong ones, and those of questions that nothing answers."""
    rows, labels, weights = [], [], []
    for example in examples:
        hits = [hit for hit in example.hits if bool(hit["cross"]) is (name == "cross") and not hit["missing"]]
        wrong = sum(not hit["label"] for hit in hits)
        for hit in hits:
            rows.append(hit)
            labels.append(hit["label"])
            weights.append(_WEIGHTS.get(example.scope, 1.0) * (1.0 if hit["label"] else wrong**-0.5))
    return _fit_rows(rows, labels, weights, FEATURES[name]["order"])


def _fit_first(first: Sequence[Chosen], names: Sequence[str]) -> dict[str, float]:
    rows = [one.hit for one in first if one.hit is not None]
    labels = [float(one.is_right) for one in first]
    return _fit_rows(rows, labels, [_WEIGHTS.get(one.scope, 1.0) for one in first], names)


def _fit_rows(
    rows: Sequence[Features], labels: Sequence[float], weights: Sequence[float], names: Sequence[str]
) -> dict[str, float]:
    """Leave out, one by one, features that would speak against a hit: they only make up for another one."""
    names = list(names)
    while True:
        x = np.array([[row[name] for name in names] for row in rows])
        scale = np.concatenate(([1.0], x[:, 1:].std(axis=0) + 1e-9))
        beta = _logistic_regression(x / scale, np.array(labels), np.array(weights), ridge=1.0) / scale
        model = dict(zip(names, map(float, beta), strict=True))
        against = {name: weight for name, weight in model.items() if weight < 0 and name not in _EITHER_WAY}
        if not against:
            return model
        names.remove(min(against, key=lambda name: against[name]))


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, 4) for name, weight in weights.items()}


def _logistic_regression(x: Floats, y: Floats, weights: Floats, *, ridge: float) -> Floats:
    """Newton's method; the first column is the constant and is not shrunk."""
    beta = np.zeros(x.shape[1])
    shrink = ridge * np.concatenate(([0.0], np.ones(len(beta) - 1)))
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weights * (p - y)) + shrink * beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(shrink + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-7:
            break
    return beta


def _share(of: Any) -> float:
    flags = [bool(one) for one in of]
    return round(sum(flags) / len(flags), 4) if flags else 0.0


def store(examples: Sequence[Example], path: Path = CALIBRATION) -> dict[str, Any]:
    """Fit and write the file that `chatbot.decide` reads; returns what was written."""
    models = fit(examples)
    thresholds = (0.3, 0.5, 0.7, 0.9)
    full, words = {name: models[name] for name in ("same", "cross")}, {"words": models["words"]}
    made = {
        "provenance": {
            "written_by": "python -m chatbot.calibration",
            "embedder": current_embedder().spec,
            "questions": dict(Counter(example.scope for example in examples)),
            "data": "training questions of esp_faq, partner_center, alchemy_zh, tidb_docs and oos_mix; typed questions",
        },
        "risk_coverage": risk_coverage(choose(examples, full), thresholds),
        "risk_coverage_words": risk_coverage(choose(examples, words), thresholds),
        "models": models,
    }
    path.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    return made


def _main(data: Path, *questions: Path) -> None:
    typed = [example for path in questions for example in collect_typed(path)]
    sys.stdout.write(json.dumps(store([*collect(data), *typed])["risk_coverage"], indent=1) + "\n")


if __name__ == "__main__":
    _main(*map(Path, sys.argv[1:]))
