"""Small real files, and a job run from beginning to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import jobs, service
from ingest.types import Block, BlockKind, IngestRequest, Job


@pytest.fixture
def ingest(settings: Settings) -> Callable[..., Job]:
    """Ingest paths in this process and return the finished job with its files."""

    def run(*paths: Path, **rules: str) -> Job:
        with write_session() as session:
            job_id = service.start(session, IngestRequest(paths=tuple(str(path) for path in paths), **rules))
        jobs.run(job_id)
        with read_session() as session:
            return service.job(session, job_id)

    return run


def text_block(text: str, **more: object) -> Block:
    return Block(kind=BlockKind.TEXT, text=text, markdown=text, **more)


def heading(text: str, level: int = 2) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, markdown=text, level=level)
