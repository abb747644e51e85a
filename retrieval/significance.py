"""How sure a difference is: bootstrap intervals of means, and a paired randomisation test.

All draws come from a fixed seed, so the same figures give the same answer on every machine.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SEED: Final = 20261121
_RESAMPLES: Final = 2_000
_SHUFFLES: Final = 20_000
_BLOCK: Final = 2_000  # shuffles at once: memory stays small for thousands of queries
_EXACT: Final = 14  # so few differences are tried in every combination of signs
_CONFIDENCE: Final = 95.0


def interval(values: Floats) -> Floats:
    """The 95 % percentile bootstrap interval of the mean of each column of `values`, (columns, 2).

    Rows are queries and drawn with replacement, whole rows at a time; at least one is needed.
    """
    rows = len(values)
    drawn = np.random.default_rng(_SEED).multinomial(rows, np.full(rows, 1.0 / rows), size=_RESAMPLES)
    outside = (100.0 - _CONFIDENCE) / 2
    ends: Floats = np.percentile(drawn @ values / rows, [outside, 100.0 - outside], axis=0).T
    return ends


def paired_p(differences: Floats) -> float:
    """How often a difference of means this large, either way, comes up when both systems are equally good.

    Then the sign of every query's difference is a coin toss: all combinations are tried where there are few,
    a fixed number of random ones otherwise. 1.0 where nothing differs.
    """
    moved = differences[differences != 0.0]
    if not len(moved):
        return 1.0
    found = abs(moved.sum()) * (1.0 - 1e-9)  # rounding must not make a tie look smaller
    if len(moved) <= _EXACT:
        numbers = np.arange(2 ** len(moved))[:, None]
        return float(np.mean(_sums(moved, numbers >> np.arange(len(moved)) & 1) >= found))
    random = np.random.default_rng(_SEED)
    reached = sum(
        int(np.sum(_sums(moved, random.integers(0, 2, (_BLOCK, len(moved)), dtype=np.int8)) >= found))
        for _ in range(_SHUFFLES // _BLOCK)
    )
    return (reached + 1) / (_SHUFFLES + 1)


def _sums(moved: Floats, flipped: NDArray[np.integer]) -> Floats:
    return np.abs((1 - 2 * flipped) @ moved)
