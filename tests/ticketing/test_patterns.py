from __future__ import annotations

import pytest

from ticketing import patterns


@pytest.mark.parametrize(
    "pattern",
    [r"^SO[0-9]{2}-[0-9]{6}$", r"(\+\d{1,3})? ?\d{6,14}", r"[^@()+*]+@\w+", r"(?:YLD|YLG)-\d+", "a|b"],
)
def test_patterns_of_everyday_use_are_taken(pattern: str) -> None:
    assert patterns.check(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|aa)*b", "((x?)y)+", "(a*){3}", ".*.*.*.*.*.*x", "(", "a" * 201, "(?:a+)+$", "([a-z]+)*"],
)
def test_patterns_that_cannot_be_read_or_can_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|repeat"):
        patterns.check(pattern)
