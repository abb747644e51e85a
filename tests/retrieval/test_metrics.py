from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.metrics import Figures, figures, mean


@pytest.mark.parametrize(
    ("ranking", "relevance", "expected"),
    [
        (["a"], {"a": 1}, Figures(1.0, 1.0, 1.0, 1.0)),
        (["x", "a"], {"a": 1}, Figures(1 / log2(3), 1.0, 0.5, 0.0)),
        (["x", "y"], {"a": 1}, Figures(0.0, 0.0, 0.0, 0.0)),
        ([], {"a": 1}, Figures(0.0, 0.0, 0.0, 0.0)),
        (["a", "x", "b"], {"a": 1, "b": 1}, Figures(1.5 / (1 + 1 / log2(3)), 1.0, 1.0, 1.0)),
        (["b", "a"], {"a": 3, "b": 1}, Figures((1 + 3 / log2(3)) / (3 + 1 / log2(3)), 1.0, 1.0, 1.0)),
        ([*"0123456789", "a"], {"a": 1}, Figures(0.0, 0.0, 0.0, 0.0)),
        ([*"012345678", "a"], {"a": 1, "b": 1}, Figures(1 / log2(11) / (1 + 1 / log2(3)), 0.5, 0.1, 0.0)),
        (["a", "b"], {"a": 0, "b": 1}, Figures(1 / log2(3), 1.0, 0.5, 0.0)),
    ],
)
def test_figures_are_those_computed_by_hand(
    ranking: list[str], relevance: dict[str, float], expected: Figures
) -> None:
    found = figures(ranking, relevance)
    assert vars(found) == pytest.approx(vars(expected))


def test_a_page_of_many_sections_is_full_when_ten_of_them_are_found() -> None:
    sections = {f"s{number}": 1.0 for number in range(20)}
    found = figures([f"s{number}" for number in range(10)], sections)
    assert found.ndcg == pytest.approx(1.0)
    assert found.recall == pytest.approx(0.5)


@given(st.permutations([f"d{number}" for number in range(12)]), st.sets(st.integers(0, 11), min_size=1))
def test_figures_lie_between_none_and_all(ranking: list[str], relevant: set[int]) -> None:
    found = figures(ranking, {f"d{number}": 1.0 for number in relevant})
    assert all(0 <= value <= 1 + 1e-9 for value in vars(found).values())


def test_the_mean_is_taken_figure_by_figure() -> None:
    assert mean([Figures(1, 1, 1, 1), Figures(0, 0.5, 0.25, 0)]) == Figures(0.5, 0.75, 0.625, 0.5)
