"""`jieda eval`: figures of search on a benchmark folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from portal_api.commands.output import AsJson, console, print_json, progress_console
from retrieval import evaluation
from retrieval.evaluation import Report
from retrieval.types import System


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Holds corpus.jsonl, queries.jsonl and qrels.tsv.",
            exists=True,
            file_okay=False,
        ),
    ],
    system: Annotated[System, typer.Option(help="Which legs search.")] = System.HYBRID,
    queries: Annotated[
        Path | None,
        typer.Option(
            help="Another folder whose queries and judgements are used on this corpus.", file_okay=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Index the folder's corpus in a temporary place, search all judged queries and print nDCG@10 and others."""
    report = _run(folder, system, queries)
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)


def _run(folder: Path, system: System, queries: Path | None) -> Report:
    columns = TextColumn("searching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task("searching", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return evaluation.evaluate(folder, system, queries=queries, progress=advance)


def _show(report: Report) -> None:
    body = report.to_json()
    table = Table(title=f"{body['system']} search", title_justify="left")
    for name in ("task", "lang", "target"):
        table.add_column(name)
    for name in ("queries", "ndcg@10", "recall@10", "mrr@10", "hit@1"):
        table.add_column(name, justify="right")
    for group in body["groups"]:
        measured = [f"{group[name]:.3f}" for name in ("ndcg@10", "recall@10", "mrr@10", "hit@1")]
        table.add_row(
            group["task"], group["lang"], group["target_lang"] or "", str(group["queries"]), *measured
        )
    console.print(table)
    speed = body["ms_per_query"]
    console.print(
        f"indexed in {body['index_seconds']:.1f} s; a query took {speed['p50']} ms (p95 {speed['p95']} ms)"
    )
