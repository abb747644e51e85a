"""Helpers of tests that stop a job in the middle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.db import read_session, write_session
from ingest import jobs, pipeline, publishing, runs, service
from ingest.types import IngestRequest, Job

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """Stands for a worker's death: nothing catches it."""


def start(*paths: Path, **rules: object) -> int:
    with write_session() as session:
        return service.start(session, IngestRequest(paths=tuple(map(str, paths)), **rules))


def job_of(job_id: int) -> Job:
    with read_session() as session:
        return service.job(session, job_id)


def listed(job_id: int) -> None:
    """Bring a job to the point where its files wait."""
    with runs.begin() as name:
        row = jobs._take(job_id, name)
        jobs._list(row, name, pipeline.rules_of(row))


def stop_after(monkeypatch: pytest.MonkeyPatch, files: int, doing: object = None) -> None:
    """When `files` files are published, do something once; without `doing` the worker dies."""
    publish, published = publishing.Publisher.publish, []

    def counting(publisher: publishing.Publisher) -> None:
        if len(published) == files:
            published.append("")
            if doing is None:
                raise Killed
            doing()
        publish(publisher)
        published.append("")

    monkeypatch.setattr(publishing, "AT_ONCE", 1)
    monkeypatch.setattr(publishing.Publisher, "publish", counting)
