"""A server killed in the middle of an ingest finishes the job after its restart, with nothing doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import free_port, wait_until_ready

FILES = 60
COMMAND = [sys.executable, "-c", "from portal_api.entry import main; main()"]


def page(number: int) -> str:
    sections = "\n\n".join(
        f"## Section {part}\n\nUnit {number}-{part} draws {number + part} mA at 24 V. "
        + "It is wired in series. " * 30
        for part in range(12)
    )
    return f"# Datasheet of unit U-{number:04d}\n\n{sections}\n"


def start(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until_ready(f"http://127.0.0.1:{port}", process)
    return process


def job(client: httpx.Client, job_id: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/jobs/{job_id}").raise_for_status().json()
    return found


def wait_for(client: httpx.Client, job_id: int, done: Any, seconds: float = 120) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = job(client, job_id)
        if done(found):
            return found
        time.sleep(0.05)
    pytest.fail(f"the job did not get there: {job(client, job_id)}")


@pytest.mark.slow
def test_a_killed_server_finishes_the_ingest_after_its_restart(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {"JIEDA_DATA_DIR": str(tmp_path / "var")}
    made = subprocess.run(
        [*COMMAND, "apikey", "create", "test", "--role", "editor"],
        env=environment,
        check=True,
        capture_output=True,
    )
    key, port = made.stdout.decode().strip(), free_port()
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    process = start(environment, port)
    try:
        uploads = [("files", (f"u{n:04d}.md", page(n).encode(), "text/markdown")) for n in range(FILES)]
        job_id = client.post("/api/v1/sources", files=uploads).raise_for_status().json()["job_id"]
        wait_for(client, job_id, lambda found: 3 <= found["done_files"] < FILES)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = start(environment, port)
        done = wait_for(client, job_id, lambda found: found["state"] == "done")
        assert (done["done_files"], done["failed"], done["articles"]) == (FILES, 0, FILES)
        listed = client.get("/api/v1/articles", params={"limit": 200}).json()
        titles = [one["title"] for one in listed["items"]]
        assert sorted(titles) == [f"Datasheet of unit U-{n:04d}" for n in range(FILES)]
        hits = client.post("/api/v1/search", json={"query": "U-0042 draws"}).json()["hits"]
        assert hits[0]["title"] == "Datasheet of unit U-0042"
        chunks = client.get(f"/api/v1/articles/{hits[0]['article_id']}").json()["chunks"]
        assert len({chunk["text"] for chunk in chunks}) == len(chunks)
    finally:
        process.kill()
        process.wait()
        client.close()
