from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.circuit_breaker import CircuitBreaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures=3, rest_s=30, now=clock)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_after_some_failures_in_a_row_it_rests() -> None:
    assert not opened(Clock()).allows()


def test_after_the_rest_one_call_tries_and_the_others_wait_for_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 30.0
    assert breaker.allows() and not breaker.allows()


def test_a_try_that_succeeds_closes_it_and_one_that_fails_lets_it_rest_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 30.0
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now = 60.0
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows() and breaker.allows()


@settings(deadline=None)
@given(st.lists(st.sampled_from(["failed", "succeeded"]), max_size=30))
def test_a_success_forgives_what_went_before(calls: list[str]) -> None:
    breaker = CircuitBreaker(failures=3, rest_s=30, now=Clock())
    row = 0
    for call in calls:
        row = row + 1 if call == "failed" else 0
        getattr(breaker, call)()
    assert breaker.allows() is (row < 3)
