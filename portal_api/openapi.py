"""The OpenAPI document on standard output: `python -m portal_api.openapi`. The web's types come from it."""

from __future__ import annotations

import json
import sys

from portal_api.app import create_app


def document() -> str:
    """The document as it is checked in: sorted, readable, ending in a newline."""
    return json.dumps(create_app().openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
