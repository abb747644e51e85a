"""`jieda backup` and `jieda restore`: everything but the index, which is rebuilt, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal_api import backup as archives
from portal_api import database
from portal_api.commands.output import AsJson, print_json


def backup(
    target: Annotated[Path, typer.Argument(help="The archive to write, e.g. jieda.tar.gz; must not exist.")],
    as_json: AsJson = False,
) -> None:
    """Write database, originals and key into one archive; the server may go on meanwhile."""
    held = archives.backup(target)
    if as_json:
        print_json({"archive": str(target), "holds": held, "bytes": target.stat().st_size})
    else:
        typer.echo(f"{target}: {', '.join(held)}")


def restore(
    archive: Annotated[
        Path, typer.Argument(help="An archive of `jieda backup`.", exists=True, dir_okay=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Bring a backup into an empty data folder and its schema up to date; the index follows by itself."""
    held = archives.restore(archive)
    database.prepare()
    if as_json:
        print_json({"archive": str(archive), "holds": held, "revision": database.current_revision()})
    else:
        typer.echo(f"restored {', '.join(held)}")
