"""Runs: who has a job or a file in hand. A run is one worker's go at a job, told apart from its next one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from foundation import clock, jobs

_here: set[str] = set()  # runs of this process


@contextmanager
def begin() -> Iterator[str]:
    """A name for a run of this process, alive inside the block."""
    run = f"{jobs.worker_name()}#{secrets.token_hex(4)}"
    _here.add(run)
    try:
        yield run
    finally:
        _here.discard(run)


def is_alive(run: str | None, heartbeat_at: datetime | None) -> bool:
    """Whether a run may still be at work; one of another machine is believed as long as its heartbeat goes on."""
    if run is None or heartbeat_at is None:
        return False
    if run in _here:
        return True
    worker = run.partition("#")[0]
    return heartbeat_at > clock.now() - jobs.LEASE and not jobs.is_dead(worker)
