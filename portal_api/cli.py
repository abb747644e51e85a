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
from portal_api.commands import on_demand

COMMANDS = {
    "serve": "serve:serve",
    "worker": "serve:worker",
    "demo": "demo:demo",
    "doctor": "doctor:doctor",
    "ingest": "ingest:ingest",
    "search": "search:search",
    "ask": "ask:ask",
    "eval": "evals:app",
    "bench": "bench:app",
    "index": "index:app",
    "simulate": "simulate:app",
    "actions": "actions:app",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "db": "db:app",
    "user": "users:users",
    "apikey": "users:keys",
}
app = typer.Typer(
    cls=on_demand.group(COMMANDS),
    name="jieda",
    help="Jieda 解答: answers first, people when it matters.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)

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
