"""Learning from votes how sure the bot may be: `jieda eval recalibrate`.

Customers say of answers whether they helped. Where answers of some confidence help less often than that confidence
says, more of it is asked for; where they help more often, less. A few votes change little. What was learnt lies
beside the data and moves the thresholds; the confidence of an answer itself stays what it was.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chatbot import repository
from foundation.db import ReadSession
from foundation.settings import get_settings

MOST_VOTES: Final = 5000  # the latest ones
_PRIOR: Final = 12.0  # as if about fifty answers had already been just as good as their confidence said
_SLOPES: Final = tuple(np.geomspace(0.5, 2.0, 41))
_LEAST, _MOST = 0.02, 0.995  # a threshold stays between

Floats = NDArray[np.float64]
Vote = tuple[float, bool]  # the confidence of an answer, and whether it helped


@dataclass(frozen=True)
class Adjustment:
    """An answer helps with odds of exp(slope · logit(confidence) + offset); 1 and 0 take confidence at its word."""

    slope: float = 1.0
    offset: float = 0.0
    votes: int = 0

    def helps(self, confidence: float) -> float:
        """How likely an answer of this confidence helps."""
        return _probability(self.slope * _logit(confidence) + self.offset)

    def least(self, wanted: float) -> float:
        """The confidence from which answers help as often as `wanted` would say unadjusted."""
        found = _probability((_logit(wanted) - self.offset) / self.slope)
        return min(max(found, _LEAST), _MOST)


def fit(votes: Sequence[Vote]) -> Adjustment:
    """The adjustment that explains the votes, near to none where there are few."""
    if not votes:
        return Adjustment()
    logits = np.array([_logit(confidence) for confidence, _ in votes])
    helped = np.array([float(one) for _, one in votes])
    # Shrunk towards 1 and 0; from a list of slopes, so that none is absurd and the best one is always found.
    fits = [(_loss(slope, offset, logits, helped), slope, offset)
            for slope in _SLOPES for offset in [_offset(slope, logits, helped)]]  # fmt: skip
    _, slope, offset = min(fits)
    return Adjustment(round(float(slope), 4), round(offset, 4), len(votes))


def _offset(slope: float, logits: Floats, helped: Floats) -> float:
    """The offset that explains the votes best at this slope, by Newton's method."""
    offset = 0.0
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(slope * logits + offset, -30, 30)))
        step = (float((p - helped).sum()) + _PRIOR * offset) / (float((p * (1 - p)).sum()) + _PRIOR)
        offset -= step
        if abs(step) < 1e-9:
            break
    return offset


def _loss(slope: float, offset: float, logits: Floats, helped: Floats) -> float:
    margins = np.where(helped > 0, 1.0, -1.0) * (slope * logits + offset)
    return float(np.logaddexp(0.0, -margins).sum()) + _PRIOR / 2 * (math.log(slope) ** 2 + offset**2)


def recalibrate(session: ReadSession) -> Adjustment:
    """Fit the adjustment to the votes on answers and use it from now on, in every process of this data folder."""
    made = fit(repository.votes(session, limit=MOST_VOTES))
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(made)) + "\n", "utf-8")
    new.replace(path)
    return made


def current() -> Adjustment:
    """What was learnt last; nothing at first."""
    path = _path()
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return Adjustment()
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Adjustment:
    return Adjustment(**json.loads(path.read_text("utf-8")))


def _path() -> Path:
    return get_settings().data_dir / "confidence.json"


def _logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))
