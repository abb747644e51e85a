"""News of running jobs for open pages, a few times a second at most."""

from __future__ import annotations

import time
from typing import Any

from foundation import live
from foundation.db import read_session
from ingest import errors, repository
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
        found = repository.to_job(session, row, with_files=False) if row else None
    if found is None:
        return
    _told[job_id] = now
    if found.is_finished:
        _told.pop(job_id, None)
    live.tell(TOPIC, {"type": "job", "job": to_json(found)})


def to_json(job: Job) -> dict[str, Any]:
    """A job as the API shows it; times in ISO 8601, UTC."""
    body = {key: value for key, value in vars(job).items() if key not in {"files", "error"}}
    for key in ("created_at", "started_at", "finished_at"):
        body[key] = body[key].strftime("%Y-%m-%dT%H:%M:%SZ") if body[key] else None
    return {
        **body,
        "state": str(job.state),
        "files": [_file_json(file) for file in job.files],
    }


def _file_json(file: FileProgress) -> dict[str, Any]:
    """One file of a job; where it failed, `messages` says why in zh and en."""
    told = errors.messages(file.code, file.message or "") if file.code else None
    return {**vars(file), "state": str(file.state), "messages": told}
