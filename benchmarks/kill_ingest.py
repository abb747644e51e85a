"""`kill -9` of workers and of the server at random moments of an ingest, over and over; then the books are compared.

Run as `python -m benchmarks.kill_ingest --kills 200 [--minutes 12] [--database-url URL --redis-url URL]`; prints
JSON and ends with 1 if anything was lost, doubled or mixed. Without addresses a server (with its own worker) and a
second worker share SQLite; with them a server and two RQ workers share PostgreSQL. The first version of all files is
ingested in peace; the kills fall while later ones replace it. Meanwhile another process searches without a pause.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.kill_books import Books, books, edit, watch_versions
from benchmarks.kill_processes import Processes
from foundation import logging
from foundation.db import dispose_engines, read_session, write_session
from foundation.settings import Settings, use_settings
from ingest import service
from ingest.types import IngestRequest, Job
from portal_api import database

_STALLED_S = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="kill_ingest", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=12.0, help="Stop killing after so many.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=18765)
    parser.add_argument("--database-url", default="", help="An empty database; SQLite without it.")
    parser.add_argument("--redis-url", default="")
    chosen = parser.parse_args()
    logging.configure(level="ERROR")
    with tempfile.TemporaryDirectory(prefix="jieda-kill-") as folder:
        figures = _run(chosen, Path(folder))
    print(json.dumps(figures, indent=2))
    sys.exit(0 if figures["is_right"] else 1)


def _run(chosen: argparse.Namespace, folder: Path) -> dict[str, object]:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        data_dir=folder / "var",
        database_url=chosen.database_url,
        redis_url=chosen.redis_url,
        log_level="ERROR",
    )
    _use(settings)
    docs = folder / "docs"
    edit(docs, chosen.files, revision=0)
    roles = ["server", "worker", "worker"] if chosen.redis_url else ["server", "worker"]
    with (
        Processes(settings, roles, chosen.port) as processes,
        watch_versions(settings, chosen.files, chosen.port) as seen,
    ):
        killed, rounds, began = _kill(chosen, docs, processes)
        seconds = time.monotonic() - began
    disturbed = books()
    dispose_engines()
    undisturbed = _undisturbed(folder, docs)
    problems = _problems(disturbed, undisturbed, rounds, chosen.files) + seen.mixed
    return {
        "database": "postgresql" if chosen.database_url else "sqlite",
        "processes": roles,
        "files": chosen.files,
        "rounds": rounds,
        "kills": len(killed),
        "kills_of_server": killed.count("server"),
        "kills_of_worker": killed.count("worker"),
        "seconds": round(seconds, 1),
        "searches": seen.searches,
        "searches_over_http": seen.over_http,
        "problems": problems[:20],
        "is_right": not problems,
    }


def _use(settings: Settings) -> None:
    dispose_engines()
    use_settings(settings)
    database.upgrade()


def _kill(chosen: argparse.Namespace, docs: Path, processes: Processes) -> tuple[list[str], int, float]:
    chance, rounds, began, enough = random.Random(chosen.seed), 0, 0.0, 0.0
    killed: list[str] = []
    while True:
        job_id = _start(docs)
        rounds += 1
        if rounds == 2:
            began = time.monotonic()
            enough = began + 60 * chosen.minutes
        moved_at, done = time.monotonic(), -1
        while not (job := _job(job_id)).is_finished:
            if job.done_files > done:
                moved_at, done = time.monotonic(), job.done_files
            if time.monotonic() - moved_at > _STALLED_S:
                raise RuntimeError(f"nothing moved for {_STALLED_S:.0f} s: {job}")
            # Often in the first moments of a process, else somewhere in its work.
            time.sleep(chance.uniform(0, 0.7) if chance.random() < 0.5 else chance.uniform(0.7, 4.0))
            if rounds > 1 and len(killed) < chosen.kills and time.monotonic() < enough:
                killed.append(processes.kill_one(chance))
        if rounds > 1 and (len(killed) >= chosen.kills or time.monotonic() >= enough):
            return killed, rounds, began
        edit(docs, chosen.files, revision=rounds)


def _start(docs: Path) -> int:
    with write_session() as session:
        return service.start(session, IngestRequest(paths=(str(docs),)))


def _job(job_id: int) -> Job:
    with read_session() as session:
        return service.job(session, job_id, with_files=False)


def _undisturbed(folder: Path, docs: Path) -> Books:
    from foundation import jobs

    _use(Settings(_env_file=None, data_dir=folder / "calm", log_level="ERROR"))  # type: ignore[call-arg]
    _start(docs)
    while jobs.run_one():
        pass
    return books()


def _problems(disturbed: Books, calm: Books, rounds: int, files: int) -> list[str]:
    found = []
    if disturbed.sources != calm.sources:
        found.append("the sources differ from those of an undisturbed run")
    if disturbed.chunks != calm.chunks:
        found.append(f"{len(set(disturbed.chunks) ^ set(calm.chunks))} chunks differ from an undisturbed run")
    if disturbed.articles != files or len(disturbed.sources) != files:
        found.append(f"{disturbed.articles} articles of {len(disturbed.sources)} sources, not {files}")
    if disturbed.versions != {rounds}:
        found.append(f"articles were published {sorted(disturbed.versions)} times, not {rounds}")
    if disturbed.is_index_equal is False:
        found.append("the index differs from the database")
    if disturbed.unfinished:
        found.append(f"{disturbed.unfinished} files or jobs never ended")
    return found


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    main()
