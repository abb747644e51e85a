"""A worker killed in the middle: another finishes the job, and nothing shows that it happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from foundation import jobs as background
from foundation.db import dispose_engines, read_session, write_session
from foundation.settings import Settings, use_settings
from ingest import service
from ingest.types import IngestRequest, JobState
from kb.tables import ArticleTable, ChunkTable, EmbeddingTable, SourceTable
from retrieval import index_store

FILES = 300
_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    for number in range(FILES):
        sections = "\n\n".join(
            f"## 第 {part} 节\n\n型号 M{number} 的第 {part} 条说明。" * 1 for part in range(6)
        )
        (root / f"{number:03}.md").write_text(f"# 手册 {number}\n\n{sections}\n")
    return root


def state() -> tuple[list, list, int, int]:
    """Everything that must not depend on how often the worker was killed; ids may."""
    with read_session() as session:
        sources = sorted(
            tuple(row) for row in session.execute(select(SourceTable.uri, SourceTable.content_hash))
        )
        chunks = session.execute(
            select(
                SourceTable.uri, ArticleTable.key, ArticleTable.version, ChunkTable.position, ChunkTable.text
            )
            .join(ArticleTable, ArticleTable.source_id == SourceTable.id)
            .join(ChunkTable, ChunkTable.article_id == ArticleTable.id)
        )
        articles = len(session.execute(select(ArticleTable.id)).all())
        embeddings = len(session.execute(select(EmbeddingTable.hash)).all())
        return sources, sorted(tuple(row) for row in chunks), articles, embeddings


def start(folder: Path) -> tuple[int, int]:
    with write_session() as session:
        job_id = service.start(session, IngestRequest(paths=(str(folder),)))
    with read_session() as session:
        return job_id, service.background_id(session, job_id)


def work(settings: Settings) -> subprocess.Popen[bytes]:
    """A worker process on the same data that runs whatever is due."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {
        "JIEDA_DATA_DIR": str(settings.data_dir),
        "JIEDA_EMBEDDER": settings.embedder,
        "JIEDA_DATABASE_URL": settings.database_url,
    }
    program = "from foundation import jobs\njobs.recover_orphans()\nwhile jobs.run_one(): pass"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=_ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def done_files(job_id: int) -> int:
    with read_session() as session:
        return service.job(session, job_id, with_files=False).done_files


@pytest.mark.slow
def test_a_killed_job_is_finished_by_the_next_worker_with_nothing_doubled(settings, folder, tmp_path):
    job_id, background_id = start(folder)
    for share in (0.2, 0.5):
        worker = work(settings)
        deadline = time.monotonic() + 60
        while done_files(job_id) < FILES * share and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert done_files(job_id) < FILES
    assert background.recover_orphans() == 1
    assert background.run_one(background_id)
    with read_session() as session:
        job = service.job(session, job_id)
    assert (job.state, job.ingested, job.failed, job.chunks) == (JobState.DONE, FILES, 0, FILES)
    assert index_store.check().equal
    killed = state()

    undisturbed = Settings(_env_file=None, data_dir=tmp_path / "other", embedder=settings.embedder)
    if settings.database_url:
        return  # one PostgreSQL database per test; the counts above say the same
    undisturbed.data_dir.mkdir()
    (undisturbed.data_dir / "jieda.db").write_bytes(b"")
    use_settings(undisturbed)
    try:
        _create_tables()
        _other_id, other_background = start(folder)
        assert background.run_one(other_background)
        assert state() == killed
    finally:
        dispose_engines()
        use_settings(settings)


def _create_tables() -> None:
    from foundation.db import Table, engine

    Table.metadata.create_all(engine())
