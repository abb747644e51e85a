"""`jieda db …`: the database's schema."""

from __future__ import annotations

import typer

from portal_api import database
from portal_api.commands.output import AsJson, print_json

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command("upgrade")
def upgrade(as_json: AsJson = False) -> None:
    """Bring the database's schema up to date; safe to repeat."""
    revision = database.upgrade()
    if as_json:
        print_json({"revision": revision})
    else:
        typer.echo(f"the database is at revision {revision}")


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Say where the schema stands."""
    found, wanted = database.current_revision(), database.wanted_revision()
    if as_json:
        print_json({"revision": found, "wanted": wanted, "up_to_date": found == wanted})
    else:
        typer.echo(f"the database is at {found or 'nothing'}; this version needs {wanted}")
