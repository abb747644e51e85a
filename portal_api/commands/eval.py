"""`jieda eval`: figures of search on a benchmark folder, beside another system, and against recorded floors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portal_api.commands import eval_tables
from portal_api.commands.output import AsJson, print_json, progress_console
from retrieval import comparison, evaluation, floors
from retrieval.comparison import Comparison
from retrieval.evaluation import Report
from retrieval.floors import Floors, Shortfall
from retrieval.types import System

BELOW_A_FLOOR = 3  # exit code: everything was measured, something fell below its floor


Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="Holds corpus.jsonl, queries.jsonl and qrels.tsv.", exists=True, file_okay=False
    ),
]
OtherQueries = Annotated[
    Path | None,
    typer.Option(
        help="Another folder whose queries and judgements are used on this corpus.", file_okay=False
    ),
]
Rival = Annotated[
    str | None,
    typer.Option(
        metavar="SYSTEM|FILE",
        help="Also measure this system, or take what an earlier --json printed into FILE; paired test.",
    ),
]
Gate = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Exit with 3 when a figure is below its floor in FILE.", dir_okay=False
    ),
]
Record = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write today's figures, less --slack, as floors.", dir_okay=False),
]


@dataclass(frozen=True)
class Against:
    """What `--compare` names: another system, to be run as well, or the kept result of an earlier run."""

    name: str
    system: System | None
    result: dict[str, float]  # nDCG@10 by query, of a kept result


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter an option
    folder: Folder,
    system: Annotated[System, typer.Option(help="Which legs search.")] = System.HYBRID,
    queries: OtherQueries = None,
    compare: Rival = None,
    changes: Annotated[int, typer.Option(min=0, help="How many wins and losses to show, each.")] = 5,
    gate: Gate = None,
    record: Record = None,
    slack: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of recorded floors.")] = floors.SLACK,
    as_json: AsJson = False,
) -> None:
    """Index the folder's corpus in a temporary place, search all judged queries and print nDCG@10 and others.

    Exit codes: 0 measured, and no figure below its floor; 3 with --gate, a figure below its floor; 2 bad usage.
    """
    against = _against(compare) if compare else None
    limits = floors.read(gate, evaluation.benchmark_name(folder, queries), system) if gate else None
    reports = _run(folder, [system, *([against.system] if against and against.system else [])], queries)
    report = reports[0]
    compared = _compared(against, reports) if against else None
    below = floors.shortfalls(report, limits) if limits else []
    if as_json:
        print_json(_body(report, compared, limits, below))
    else:
        eval_tables.show(report, compared, changes, limits, below)
    if record:
        count = floors.record(record, report, slack)
        progress_console.print(f"recorded the floors of {count} groups in {record}")
    if below:
        raise typer.Exit(BELOW_A_FLOOR)


def _against(named: str) -> Against:
    if named in {str(system) for system in System}:
        return Against(named, System(named), {})
    if not Path(named).is_file():
        systems = ", ".join(System)
        raise typer.BadParameter(
            f"{named!r} is neither a system ({systems}) nor a file", param_hint="--compare"
        )
    return Against(named, None, comparison.read_result(Path(named)))


def _compared(against: Against, reports: list[Report]) -> Comparison:
    other = comparison.ndcg_of(reports[1]) if against.system else against.result
    return comparison.compare(reports[0], other, against.name)


def _body(
    report: Report, compared: Comparison | None, limits: Floors | None, below: list[Shortfall]
) -> dict[str, Any]:
    body = report.to_json()
    if compared is not None:
        body["compare"] = compared.to_json()
    if limits is not None:
        body["gate"] = {
            "passed": not below,
            "floors": sum(map(len, limits.values())),
            "below": [one.to_json() for one in below],
        }
    return body


def _run(folder: Path, systems: list[System], queries: Path | None) -> list[Report]:
    columns = TextColumn("searching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task("searching", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return evaluation.evaluate_all(folder, systems, queries=queries, progress=advance)
