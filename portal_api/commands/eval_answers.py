"""`jieda eval answers`: how often the bot answers, and how often rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from chatbot import answer_evaluation, recalibration
from chatbot.decide import least_confidence
from foundation.db import read_session
from portal_api import database
from portal_api.commands.output import AsJson, console, print_json, progress_console

_COLUMNS = {
    "right_of_given": "right of given",
    "coverage": "coverage",
    "near_oos_answered": "near oos answered",
    "far_oos_answered": "far oos answered",
}
_UNHELD = {
    "cited_right": "cited right",
    "contained": "text holds it",
    "cited_contained": "citation holds it",
}


def answers(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR…",
            help="Holds corpus.jsonl, queries.jsonl and qrels.tsv, or labels.jsonl beside such folders.",
            exists=True,
            file_okay=False,
        ),
    ],
    corpora: Annotated[
        Path | None, typer.Option(help="Where the folders named by labels lie.", exists=True, file_okay=False)
    ] = None,
    sample: Annotated[int, typer.Option(help="Ask at most so many questions of each group; 0: all.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Ask the bot questions whose answer is known, or that have none, and print what came of them."""
    columns = TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task("asking", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        body = answer_evaluation.evaluate(folders, corpora=corpora, per_group=sample, progress=advance)
    if as_json:
        print_json(body)
    else:
        _show(body)


def recalibrate(as_json: AsJson = False) -> None:
    """Learn from customers' votes on answers how sure the bot must be to answer."""
    database.prepare()
    with read_session() as session:
        made = recalibration.recalibrate(session)
    least = {kind: round(least_confidence(kind), 4) for kind in ("faq", "page")}
    body = {"votes": made.votes, "slope": made.slope, "offset": made.offset, "min_confidence": least}
    if as_json:
        print_json(body)
    else:
        shown = ", ".join(f"{value} ({kind})" for kind, value in least.items())
        console.print(f"{made.votes} votes; answers from confidence {shown}")


def _show(body: dict[str, Any]) -> None:
    setting = body["setting"]
    console.print(
        f"target precision {setting['target_precision']}: answers from confidence "
        + ", ".join(f"{least} ({kind})" for kind, least in setting["min_confidence"].items())
    )
    table = Table(title="answers", title_justify="left")
    table.add_column("set")
    for name in ("questions", *_COLUMNS.values(), *_UNHELD.values()):
        table.add_column(name, justify="right")
    rows = {**body["sets"], **({"all mixed sets": body["mixed"]} if "mixed" in body else {})}
    for name, found in rows.items():
        unheld = found.get("unheld", {})
        shown = [*(found.get(key) for key in _COLUMNS), *(unheld.get(key) for key in _UNHELD)]
        table.add_row(name, str(found["questions"]), *("" if one is None else f"{one:.3f}" for one in shown))
    console.print(table)
    for row in body.get("mixed", {}).get("coverage_at", ()):
        console.print(
            f"{row['right']:.0%} right: coverage {row['coverage']:.3f}; BM25 alone {row['bm25_coverage']:.3f}"
        )
