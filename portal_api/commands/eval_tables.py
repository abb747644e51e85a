"""What `jieda eval` shows in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from portal_api.commands.output import console
from retrieval.comparison import Change, Comparison, GroupComparison
from retrieval.evaluation import Group, Report
from retrieval.floors import Floors, Shortfall
from retrieval.metrics import FIGURE_NAMES

_SURE = 0.05  # below this chance a difference is called one
_TEXT = 60  # characters of a question
_FIGURE_COLUMNS = ("queries", *FIGURE_NAMES)


def show(
    report: Report, compared: Comparison | None, changes: int, limits: Floors | None, below: list[Shortfall]
) -> None:
    """Figures by group; then what `--compare` and `--gate` found, where they were asked for."""
    _show_figures(report)
    if compared is not None:
        _show_comparison(str(report.system), compared)
        _show_changes("losses", compared.losses, changes)
        _show_changes("wins", compared.wins, changes)
    if limits is not None:
        _show_gate(limits, below)


def _show_figures(report: Report) -> None:
    body = report.to_json()
    table = _table(
        f"{body['system']} search, nDCG@10 with 95 % interval", ("task", "language"), _FIGURE_COLUMNS
    )
    for row, (group, _count, _mean) in zip(body["groups"], report.group_figures(), strict=True):
        first, *others = (f"{row[name]:.3f}" for name in FIGURE_NAMES)
        span = f" [dim]{_span(row['ci95'][FIGURE_NAMES[0]])}[/]"
        table.add_row(*_names(group), str(row["queries"]), first + span, *others)
    console.print(table)
    speed = body["ms_per_query"]
    console.print(
        f"indexed in {body['index_seconds']:.1f} s; a query took {speed['p50']} ms (p95 {speed['p95']} ms)"
    )


def _show_comparison(system: str, compared: Comparison) -> None:
    other = Path(compared.other).stem  # a kept result goes by its file's name
    columns = (system, other, "difference, 95 %", "p", "won/lost")
    table = _table(f"nDCG@10 of {system} against {other}", ("task", "language"), columns)
    for group in (*compared.groups, compared.overall):
        table.add_row(*(_names(group.group) if group.group else ("all", "")), *_compared_cells(group))
    console.print(table)
    if compared.left_out:
        console.print(f"{compared.left_out} queries stand in one of both only and were left out")


def _compared_cells(group: GroupComparison) -> list[str]:
    colour = "dim" if group.p >= _SURE else "green" if group.difference > 0 else "red"
    return [
        f"{group.found:.3f}",
        f"{group.other:.3f}",
        f"[{colour}]{group.difference:+.3f}[/] [dim]{_span(group.interval, sign='+')}[/]",
        f"[{colour}]{group.p:.4f}[/]",
        f"{group.wins}/{group.losses}",
    ]


def _show_changes(title: str, changes: Sequence[Change], most: int) -> None:
    if not changes or not most:
        return
    table = _table(
        f"{title}: {min(most, len(changes))} of {len(changes)}",
        ("task", "language", "question"),
        ("nDCG@10",),
    )
    for change in changes[:most]:
        question = change.text if len(change.text) <= _TEXT else f"{change.text[: _TEXT - 1]}…"
        # Questions are customers' text: brackets in them are no markup.
        shown = question.replace("[", "\\[")
        table.add_row(*_names(change.group), shown, f"{change.other:.3f} → {change.found:.3f}")
    console.print(table)


def _show_gate(limits: Floors, below: list[Shortfall]) -> None:
    if not below:
        console.print(
            f"[green]gate passed[/]: {sum(map(len, limits.values()))} figures are at or above their floors"
        )
        return
    table = _table("below the floor", ("task", "language", "figure"), ("floor", "found"))
    for one in below:
        found = "[red]gone[/]" if one.found is None else f"[red]{one.found:.4f}[/]"
        table.add_row(*_names(one.group), one.figure, f"{one.floor:.4f}", found)
    console.print(table)


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _names(group: Group) -> tuple[str, str]:
    task, lang, target = group
    return task, f"{lang} → {target}" if target not in (None, lang) else lang


def _span(ends: Sequence[float], sign: str = "") -> str:
    low, high = ends
    between = "…" if sign else "–"
    return f"{low:{sign}.3f}{between}{high:{sign}.3f}".replace("0.", ".")
