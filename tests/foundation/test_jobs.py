from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from foundation import clock, jobs
from foundation.db import read_session, write_session
from foundation.settings import Settings
from foundation.tables import JobTable
from foundation.workers import ThreadWorker
from tests.foundation import jobs as job_functions

NOTE = "tests.foundation.jobs.note"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_runs() -> Iterator[None]:
    job_functions.RUNS.clear()
    yield
    job_functions.RUNS.clear()


def enqueue(name: str, **arguments: jobs.Scalar) -> int:
    with write_session() as session:
        return jobs.enqueue_after_commit(session, name, **arguments)


def row(job_id: int) -> JobTable:
    with read_session() as session:
        found = session.get(JobTable, job_id)
        assert found is not None
        return found


def test_a_job_runs_once_with_its_arguments(settings: Settings) -> None:
    job_id = enqueue(NOTE, value=7)
    assert jobs.run_one() is True
    assert jobs.run_one() is False
    assert job_functions.RUNS == [7]
    assert row(job_id).state == "done"


def test_a_job_of_a_rolled_back_transaction_never_exists(settings: Settings) -> None:
    with pytest.raises(ValueError, match="no"), write_session() as session:
        jobs.enqueue_after_commit(session, NOTE)
        raise ValueError("no")
    assert jobs.run_one() is False


@pytest.mark.parametrize("name", ["os.system", "kb.service.delete", "kb.jobs", "kb.jobs.__import__"])
def test_only_functions_in_a_rooms_jobs_file_can_be_enqueued(settings: Settings, name: str) -> None:
    with write_session() as session, pytest.raises(ValueError, match="names no function"):
        jobs.enqueue_after_commit(session, name)


def test_a_delayed_job_waits_for_its_time(settings: Settings) -> None:
    with clock.fixed(START):
        with write_session() as session:
            jobs.enqueue_after_commit(session, NOTE, delay=timedelta(minutes=5))
        assert jobs.run_one() is False
        clock.advance(timedelta(minutes=5))
        assert jobs.run_one() is True


def test_a_failed_job_is_tried_again_later_and_its_error_is_kept(settings: Settings) -> None:
    with clock.fixed(START):
        job_id = enqueue("tests.foundation.jobs.fail", times=1)
        assert jobs.run_one() is True
        assert row(job_id).state == "queued"
        assert "not yet" in (row(job_id).error or "")
        assert jobs.run_one() is False
        clock.advance(timedelta(minutes=1))
        assert jobs.run_one() is True
        assert row(job_id).state == "done"
        assert row(job_id).error is None


def test_a_job_that_keeps_failing_ends_as_failed(settings: Settings) -> None:
    with clock.fixed(START):
        job_id = enqueue("tests.foundation.jobs.fail", times=99)
        for _ in range(jobs.MAX_ATTEMPTS + 3):
            jobs.run_one()
            clock.advance(timedelta(hours=1))
        assert row(job_id).state == "failed"
        assert len(job_functions.RUNS) == jobs.MAX_ATTEMPTS


def test_what_cannot_heal_is_not_tried_again(settings: Settings) -> None:
    job_id = enqueue("tests.foundation.jobs.fail_for_good")
    jobs.run_one()
    assert row(job_id).state == "failed"
    assert job_functions.RUNS == ["try"]


def test_many_workers_run_each_job_exactly_once(settings: Settings) -> None:
    for number in range(30):
        enqueue(NOTE, value=number)

    def work() -> None:
        while jobs.run_one():
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while jobs.run_one():  # a worker that lost every race went home; what it left is still there
        pass
    assert sorted(job_functions.RUNS) == list(range(30))


def test_a_job_whose_heartbeat_stopped_is_taken_over(settings: Settings) -> None:
    with clock.fixed(START):
        job_id = enqueue(NOTE, value="again")
        assert jobs.claim(job_id) is not None
        assert jobs.run_one() is False
        clock.advance(jobs.LEASE + timedelta(seconds=1))
        assert jobs.run_one() is True
    assert job_functions.RUNS == ["again"]


