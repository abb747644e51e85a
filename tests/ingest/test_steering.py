"""Pausing, resuming, cancelling and trying again: at any moment, with nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from foundation import clock
from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import jobs, pipeline, publishing, service
from ingest.errors import IngestFileNotFoundError, JobStateError, UnreadableFileError
from ingest.types import FileState, JobState
from kb import service as kb
from tests.ingest.steering import job_of, start, stop_after

FILES = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    for number in range(FILES):
        (root / f"{number}.md").write_text(f"# Pump {number}\n\nTurn valve {number} before you start.\n")
    return root


def steer(what: Callable[..., None], job_id: int, *arguments: object, **more: object) -> None:
    with write_session() as session:
        what(session, job_id, *arguments, **more)


def test_a_job_cancelled_in_the_middle_keeps_what_is_in_and_reads_no_more(settings, folder, monkeypatch):
    job_id = start(folder)
    stop_after(monkeypatch, 2, lambda: steer(service.cancel, job_id))
    jobs.run(job_id)
    job = job_of(job_id)
    assert (job.state, job.ingested, job.articles) == (JobState.CANCELLED, 2, 2)
    assert {file.state for file in job.files} == {FileState.INGESTED, FileState.CANCELLED}
    assert job.finished_at is not None
    jobs.run(job_id)
    assert job_of(job_id) == job


def test_cancelling_can_be_undone(settings, folder, monkeypatch):
    job_id = start(folder)
    with monkeypatch.context() as patch:
        stop_after(patch, 2, lambda: steer(service.cancel, job_id))
        jobs.run(job_id)
    steer(service.resume, job_id)
    jobs.run(job_id)
    job = job_of(job_id)
    assert (job.state, job.ingested, job.removed) == (JobState.DONE, FILES, 0)


def test_a_paused_job_stands_still_and_then_goes_on_to_the_same_end(settings, folder, monkeypatch):
    job_id = start(folder)
    with monkeypatch.context() as patch:
        stop_after(patch, 2, lambda: steer(service.pause, job_id))
        jobs.run(job_id)
    paused = job_of(job_id)
    assert (paused.state, paused.ingested, paused.finished_at) == (JobState.PAUSED, 2, None)
    assert not [file for file in paused.files if file.state is FileState.RUNNING]
    jobs.run(job_id)
    assert job_of(job_id) == paused
    (folder / "new.md").write_text("# New\n\nCame while the job stood still.\n")
    steer(service.resume, job_id)
    jobs.run(job_id)
    job = job_of(job_id)
    assert (job.state, job.ingested, job.articles, job.removed) == (JobState.DONE, FILES + 1, FILES + 1, 0)


def test_a_job_paused_before_it_began_can_be_resumed_and_cancelled(settings, folder):
    job_id = start(folder)
    steer(service.pause, job_id)
    steer(service.resume, job_id)
    steer(service.cancel, job_id)
    jobs.run(job_id)
    assert job_of(job_id).state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("what", "more"),
    [
        (service.pause, {}),
        (service.resume, {}),
        (service.cancel, {}),
        (service.decide_removals, {"allow": True}),
    ],
)
def test_what_has_ended_cannot_be_steered(ingest, folder, what, more):
    done = ingest(folder)
    with pytest.raises(JobStateError) as refused:
        steer(what, done.id, **more)
    assert refused.value.state == "done"
    assert job_of(done.id) == done


def test_one_file_is_tried_again_and_the_others_are_left_alone(ingest, folder):
    for name in ("0.md", "1.md"):
        (folder / name).write_bytes(bytes(range(256)) * 4)
    broken = ingest(folder)
    assert broken.failed == 2
    (folder / "0.md").write_text("# Pump 0\n\nMended.\n")
    file_id = next(file.id for file in broken.files if file.path == "docs/0.md")
    steer(service.retry, broken.id, [file_id])
    jobs.run(broken.id)
    job = job_of(broken.id)
    assert (job.state, job.failed, job.ingested, job.removed) == (JobState.DONE, 1, FILES - 1, 0)
    with pytest.raises(IngestFileNotFoundError):
        steer(service.retry, job.id, [file_id])


def test_trying_again_retires_nothing_that_came_later(ingest, folder):
    (folder / "0.md").write_bytes(bytes(range(256)) * 4)
    broken = ingest(folder)
    (folder / "later.md").write_text("# Later\n\nIngested by another job.\n")
    ingest(folder)
    steer(service.retry, broken.id)
    jobs.run(broken.id)
    assert job_of(broken.id).removed == 0
    assert ingest(folder).unchanged == FILES


def test_what_failed_and_has_not_changed_is_not_read_again_until_asked_for(ingest, folder, monkeypatch):
    (folder / "0.md").write_bytes(bytes(range(256)) * 4)
    first = ingest(folder)
    opened: list[str] = []
    open_file = pipeline.open_file
    monkeypatch.setattr(pipeline, "open_file", lambda row: opened.append(row.uri) or open_file(row))
    again = ingest(folder)
    assert (again.failed, again.files[0].code, opened) == (1, first.files[0].code, [])
    assert ingest(folder, retry_failed=True).failed == 1
    assert opened == ["docs/0.md"]
    (folder / "0.md").write_bytes(bytes(range(255)) * 4)
    assert ingest(folder).failed == 1
    assert len(opened) == 2


def test_what_can_heal_is_tried_again_after_a_while_and_what_cannot_is_final(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: dict[str, int] = {}
    open_file = pipeline.open_file

    def flaky(row):
        tried[row.uri] = tried.get(row.uri, 0) + 1
        if row.uri == "docs/0.md" and tried[row.uri] < 3:
            raise UnreadableFileError("fetch_failed", "status 503", heals=True)
        if row.uri == "docs/1.md":
            raise UnreadableFileError("fetch_failed", "status 503", heals=True)
        if row.uri == "docs/2.md":
            raise UnreadableFileError("fetch_failed", "status 404")
        return open_file(row)

    monkeypatch.setattr(pipeline, "open_file", flaky)
    monkeypatch.setattr(publishing, "FIRST_PAUSE", timedelta(milliseconds=10))
    job_id = start(folder)
    jobs.run(job_id)
    states = {file.path: (file.state, file.attempts) for file in job_of(job_id).files}
    assert states["docs/0.md"] == (FileState.INGESTED, 3)
    assert states["docs/1.md"] == (FileState.FAILED, pipeline.MAX_ATTEMPTS)
    assert states["docs/2.md"] == (FileState.FAILED, 1)
    assert states["docs/3.md"] == (FileState.INGESTED, 1)


def test_pages_are_counted_and_those_of_files_not_opened_are_a_guess(settings, folder, monkeypatch):
    job_id = start(folder)
    (folder / "0.md").write_text("# Long\n\n" + "Turn the valve. " * 2000)
    seen = []
    stop_after(monkeypatch, 3, lambda: seen.append(job_of(job_id)))
    jobs.run(job_id)
    (half,), done = seen, job_of(job_id)
    assert 0 < half.pages_done < half.pages_total
    assert half.pages_unknown == FILES - 3
    assert done.pages_done == done.pages_total == FILES - 1 + 10
    assert done.pages_unknown == 0
    assert all(file.timings.keys() >= {"fetch", "read", "embed", "publish"} for file in done.files)
    assert all(file.bytes and file.attempts == 1 for file in done.files)


def test_only_changed_chunks_are_embedded_and_the_job_says_how_many(ingest, folder):
    assert ingest(folder).embedded == FILES
    page = folder / "3.md"
    page.write_text(page.read_text() + "\n## More\n\nA new section.\n")
    changed = ingest(folder)
    assert (changed.embedded, changed.ingested, changed.unchanged) == (1, 1, FILES - 1)


def test_a_run_that_lost_its_job_publishes_nothing_more(settings, folder, monkeypatch):
    job_id = start(folder)

    def take_over() -> None:
        steer(service.pause, job_id)
        steer(service.resume, job_id)

    stop_after(monkeypatch, 2, take_over)
    jobs.run(job_id)
    with read_session() as session:
        collection = kb.collection_ids(session, ["docs"])["docs"]
        assert len(kb.sources(session, collection)) == 2
    assert job_of(job_id).state is JobState.QUEUED


def test_a_file_with_a_page_that_breaks_its_parser_is_in_without_that_page(ingest, tmp_path, hostile):
    (tmp_path / "crash-2-4.md").write_text("x")
    job = ingest(tmp_path / "crash-2-4.md")
    (file,) = job.files
    assert (job.failed, file.state, file.code) == (0, FileState.INGESTED, "pages_left_out")
    assert "2, 4" in file.message
    assert (file.pages, job.chunks) == (5, 3)


def test_a_file_that_breaks_its_parser_on_every_page_fails_with_the_first_reason(ingest, tmp_path, hostile):
    (tmp_path / "crash-1-2-3-4-5.md").write_text("x")
    (file,) = ingest(tmp_path / "crash-1-2-3-4-5.md").files
    assert (file.state, file.code) == (FileState.FAILED, "parser_crashed")


def test_a_job_shows_when_its_worker_was_last_alive(settings, folder):
    job_id = start(folder)
    assert job_of(job_id).heartbeat_at is None
    jobs.run(job_id)
    assert clock.now() - job_of(job_id).heartbeat_at < timedelta(hours=1)
