"""One job, several workers: each file is read by one of them, and the job ends once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, select, text

from foundation import db
from foundation.db import read_session
from foundation.settings import Settings, use_settings
from ingest import jobs, pipeline, runs
from ingest.tables import IngestFileTable
from ingest.types import FileState, JobState
from kb.tables import ArticleTable
from portal_api import database
from tests.ingest.steering import job_of, listed, start
from tests.services import absent, redis_url

ROOT = Path(__file__).parents[2]
NAME = f"jieda_two_workers_{os.getpid()}"


def write(folder: Path, files: int) -> Path:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:03}.md").write_text(f"# Pump {number}\n\nTurn valve {number} before you start.\n")
    return folder


def test_a_helper_reads_files_of_a_job_that_another_holds_and_leaves_its_end_to_that_one(settings, tmp_path):
    job_id = start(write(tmp_path / "docs", 5))
    with runs.begin() as leader:
        row = jobs._take(job_id, leader)
        jobs._list(row, leader, pipeline.rules_of(row))
        jobs.help_out(job_id)
        helped = job_of(job_id)
        assert (helped.state, helped.ingested) == (JobState.RUNNING, 5)
        jobs._run(row, leader)
    assert (job_of(job_id).state, job_of(job_id).ingested) == (JobState.DONE, 5)
    jobs.help_out(job_id)
    assert job_of(job_id).state is JobState.DONE


def test_files_of_a_helper_that_died_are_read_by_the_leader(settings, tmp_path):
    job_id = start(write(tmp_path / "docs", 3))
    listed(job_id)
    with db.write_session() as session:
        file = jobs.repository.waiting(session, job_id)[0]
        assert jobs.repository.claim_file(session, file.id, "elsewhere:1#dead")
        session.execute(
            IngestFileTable.__table__.update().values(heartbeat_at=None).where(IngestFileTable.id == file.id)
        )
    jobs.run(job_id)
    assert (job_of(job_id).state, job_of(job_id).ingested) == (JobState.DONE, 3)


@pytest.fixture
def at_scale(tmp_path: Path) -> Iterator[Settings]:
    """PostgreSQL and Redis, for processes of their own."""
    server = os.environ.get("JIEDA_TEST_DATABASE_URL", "postgresql://root@127.0.0.1/postgres")
    admin = create_engine(Settings(database_url=server).sqlalchemy_url(), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {NAME}"))
    except Exception as error:
        absent(f"no PostgreSQL at {server}: {error}")
    made = Settings(
        _env_file=None,
        data_dir=tmp_path / "var",
        database_url=f"{server.rpartition('/')[0]}/{NAME}",
        redis_url=redis_url(),
        embedder="fake:16",
        log_level="ERROR",
    )
    Redis.from_url(made.redis_url).flushdb()
    use_settings(made)
    database.upgrade()
    try:
        yield made
    finally:
        db.dispose_engines()
        use_settings(None)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {NAME} WITH (FORCE)"))
        admin.dispose()


@pytest.mark.slow
@pytest.mark.services
def test_two_rq_workers_on_postgresql_read_each_file_once(at_scale: Settings, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {
        "JIEDA_DATA_DIR": str(at_scale.data_dir),
        "JIEDA_DATABASE_URL": at_scale.database_url,
        "JIEDA_REDIS_URL": at_scale.redis_url,
        "JIEDA_EMBEDDER": at_scale.embedder,
    }
    program = (
        "from foundation.workers import RqWorker\nimport os\nRqWorker(os.environ['JIEDA_REDIS_URL']).run()"
    )
    same = start(write(tmp_path / "docs", 60)), start(tmp_path / "docs")
    workers = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment) for _ in "ab"]
    try:
        deadline = time.monotonic() + 600
        while not all(job_of(one).is_finished for one in same) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    found = [job_of(one) for one in same]
    assert [job.state for job in found] == [JobState.DONE, JobState.DONE]
    assert [job.failed for job in found] == [0, 0]
    assert sum(job.ingested for job in found) == 60
    assert sum(job.unchanged for job in found) == 60
    assert {file.state for job in found for file in job.files} <= {FileState.INGESTED, FileState.UNCHANGED}
    with read_session() as session:
        assert set(session.scalars(select(ArticleTable.version))) == {1}
        assert len(list(session.scalars(select(ArticleTable.id)))) == 60
