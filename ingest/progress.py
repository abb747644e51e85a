"""News of running jobs for open pages, a few times a second at most."""

from __future__ import annotations

import time
from typing import Any

from foundation import live
from foundation.db import read_session
from ingest import errors, repository, views
from ingest.types import FileProgress, Job

TOPIC = "jobs"
_EVERY_S = 0.25
_told: dict[int, float] = {}


def tell(job_id: int, *, at_once: bool = False) -> None:
    """Tell how far the job is, unless that was told a moment ago; `at_once` at its turning points."""
    now = time.monotonic()
    if not at_once and now - _told.get(job_id, 0.0) < _EVERY_S:
        return
    with read_session() as session:
        row = repository.job_row(session, job_id)
        found = views.to_job(session, row, with_files=False) if row else None
    if found is None:
        return
    _told[job_id] = now
    if found.is_finished:
        _told.pop(job_id, None)
    live.tell(TOPIC, {"type": "job", "job": to_json(found)})


_TIMES = ("created_at", "started_at", "finished_at", "heartbeat_at", "retry_at")


def to_json(job: Job) -> dict[str, Any]:
    """A job as the API shows it; times in ISO 8601, UTC."""
    return {**_plain(vars(job)), "files": [_file_json(file) for file in job.files]}


def _file_json(file: FileProgress) -> dict[str, Any]:
    """One file of a job; where it has a code, `messages` says what to do in zh and en."""
    told = errors.messages(file.code, file.message or "") if file.code else None
    return {**_plain(vars(file)), "messages": told}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    body = {**values, "state": str(values["state"])}
    for key in _TIMES:
        if body.get(key):
            body[key] = body[key].strftime("%Y-%m-%dT%H:%M:%SZ")
    return body
