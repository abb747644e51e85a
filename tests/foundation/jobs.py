"""Job functions for the tests of the job runner; named like a room's jobs.py on purpose."""

from __future__ import annotations

import os
import time
from pathlib import Path

from foundation.errors import DomainError

RUNS: list[object] = []


def note(value: object = None) -> None:
    RUNS.append(value)


def fail(times: int) -> None:
    RUNS.append("try")
    if len(RUNS) <= times:
        raise RuntimeError("not yet")


class FinalError(DomainError):
    code = "final"
    retryable = False


def fail_for_good() -> None:
    RUNS.append("try")
    raise FinalError("never")


def append(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text + "\n")


def die_once(path: str) -> None:
    """Dies with its process the first time, works the second."""
    append(path, "started")
    if Path(path).read_text().count("started") == 1:
        os._exit(9)
    append(path, "finished")


def sleep(path: str, seconds: float) -> None:
    time.sleep(seconds)
    append(path, "slept")


def take(seconds: float) -> None:
    """Works for a while."""
    time.sleep(seconds)