def test_a_restart_takes_back_the_jobs_of_its_dead_predecessor_at_once(settings: Settings) -> None:
    job_id = enqueue(NOTE, value="again")
    assert jobs.claim(job_id) is not None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = jobs.worker_name().rpartition(":")[0]
    with write_session() as session:
        session.execute(update(JobTable).values(claimed_by=f"{host}:{gone.pid}"))
    assert jobs.recover_orphans() == 1
    assert jobs.run_one() is True


def test_a_job_of_another_living_worker_is_left_alone(settings: Settings) -> None:
    enqueue(NOTE)
    assert jobs.claim() is not None
    with write_session() as session:
        session.execute(update(JobTable).values(claimed_by=f"{jobs.worker_name().rpartition(':')[0]}:1"))
    assert jobs.recover_orphans() == 0


def test_the_thread_worker_runs_what_is_enqueued(settings: Settings) -> None:
    worker = ThreadWorker(poll_s=30)
    jobs.set_waker(worker)
    worker.start()
    try:
        job_id = enqueue(NOTE, value="now")
        deadline = time.monotonic() + 10
        while row(job_id).state != "done" and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        worker.stop()
    assert job_functions.RUNS == ["now"]


def test_a_process_killed_in_the_middle_of_a_job_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    enqueue("tests.foundation.jobs.die_once", path=str(log))
    code = (
        "from foundation import jobs; from foundation.settings import Settings, use_settings\n"
        f"use_settings(Settings(_env_file=None, data_dir={str(settings.data_dir)!r}, "
        f"database_url={settings.database_url!r}))\n"
        "jobs.recover_orphans(); jobs.run_one()"
    )
    first = subprocess.run([sys.executable, "-c", code], check=False)
    assert first.returncode == 9
    subprocess.run([sys.executable, "-c", code], check=True)
    assert log.read_text().split() == ["started", "started", "finished"]
    with read_session() as session:
        assert [found.state for found in session.scalars(select(JobTable))] == ["done"]


def test_a_job_outlives_a_heartbeat_that_could_not_be_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[int] = []
    written = jobs._beat

    def flaky(job_id: int) -> None:
        beats.append(job_id)
        if len(beats) == 1:
            raise OSError("the database is away")
        written(job_id)

    monkeypatch.setattr(jobs, "HEARTBEAT", timedelta(seconds=0.02))
    monkeypatch.setattr(jobs, "_beat", flaky)
    enqueue("tests.foundation.jobs.take", seconds=0.3)
    assert jobs.run_one() is True
    assert len(beats) > 2


def test_being_killed_often_is_no_failure(settings: Settings) -> None:
    with clock.fixed(START):
        job_id = enqueue("tests.foundation.jobs.fail", times=1)
        for _ in range(jobs.MAX_ATTEMPTS + 3):
            assert jobs.claim(job_id) is not None
            clock.advance(jobs.LEASE + timedelta(seconds=1))
        for _ in range(jobs.MAX_ATTEMPTS + 3):
            assert jobs.claim(job_id) is not None
            assert jobs.recover_orphans() == 1
        jobs.run_one()
        clock.advance(timedelta(hours=1))
        jobs.run_one()
    assert row(job_id).state == "done"


def test_done_jobs_are_forgotten_after_a_week_and_failed_ones_stay(settings: Settings) -> None:
    with clock.fixed(START):
        enqueue(NOTE, value=1)
        failed = enqueue("tests.foundation.jobs.fail_for_good")
        while jobs.run_one():
            pass
        jobs.forget_finished()
        with read_session() as session:
            assert len(session.scalars(select(JobTable)).all()) == 2
        clock.advance(jobs.KEEP_FINISHED + timedelta(hours=1))
        worker = ThreadWorker(poll_s=0.01)
        worker.start()
        time.sleep(0.3)
        worker.stop()
    with read_session() as session:
        assert [found.id for found in session.scalars(select(JobTable))] == [failed]
