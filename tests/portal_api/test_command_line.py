"""The command line as a whole; each command is tested beside what it does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from portal_api import cli

_GROUPS = {"eval", "bench", "index", "actions", "db", "user", "apikey", "simulate"}


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_loaded_and_explains_itself(name: str) -> None:
    told = CliRunner().invoke(cli.app, [name, "--help"])
    assert told.exit_code == 0, told.output
    assert f"jieda {name}" in told.output.replace("root", "jieda")
    assert ("COMMAND" in told.output) == (name in _GROUPS)


def test_a_command_nobody_knows_is_bad_usage() -> None:
    assert CliRunner().invoke(cli.app, ["nonsense"]).exit_code == 2


def test_a_command_loads_only_its_own_rooms() -> None:
    """Searching from a script must not pay for the bot, the parsers and the HTTP server."""
    code = (
        "import sys; from typer.testing import CliRunner; from portal_api import cli;"
        "assert CliRunner().invoke(cli.app, ['db', '--help']).exit_code == 0;"
        "print([room for room in ('chatbot', 'retrieval', 'ingest', 'fastapi') if room in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
