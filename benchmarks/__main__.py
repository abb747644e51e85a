"""Run the benchmarks: `python -m benchmarks [search|ingest] [--passages 10000] [--keep DIR]`; prints JSON."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL"):  # as the `jieda` command does, before numpy is loaded
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def main() -> None:
    from benchmarks import ingest, search
    from foundation import logging

    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["search", "ingest", "all"], default="all")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="Build the passages here and use them again.")
    chosen = parser.parse_args()
    logging.configure(level="WARNING")
    figures: dict[str, object] = {}
    if chosen.what != "ingest":
        figures["search"] = search.run(chosen.passages, chosen.keep)
    if chosen.what != "search":
        figures["ingest"] = ingest.run()
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
