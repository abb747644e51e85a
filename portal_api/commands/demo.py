"""`jieda demo`: load the sample company."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal_api import sample
from portal_api.commands.ingest import ingest_here
from portal_api.commands.output import AsJson, print_json


def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with a company.yaml; default: the one shipped.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load the sample company: its desk, its knowledge, its log-ins. Done again, nothing changes."""
    loaded = sample.load_company(folder or sample.folder_of_sample())
    job = ingest_here(loaded.knowledge, shown=not as_json)
    counted = {
        name: getattr(job, name)
        for name in ("ingested", "unchanged", "removed", "articles", "chunks", "failed")
    }
    if as_json:
        print_json({"company": loaded.company, "people": loaded.people, "agents": loaded.agents, **counted})
    else:
        typer.echo(
            f"{loaded.company}: {job.articles} articles, {job.chunks} chunks "
            f"({job.ingested} files read, {job.unchanged} unchanged), "
            f"{loaded.people} customers, {loaded.agents} agents"
        )
    if job.failed:
        raise typer.Exit(3)
