"""Commands that are loaded when they are called: `jieda search` must not wait for what only the server needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup


def group(commands: Mapping[str, str]) -> type[TyperGroup]:
    """The group of `commands`: by name, "module:function" or "module:app" below portal_api.commands."""

    class OnDemand(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's name for it
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
            return _load(cmd_name, commands[cmd_name]) if cmd_name in commands else None

    return OnDemand


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(f"portal_api.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)  # a group also when it holds one command
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = typer.main.get_command(alone)
    command.name = name
    return command
