"""The same code on PostgreSQL and Redis: a server, a worker beside it, and news that crosses between them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from foundation.settings import Settings
from tests.e2e.conftest import free_port, wait_until_ready
from tests.e2e.test_restart import COMMAND, page, wait_for
from tests.services import absent, redis_url

pytestmark = pytest.mark.services
NAME = f"jieda_scale_{os.getpid()}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    server = os.environ.get("JIEDA_TEST_DATABASE_URL", "postgresql://root@127.0.0.1/postgres")
    admin = create_engine(Settings(database_url=server).sqlalchemy_url(), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {NAME}"))
    except Exception as error:
        absent(f"no PostgreSQL at {server}: {error}")
    yield f"{server.rpartition('/')[0]}/{NAME}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {NAME} WITH (FORCE)"))
    admin.dispose()


@pytest.mark.slow
def test_a_worker_ingests_what_the_server_was_given(tmp_path: Path, postgres_url: str) -> None:
    redis = redis_url()
    Redis.from_url(redis).flushdb()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {
        "JIEDA_DATA_DIR": str(tmp_path / "var"),
        "JIEDA_DATABASE_URL": postgres_url,
        "JIEDA_REDIS_URL": redis,
    }
    made = subprocess.run(
        [*COMMAND, "apikey", "create", "test", "--role", "editor"],
        env=environment,
        check=True,
        capture_output=True,
    )
    key, port = made.stdout.decode().strip(), free_port()
    server = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment)
    worker: subprocess.Popen[bytes] | None = None
    headers = {"Authorization": f"Bearer {key}"}
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        uploads = [("files", (f"u{n:04d}.md", page(n).encode(), "text/markdown")) for n in range(12)]
        job_id = client.post("/api/v1/sources", files=uploads).raise_for_status().json()["job_id"]
        time.sleep(1.5)
        assert client.get(f"/api/v1/jobs/{job_id}").json()["state"] == "queued", (
            "the server leaves it to workers"
        )
        worker = subprocess.Popen([*COMMAND, "worker"], env=environment)
        done = wait_for(client, job_id, lambda found: found["state"] == "done")
        assert (done["ingested"], done["failed"], done["articles"]) == (12, 0, 12)
        hits = client.post("/api/v1/search", json={"query": "U-0007 draws"}).json()["hits"]
        assert hits[0]["title"] == "Datasheet of unit U-0007"
        with client.stream("GET", f"/api/v1/jobs/{job_id}/events") as events:
            assert next(events.iter_lines()) == "event: done"
    finally:
        for process in (server, worker):
            if process is not None:
                process.terminate()
                process.wait(20)
        client.close()
