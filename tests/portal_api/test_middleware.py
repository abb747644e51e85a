from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal_api.errors import TooManyAttemptsError
from portal_api.middleware import RateLimit


def allowed(limit: RateLimit, client: str, at: float) -> bool:
    try:
        limit.check(client, at=at)
    except TooManyAttemptsError:
        return False
    return True


def test_a_client_gets_its_share_a_minute_and_no_more() -> None:
    limit = RateLimit(60)
    assert [allowed(limit, "a", 0.0) for _ in range(61)].count(True) == 60
    assert allowed(limit, "b", 0.0)


def test_the_share_is_refilled_evenly() -> None:
    limit = RateLimit(60)
    for _ in range(60):
        limit.check("a", at=0.0)
    assert [allowed(limit, "a", at) for at in (0.5, 1.0, 1.5, 2.1)] == [False, True, False, True]


def test_the_refusal_says_when_to_come_back() -> None:
    limit = RateLimit(6)
    for _ in range(6):
        limit.check("a", at=0.0)
    with pytest.raises(TooManyAttemptsError) as caught:
        limit.check("a", at=0.0)
    assert caught.value.retry_after_s == 10


def test_clients_that_were_not_seen_for_long_are_forgotten() -> None:
    limit = RateLimit(60, remember=3)
    for client in "abcd":
        limit.check(client, at=0.0)
    assert len(limit._left) == 3


def test_callers_at_the_same_moment_do_not_get_a_fresh_share() -> None:
    limit = RateLimit(50)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: allowed(limit, "a", 0.0), range(4000)))
    assert found.count(True) == 50
