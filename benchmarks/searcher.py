"""A process that only searches, for what one costs: `python -m benchmarks.searcher SEARCHES`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from foundation.settings import get_settings

_ALONE = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}


def start(searches: int) -> subprocess.Popen[bytes]:
    """Search the knowledge base the settings name, in a process of its own."""
    environment = os.environ | _ALONE | {"JIEDA_DATA_DIR": str(get_settings().data_dir.absolute())}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.searcher", str(searches)],
        env=environment,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
    )


def figures_of(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """What it printed. Raises subprocess.CalledProcessError where it failed."""
    printed, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    found: dict[str, float] = json.loads(printed)
    return found


def main() -> None:
    began = time.perf_counter()
    from benchmarks.corpus import queries
    from foundation.access import SYSTEM
    from foundation.db import read_session
    from retrieval import service as retrieval

    asked = queries(int(sys.argv[1]), seed=9)
    with read_session() as session:
        retrieval.search(session, SYSTEM, asked[0])
        first = time.perf_counter() - began
        began = time.perf_counter()
        for query in asked:
            retrieval.search(session, SYSTEM, query)
        took = time.perf_counter() - began
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    memory = {
        line.split(":")[0]: int(line.split()[1]) / 1024
        for line in lines
        if line.startswith(("VmRSS", "VmHWM"))
    }
    print(
        json.dumps(
            {
                "first_answer_seconds": round(first, 2),
                "searches_per_second": round(len(asked) / took, 1),
                "rss_mb": round(memory.get("VmRSS", 0.0)),
                "peak_rss_mb": round(memory.get("VmHWM", 0.0)),
            }
        )
    )


if __name__ == "__main__":
    main()
