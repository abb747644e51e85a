"""Deciding whether a passage answers the question, and how sure we may be.

Confidence is a logistic function of features of question and hit, fitted by `chatbot.calibration` on
questions whose right passage is known and on questions that nothing answers. It is an estimate of the
probability that the answer is right. The calibration also knows which confidence left which share of all given
answers right; `chatbot.target_precision` picks from that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from chatbot import editions, recalibration
from chatbot.features import features_of, whole_of
from chatbot.understand import codes
from chatbot.words import names_code
from foundation.settings import get_settings
from models.embedder import Embedder
from retrieval.passages import current_embedder
from retrieval.types import Hit

TOP_K: Final = 10  # hits to search for
CALIBRATION: Final = Path(__file__).with_name("calibration.json")
_TIE: Final = 0.12  # confidences closer than this are a tie between products
_OTHER_EDITION: Final = 0.4  # of one entry, which its editions answer alike, so much less sure still counts
_MAX_CHOICES: Final = 4
_ALONE: Final = 4.0  # margin of a hit that has no other beside it


@dataclass(frozen=True)
class Judged:
    """A hit with the probability that it answers the question."""

    hit: Hit
    confidence: float
    missing_codes: tuple[str, ...]  # codes of the question that the passage does not name
    is_named: bool = False  # the question names this passage, see `chatbot.named`


class Slot(StrEnum):
    """What a question may leave unsaid although the answer depends on it."""

    PRODUCT = "product"
    VERSION = "version"


@dataclass(frozen=True)
class Decision:
    """What to do with the hits: answer from `best`, ask which of `choices`, or neither."""

    best: Judged | None
    choices: tuple[Judged, ...] = ()  # one per product or version, when these tie
    missing_codes: tuple[str, ...] = ()  # codes that no hit names
    near: tuple[Judged, ...] = ()  # not good enough to answer, best first
    also: tuple[Judged, ...] = ()  # good enough beside the best
    lacks: Slot | None = None  # what must be known to choose among `choices`

    @property
    def is_silent(self) -> bool:
        return self.best is None and not self.choices

    @property
    def confidence(self) -> float:
        judged = (self.best, *self.choices, *self.near)
        return max((one.confidence for one in judged if one is not None), default=0.0)


def judge(question: str, hits: Sequence[Hit], embedder: Embedder, *, lang: str | None = None) -> list[Judged]:
    """The first hits with their confidence, in the order in which they are likely to answer.

    A hit that does not name a code of the question answers another question: it comes last, with no confidence.
    """
    named = codes(question)
    judged, missing = [], []
    for hit, features in zip(hits, features_of(question, hits, embedder, lang=lang), strict=False):
        unsaid = tuple(code for code in named if not names_code(code, whole_of(hit)))
        if unsaid or not (is_calibrated_for(embedder) or not features["cross"]):
            missing.append(Judged(hit, 0.0, unsaid))
        else:
            judged.append((hit, features))
    model = model_for(embedder)
    sure = confidences([features for _, features in judged], model)
    order = sorted(range(len(judged)), key=lambda at: -score(model["order"], judged[at][1]))
    return [Judged(judged[at][0], sure[at], ()) for at in order] + missing


def confidences(rows: Sequence[Mapping[str, float]], model: Mapping[str, Mapping[str, float]]) -> list[float]:
    """How sure we may be of each of the hits of one question, given the others."""
    return [probability(score(model["sure"], row)) for row in beside_others(rows, model)]


def beside_others(
    rows: Sequence[Mapping[str, float]], model: Mapping[str, Mapping[str, float]]
) -> list[dict[str, float]]:
    """The features with how far a hit is before the best of the others, by the model that orders them."""
    scores = np.array([score(model["order"], row) for row in rows])
    made = []
    for at, row in enumerate(rows):
        others = np.delete(scores, at)
        share = 1.0 / float(np.exp(np.clip(scores - scores[at], -30, 30)).sum())
        margin = float(scores[at] - others.max()) if len(others) else _ALONE
        made.append({**row, "order": float(scores[at]), "order_margin": margin, "order_share": share})
    return made


def least_confidence(kind: str = "faq") -> float:
    """The confidence below which the bot abstains: as set, or what the target share of right answers asks for.

    Pages need more of it than FAQ entries: a page that is near may still not answer. What customers' votes
    taught (`chatbot.recalibration`) is counted in.
    """
    chatbot = get_settings().chatbot
    if chatbot.min_confidence is not None:
        return chatbot.min_confidence
    known = _calibration()["targets"][_model_name(current_embedder())]["faq" if kind == "faq" else "page"]
    return recalibration.current().least(threshold_for(chatbot.target_precision, known))


def threshold_for(target: float, known: Sequence[Sequence[float]]) -> float:
    """The confidence that left `target` of answers right; `known` are such pairs, rising, read in between."""
    xs, ys = zip(*((share, at) for share, at in known), strict=True)
    return float(np.interp(target, xs, ys))


def decide(
    judged: Sequence[Judged],
    *,
    lang: str,
    product: str | None = None,
    threshold: float | None = None,
) -> Decision:
    """Choose among judged hits, by the configured threshold of their kind if none is given.

    `product` is what the page or the talk is about. A passage in the customer's language is preferred to a
    likelier one in the other if both are good enough.
    """
    good = [one for one in judged if one.confidence >= _least(one, threshold)]
    if not good:
        missing = set.intersection(*(set(one.missing_codes) for one in judged)) if judged else set()
        return Decision(None, missing_codes=tuple(sorted(missing)), near=tuple(judged[:3]))
    named = [one for one in good if one.is_named]
    same = named or [one for one in good if one.hit.lang == lang] or good
    tied = _tied(same)
    if len(tied) > 1:
        meant = [one for one in tied if product and _is_product(one.hit.product, product)]
        if not meant:
            return Decision(None, choices=tuple(tied[:_MAX_CHOICES]), lacks=Slot.PRODUCT)
        return _one_edition(meant[0], judged, good)
    return _one_edition(same[0], judged, good)


def _least(one: Judged, threshold: float | None) -> float:
    return least_confidence("faq" if one.is_named else one.hit.kind) if threshold is None else threshold


def _one_edition(best: Judged, judged: Sequence[Judged], good: Sequence[Judged]) -> Decision:
    """The answer, unless the same entry says something else for other versions of the product."""
    others = [
        one
        for one in judged
        if editions.differ(best.hit, one.hit) and best.confidence - one.confidence <= _OTHER_EDITION
    ]
    if not others:
        return _answer_with(best, good)
    by_hit = {one.hit.chunk_id: one for one in (best, *others)}
    ordered = editions.newest_first(one.hit for one in by_hit.values())
    choices = tuple(by_hit[hit.chunk_id] for hit in ordered[:_MAX_CHOICES])
    return Decision(None, choices=choices, lacks=Slot.VERSION)


def _answer_with(best: Judged, good: Sequence[Judged]) -> Decision:
    return Decision(best, also=tuple(one for one in good if one is not best))


def _tied(good: Sequence[Judged]) -> list[Judged]:
    """The best hit of each product, as long as they are as sure as the very best."""
    best = good[0]
    if not best.hit.product:
        return [best]
    by_product: dict[str, Judged] = {}
    for one in good:
        if not one.hit.product or best.confidence - one.confidence > _TIE:
            break
        by_product.setdefault(one.hit.product, one)
    return list(by_product.values())


def _is_product(known: str | None, meant: str) -> bool:
    one, other = (known or "").lower(), meant.lower()
    return bool(one) and (one in other or other in one)


def score(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """The weighted sum of the features a model knows."""
    return sum(weight * features[name] for name, weight in weights.items())


def probability(logit: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def is_calibrated_for(embedder: Embedder) -> bool:
    """Whether cosines mean what they meant at calibration; for other embedders only words count."""
    return embedder.spec.partition(":")[0].partition("@")[0] == "builtin"


def model_for(embedder: Embedder) -> Mapping[str, Mapping[str, float]]:
    """The weights that order hits and say how sure we are; by words alone for embedders that were not calibrated."""
    models: dict[str, dict[str, dict[str, float]]] = _calibration()["models"]
    return models[_model_name(embedder)]


def _model_name(embedder: Embedder) -> str:
    return "full" if is_calibrated_for(embedder) else "words"


@cache
def _calibration() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(CALIBRATION.read_text("utf-8"))
    return loaded
