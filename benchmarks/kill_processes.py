"""Servers and workers that start in a moment, so that hundreds of kills fit into minutes.

One process imports everything and forks the others: what is killed is a process like any other.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

from foundation.settings import Settings

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Processes:
    """One process for each role, each replaced at once when it is killed."""

    def __init__(self, settings: Settings, roles: list[str], port: int) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
        environment |= {
            "JIEDA_DATA_DIR": str(settings.data_dir),
            "JIEDA_DATABASE_URL": settings.database_url,
            "JIEDA_REDIS_URL": settings.redis_url,
            "JIEDA_LOG_LEVEL": "ERROR",
            "OMP_NUM_THREADS": "1",
        }
        self._nursery: Any = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kill_processes", str(port)],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running = [(role, self._start(role)) for role in roles]

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_error: object) -> None:
        for _role, pid in self._running:
            os.kill(pid, signal.SIGKILL)
        self._nursery.stdin.close()
        self._nursery.wait()

    def _start(self, role: str) -> int:
        self._nursery.stdin.write(f"{role}\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def kill_one(self, chance: random.Random) -> str:
        """Kill one of them and start it anew; returns its role."""
        at = chance.randrange(len(self._running))
        role, pid = self._running[at]
        os.kill(pid, signal.SIGKILL)
        self._running[at] = (role, self._start(role))
        return role


def _serve(port: int) -> None:
    import uvicorn

    from portal_api.app import create_app

    # The port of the one just killed may be held for another moment.
    for _ in range(200):
        try:
            uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="critical")
        except SystemExit:
            time.sleep(0.05)


def _work() -> None:
    from foundation import jobs
    from foundation.settings import get_settings
    from foundation.workers import RqWorker
    from portal_api import wiring

    settings = get_settings()
    wiring.connect(settings)
    if settings.redis_url:
        RqWorker(settings.redis_url).run()
        return
    jobs.recover_orphans()
    while True:
        if not jobs.run_one():
            time.sleep(0.2)


def _nurse(port: int) -> None:
    from foundation import logging
    from foundation.settings import get_settings
    from models.registry import embedder
    from retrieval.analyzer import analyze_passage
    from retrieval.lexicon import Lexicon

    logging.configure(level="CRITICAL")
    import retrieval.service  # noqa: F401 - imported here once, not by every process anew

    embedder(get_settings().embedder).embed_passages(["warm"])
    analyze_passage("预热", (), "warm", Lexicon())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            devnull = os.open(os.devnull, os.O_RDWR)
            os.dup2(devnull, 1)
            if line.strip() == "server":
                _serve(port)
            else:
                _work()
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    _nurse(int(sys.argv[1]))
