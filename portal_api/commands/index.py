"""`jieda index …`: the search index against the database."""

from __future__ import annotations

import time

import typer

from portal_api import database
from portal_api.commands.output import AsJson, print_json
from retrieval import index_store

app = typer.Typer(no_args_is_help=True, help="Check or rebuild the search index.")


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Compare index and database, chunk by chunk; exit 1 if they differ."""
    database.prepare()
    report = index_store.check()
    if as_json:
        print_json(
            {
                "equal": report.equal,
                "chunks": report.chunks,
                "missing": report.missing,
                "extra": report.extra,
                "sequence": report.sequence,
            }
        )
    elif report.equal:
        typer.echo(f"index and database hold the same {report.chunks} chunks")
    else:
        typer.echo(f"{report.missing} chunks missing, {report.extra} too many: run `jieda index rebuild`")
    if not report.equal:
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild(as_json: AsJson = False) -> None:
    """Build the index anew from the database; the old one serves until the new one is ready."""
    database.prepare()
    started = time.perf_counter()
    sequence = index_store.rebuild()
    seconds = round(time.perf_counter() - started, 3)
    if as_json:
        print_json({"sequence": sequence, "seconds": seconds})
    else:
        typer.echo(f"rebuilt in {seconds:.1f} s")
