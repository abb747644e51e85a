"""How commands print: one JSON object on standard output, or text for people."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

console = Console()
progress_console = Console(stderr=True)


def print_json(body: Any) -> None:
    """One JSON object on standard output, readable Chinese included."""
    typer.echo(json.dumps(body, ensure_ascii=False, default=str))
