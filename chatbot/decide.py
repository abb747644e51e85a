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
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from chatbot.features import features_of, whole_of
from chatbot.understand import codes
from chatbot.words import names_code
from foundation.settings import get_settings
from models.embedder import Embedder
from retrieval.types import Hit

TOP_K: Final = 10  # hits to search for
CALIBRATION: Final = Path(__file__).with_name("calibration.json")
_TIE: Final = 0.12  # confidences closer than this are a tie between products
_MAX_CHOICES: Final = 4


@dataclass(frozen=True)
class Judged:
    """A hit with the probability that it answers the question."""

    hit: Hit
    confidence: float
    missing_codes: tuple[str, ...]  # codes of the question that the passage does not name
    is_named: bool = False  # the question names this passage, see `chatbot.named`


@dataclass(frozen=True)
class Decision:
    """What to do with the hits: answer from `best`, ask which of `choices`, or neither."""

    best: Judged | None
    choices: tuple[Judged, ...] = ()  # one per product, when the products tie
    missing_codes: tuple[str, ...] = ()  # codes that no hit names
    near: tuple[Judged, ...] = ()  # not good enough to answer, best first
    also: tuple[Judged, ...] = ()  # good enough beside the best

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
    judged: list[tuple[float, Judged]] = []
    for hit, features in zip(hits, features_of(question, hits, embedder, lang=lang), strict=False):
        missing = tuple(code for code in named if not names_code(code, whole_of(hit)))
        model = _model(embedder, is_cross=features["cross"] > 0)
        if missing or model is None:
            judged.append((-math.inf, Judged(hit, 0.0, missing)))
        else:
            sure = probability(score(model["sure"], features))
            judged.append((score(model["order"], features), Judged(hit, sure, missing)))
    return [one for _, one in sorted(judged, key=lambda entry: -entry[0])]


def decide(judged: Sequence[Judged], *, threshold: float, lang: str, product: str | None = None) -> Decision:
    """Choose among judged hits; `product` is what the page or the talk is about.

    A passage in the customer's language is preferred to a likelier one in the other if both are good enough.
    """
    good = [one for one in judged if one.confidence >= threshold]
    if not good:
        missing = set.intersection(*(set(one.missing_codes) for one in judged)) if judged else set()
        return Decision(None, missing_codes=tuple(sorted(missing)), near=tuple(judged[:3]))
    named = [one for one in good if one.is_named]
    same = named or [one for one in good if one.hit.lang == lang] or good
    tied = _tied(same)
    if len(tied) > 1:
        meant = [one for one in tied if product and _is_product(one.hit.product, product)]
        if not meant:
            return Decision(None, choices=tuple(tied[:_MAX_CHOICES]))
        return _answer_with(meant[0], good)
    return _answer_with(same[0], good)


def threshold() -> float:
    """The confidence below which the bot abstains: as set, or what the target share of right answers asks for."""
    chatbot = get_settings().chatbot
    if chatbot.min_confidence is not None:
        return chatbot.min_confidence
    return threshold_for(chatbot.target_precision, _calibration()["targets"])


def threshold_for(target: float, known: Sequence[Sequence[float]]) -> float:
    """The confidence that left `target` of answers right; `known` are such pairs, rising, read in between."""
    xs, ys = zip(*((share, at) for share, at in known), strict=True)
    return float(np.interp(target, xs, ys))


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


def _model(embedder: Embedder, *, is_cross: bool) -> Mapping[str, Mapping[str, float]] | None:
    """The model for a hit; None where nothing can be said: across languages by words alone."""
    models: dict[str, dict[str, dict[str, float]]] = _calibration()["models"]
    if not is_calibrated_for(embedder):
        return None if is_cross else models["words"]
    return models["cross" if is_cross else "same"]


@cache
def _calibration() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(CALIBRATION.read_text("utf-8"))
    return loaded
