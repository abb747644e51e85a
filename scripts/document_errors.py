"""Write docs/errors.md from the error classes: run it after adding one. A test checks that nothing is missing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

from foundation.errors import DomainError

ROOMS = ("foundation", "kb", "models", "retrieval", "ticketing", "chatbot", "ingest", "portal_api")
TARGET = Path(__file__).parents[1] / "docs" / "errors.md"
HEAD = """# Errors

Every refusal of the API is a problem document (RFC 9457, `application/problem+json`) with a stable `code`, a `status`
and a sentence in `detail`; further members name the ids a client needs. The command line prints the same code and
exits with 2 for `invalid_input` and its kin (422), else with 1. Why a file failed to be ingested stands in its row of
the job, with a code from the second table.

| code | status | means |
|---|---|---|
"""


def every_error(root: type[DomainError] = DomainError) -> set[type[DomainError]]:
    """All error classes that are loaded."""
    return {root} | {found for child in root.__subclasses__() for found in every_error(child)}


def load_rooms() -> None:
    """Import every module, so that every error class exists."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not re.search(r"migrations|training|__main__|parser_process", module.name):
                importlib.import_module(module.name)


def main() -> None:
    load_rooms()
    rows = {
        error.code: f"| `{error.code}` | {error.status} | {(inspect.getdoc(error) or '').splitlines()[0]} |"
        for error in sorted(every_error(), key=lambda error: error.__module__)
        if error.__module__.split(".")[0] in ROOMS
    }
    extra = {
        "method_not_allowed": "| `method_not_allowed` | 405 | The address exists, but not for this method. |",
        "internal_error": "| `internal_error` | 500 | Something went wrong on our side; it has been logged. |",
    }
    from ingest.errors import ADVICE

    files = "\n".join(f"| `{code}` | {advice} |" for code, advice in sorted(ADVICE.items()))
    table = "\n".join(row for _code, row in sorted({**rows, **extra}.items()))
    TARGET.write_text(
        f"{HEAD}{table}\n\n## Files that could not be ingested\n\n| code | what to do |\n|---|---|\n{files}\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
