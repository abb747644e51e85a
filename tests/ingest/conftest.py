"""Small real files, and a job run from beginning to end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import jobs, sandbox, service
from ingest.types import Block, BlockKind, IngestRequest, Job


@pytest.fixture
def ingest(settings: Settings) -> Callable[..., Job]:
    """Ingest paths in this process and return the finished job with its files."""

    def run(*paths: Path, **rules: Any) -> Job:
        with write_session() as session:
            job_id = service.start(session, IngestRequest(paths=tuple(str(path) for path in paths), **rules))
        jobs.run(job_id)
        with read_session() as session:
            return service.job(session, job_id)

    return run


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parser processes that break as the name of the file says."""
    monkeypatch.setattr(sandbox, "PROGRAM", (sys.executable, "-m", "tests.ingest.hostile_parser"))


def text_block(text: str, **more: object) -> Block:
    return Block(kind=BlockKind.TEXT, text=text, markdown=text, **more)


def heading(text: str, level: int = 2) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, markdown=text, level=level)
