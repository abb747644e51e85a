"""The `jieda` command: one file per command in portal_api/commands."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from foundation import logging
from foundation.errors import DomainError, InvalidInputError
from foundation.settings import get_settings
from portal_api import database
from portal_api.commands import (
    actions,
    ask,
    backup,
    bench,
    db,
    demo,
    doctor,
    evals,
    index,
    ingest,
    search,
    serve,
    users,
)

app = typer.Typer(
    name="jieda",
    help="Jieda 解答: answers first, people when it matters.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("ingest")(ingest.ingest)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(evals.app, name="eval")
app.add_typer(index.app, name="index", help="Check or rebuild the search index.")
app.add_typer(bench.app, name="bench", help="Measure speed beside others.")
app.add_typer(db.app, name="db", help="The database's schema.")
app.add_typer(actions.app, name="actions", help="What the bot may do in your systems.")
app.add_typer(users.users, name="user", help="People who can sign in.")
app.add_typer(users.keys, name="apikey", help="Keys for machines.")


_BAD_USAGE = 2
# These look at the database's state themselves, or bring their own.
_WITHOUT_DATABASE = {"restore", "bench", "db", "doctor", "eval"}


@app.callback()
def _start(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log on standard error.")] = False,
) -> None:
    settings = get_settings()
    level = settings.log_level if verbose else "WARNING"
    logging.configure(level=level, log_format="console" if sys.stderr.isatty() else settings.log_format)
    wanted_help = {"--help", "-h"} & set(sys.argv)
    if context.invoked_subcommand not in _WITHOUT_DATABASE and not wanted_help:
        database.prepare()


def main() -> None:
    """Run the command line; a refusal is one line on standard error and exit code 1, bad usage 2."""
    try:
        app()
    except DomainError as error:
        _report(error)
        sys.exit(_BAD_USAGE if isinstance(error, InvalidInputError) else 1)


def _report(error: DomainError) -> None:
    if "--json" in sys.argv:
        body: dict[str, Any] = {"error": {"code": error.code, "detail": str(error)}}
        print(json.dumps(body, ensure_ascii=False), file=sys.stderr)  # noqa: T201
    else:
        typer.secho(f"jieda: {error} [{error.code}]", fg="red", err=True)
