"""Leaving a model alone that keeps failing, so that no customer waits for it."""

import threading
import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 3
REST_S: Final = 30.0


class CircuitBreaker:
    """Closed while calls succeed; after `failures` in a row it rests, then lets one call through to try.

    Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        rest_s: float = REST_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._rest_s, self._now = failures, rest_s, now
        self._lock = threading.Lock()
        self._failed = 0
        self._resting_until = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now; of several that ask at the end of a rest, one is told so."""
        with self._lock:
            if self._failed < self._most:
                return True
            if self._now() < self._resting_until:
                return False
            self._resting_until = self._now() + self._rest_s
            return True

    def succeeded(self) -> None:
        """A call did what it should."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """A call failed or came too late."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._resting_until = self._now() + self._rest_s
