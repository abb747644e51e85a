"""What time it is: the one place that asks, so that tests can fix and move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_fixed: datetime | None = None


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _fixed if _fixed is not None else datetime.now(UTC)


@contextmanager
def fixed(at: datetime) -> Iterator[None]:
    """Stop the clock at `at` (aware) for every thread of this process; for tests."""
    global _fixed  # noqa: PLW0603 - one clock per process is the point
    before, _fixed = _fixed, at.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before


def advance(by: timedelta) -> datetime:
    """Move a stopped clock forward and return its new time.

    Raises RuntimeError if the clock runs freely.
    """
    global _fixed  # noqa: PLW0603
    if _fixed is None:
        raise RuntimeError("the clock is not stopped; use clock.fixed() first")
    _fixed += by
    return _fixed
