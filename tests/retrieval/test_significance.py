from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.significance import interval, paired_p

_FIGURES = st.floats(0, 1, allow_nan=False)


def test_the_interval_of_equal_figures_is_a_point() -> None:
    np.testing.assert_allclose(interval(np.full((30, 2), 0.25)), [[0.25, 0.25], [0.25, 0.25]])


def test_the_interval_is_the_one_theory_gives() -> None:
    right = np.repeat([0.0, 1.0], 200)[:, None]  # a fair coin thrown 400 times: 0.5 ± 1.96 × 0.025
    [(low, high)] = interval(right)
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.006)


@given(st.lists(_FIGURES, min_size=1, max_size=40))
def test_the_interval_lies_between_the_extremes_and_is_the_same_every_time(figures: list[float]) -> None:
    values = np.array(figures)[:, None]
    [(low, high)] = interval(values)
    assert min(figures) - 1e-9 <= low <= high <= max(figures) + 1e-9
    np.testing.assert_array_equal(interval(values), [[low, high]])


def test_no_difference_is_no_evidence() -> None:
    assert paired_p(np.zeros(50)) == 1.0


def test_few_differences_are_counted_exactly() -> None:
    differences = np.array([0.5, 0.4, 0.3, -0.1, 0.0, 0.0])
    moved = differences[:4]
    flips = [abs(np.dot(signs, moved)) >= abs(moved.sum()) - 1e-12 for signs in product((1, -1), repeat=4)]
    assert paired_p(differences) == pytest.approx(np.mean(flips))


def test_many_small_gains_in_one_direction_are_evidence() -> None:
    assert paired_p(np.full(40, 0.01)) < 0.001


def test_gains_and_losses_alike_are_none() -> None:
    assert paired_p(np.tile([0.3, -0.3], 30)) == 1.0


@given(st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=30))
def test_which_system_comes_first_does_not_matter(differences: list[float]) -> None:
    values = np.array(differences)
    assert paired_p(values) == pytest.approx(paired_p(-values))
    assert 0 < paired_p(values) <= 1
