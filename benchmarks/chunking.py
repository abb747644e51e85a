"""Does chunking by structure find more than windows of a fixed size? `python -m benchmarks.chunking [--data DIR]`.

The pages of a benchmark set are put together again from their rows. Once they are cut as ingestion cuts them (rows are
sections, `ingest.chunking` packs and splits them), once into windows of N Chinese characters with an overlap of 15 %
(a letter counts a little more than half), as most systems do. Both are indexed and searched by what serves customers.

*Reached* is the share of judged sections of which three fifths stand in what was found, read from the top, within a
budget of characters: how much one must read, or give to a model, until the answer is there. nDCG@10 counts a chunk as
relevant that is mostly the wanted section or holds most of it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foundation import db, logging
from foundation.access import ANONYMOUS
from ingest import chunking
from ingest.parsers import markdown
from ingest.text import size
from retrieval import metrics
from retrieval.benchmark_data import Benchmark, Document, Query, read_benchmark
from retrieval.service import search

SEED = 11
WINDOWS = (250, 500, 800)
OVERLAP = 0.15
ENOUGH = 0.6  # of a section's characters
BUDGETS = (800, 1600, 3200)
TASKS = ("answer_only", "page")


@dataclass(frozen=True)
class Cut:
    """A chunk, and how many characters of which section it holds."""

    document: Document
    holds: Mapping[str, float]


def structured(rows: Sequence[Document]) -> Iterator[Cut]:
    """One page as ingestion cuts it."""
    sections, row_of = [], {}
    for row in rows:
        path = tuple(row.title.split(" > ")[1:])
        section = chunking.Section(path, None, list(markdown.parse(row.text).blocks))
        sections.append(section)
        row_of[id(section)] = row
    page = rows[0].title.partition(" > ")[0]
    for run in chunking.gathered(sections):
        whole, row = chunking.joined(run), row_of[id(run[0])]
        made = chunking.chunk_section(whole, uri=row.id, lang=row.lang)
        for place, chunk in enumerate(made):
            title = " > ".join([page, *whole.heading_path])
            unit = replace(row, id=f"{row.id}/{place}", title=title, text=chunk.text, question=None)
            if len(run) == 1:
                yield Cut(unit, {row.id: size(chunk.text)})
            else:  # so short that it is one chunk
                yield Cut(unit, {row_of[id(one)].id: _length(one) for one in run})


def _length(section: chunking.Section) -> float:
    return sum(size(block.text) for block in section.blocks)


def windows(rows: Sequence[Document], length: float) -> Iterator[Cut]:
    """One page in pieces of `length`, wherever they end."""
    text, ends = "", []
    for row in rows:
        heading = row.title.partition(" > ")[2]
        text += f"{heading}\n{row.text}\n"
        ends.append((row.id, len(text)))
    page = rows[0].title.partition(" > ")[0]
    letters = len(text) / max(size(text), 1.0)  # a page has one language
    step, wide = max(1, round(length * (1 - OVERLAP) * letters)), max(1, round(length * letters))
    for place, start in enumerate(range(0, max(len(text) - round(wide * OVERLAP), 1), step)):
        end = min(start + wide, len(text))
        holds, begin = {}, 0
        for section, stop in ends:
            inside = size(text[max(start, begin) : min(end, stop)])
            if inside:
                holds[section] = inside
            begin = stop
        unit = Document(f"{rows[0].id}/{place}", page, text[start:end], rows[0].lang, None, rows[0].version)
        yield Cut(unit, holds)


def run(folder: Path, most: int, lengths: Sequence[int]) -> dict[str, object]:
    """Figures of every way to cut, for each task and language of one set of at most `most` pages."""
    benchmark = read_benchmark(folder)
    pages: dict[str, list[Document]] = defaultdict(list)
    for row in benchmark.documents:
        pages[f"{row.lang}/{row.id.partition('#')[0]}"].append(row)
    pages = {name: pages[name] for name in random.Random(SEED).sample(sorted(pages), min(most, len(pages)))}
    kept = {row.id for rows in pages.values() for row in rows}
    judged = tuple(query for query in benchmark.queries if kept & benchmark.relevance[query.id].keys())
    benchmark = replace(benchmark, queries=judged)
    ways = {"structure": [cut for rows in pages.values() for cut in structured(rows)]}
    for length in lengths:
        ways[f"windows of {length}"] = [cut for rows in pages.values() for cut in windows(rows, length)]
    return {name: _measured(benchmark, cuts) for name, cuts in ways.items()}


def _measured(benchmark: Benchmark, cuts: Sequence[Cut]) -> dict[str, object]:
    from retrieval.benchmark_knowledge import temporary_knowledge

    by_id = {cut.document.id: cut for cut in cuts}
    whole = {row.id: size(row.text) for row in benchmark.documents}
    kept = {section for cut in cuts for section in cut.holds}
    found: dict[str, list[list[float]]] = defaultdict(list)
    asked = [query for query in benchmark.queries if query.task in TASKS]
    with (
        temporary_knowledge([cut.document for cut in cuts], with_question=False) as (ids, seconds),
        db.read_session() as session,
    ):
        for query in asked:
            hits = search(session, ANONYMOUS, query.text, top_k=30).hits
            ranking = [by_id[ids[hit.article_id]] for hit in hits]
            wanted = {
                section: gain for section, gain in benchmark.relevance[query.id].items() if section in kept
            }
            found[_group(query)].append(
                [_ndcg(ranking, cuts, wanted, whole), *_reached(ranking, wanted, whole)]
            )
    names = ("ndcg@10", *(f"reached@{budget}" for budget in BUDGETS))
    return {
        "chunks": len(cuts),
        "mean_size": round(sum(size(cut.document.text) for cut in cuts) / len(cuts)),
        "index_seconds": round(seconds, 1),
        "groups": {
            group: {
                "queries": len(rows),
                **{name: round(sum(row[i] for row in rows) / len(rows), 3) for i, name in enumerate(names)},
            }
            for group, rows in sorted(found.items())
        },
    }


def _group(query: Query) -> str:
    return f"{query.task} {query.lang}"


def _ndcg(
    ranking: Sequence[Cut], cuts: Sequence[Cut], wanted: Mapping[str, float], whole: Mapping[str, float]
) -> float:
    relevant = {cut.document.id: 1.0 for cut in cuts if _is_relevant(cut, wanted, whole)}
    if not relevant:
        return 0.0
    return metrics.figures([cut.document.id for cut in ranking], relevant).ndcg


def _is_relevant(cut: Cut, wanted: Mapping[str, float], whole: Mapping[str, float]) -> bool:
    every = size(cut.document.text)
    return any(
        held >= 0.5 * min(every, whole.get(section, 1.0))
        for section, held in cut.holds.items()
        if section in wanted
    )


def _reached(ranking: Sequence[Cut], wanted: Mapping[str, float], whole: Mapping[str, float]) -> list[float]:
    """For each budget, whether one of the wanted sections is there to be read."""
    held: dict[str, float] = defaultdict(float)
    shown, when = 0.0, float("inf")
    for cut in ranking:
        shown += size(cut.document.text)
        for section, characters in cut.holds.items():
            held[section] += characters
            if section in wanted and held[section] >= ENOUGH * whole[section]:
                when = min(when, shown)
    return [float(when <= budget) for budget in BUDGETS]


def main() -> None:
    """Print the figures of each set as a line of JSON."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.chunking", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bench"))
    parser.add_argument("--sets", nargs="*", default=["tidb_docs", "partner_center"])
    parser.add_argument("--pages", type=int, default=100_000, help="Only so many of a set, chosen by chance.")
    parser.add_argument("--windows", type=int, nargs="*", default=WINDOWS, help="Their sizes.")
    chosen = parser.parse_args()
    logging.configure(level="WARNING")
    for name in chosen.sets:
        figures = run(chosen.data / name, chosen.pages, chosen.windows)
        print(json.dumps({name: figures}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
