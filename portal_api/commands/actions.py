"""`jieda actions`: what the bot may do in the vendor's systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chatbot import action_calls, actions
from foundation.db import read_session, write_session
from portal_api.commands.output import AsJson, print_json
from portal_api.sample import read_actions

app = typer.Typer(no_args_is_help=True, help="What the bot may do in your systems.")


@app.command("load")
def load(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A system's actions.yaml.")],
    as_json: AsJson = False,
) -> None:
    """Declare a system and its actions, checked against its OpenAPI document. Done again, it is replaced."""
    with write_session() as session:
        made = actions.load_system(session, read_actions(path))
    names = [action.name for action in made.actions]
    if as_json:
        print_json({"system": made.slug, "actions": names})
    else:
        typer.echo(f"{made.slug}: {', '.join(names)}")


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Show the systems, where they are, and what the bot may do there."""
    with read_session() as session:
        found = actions.systems(session)
    rows = [(one.slug, action_calls.base_url(one), [action.name for action in one.actions]) for one in found]
    if as_json:
        keys = ("system", "base_url", "actions")
        print_json({"systems": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    for slug, url, names in rows:
        typer.echo(f"{slug} ({url or 'no address set'}): {', '.join(names)}")
