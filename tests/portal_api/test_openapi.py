from __future__ import annotations

import json
from pathlib import Path

from portal_api.openapi import document

CHECKED_IN = Path(__file__).parents[2] / "web" / "api-client" / "openapi.json"


def test_the_document_the_web_types_come_from_is_the_one_the_server_gives() -> None:
    assert CHECKED_IN.read_text("utf-8") == document(), "run `make api`"


def test_every_operation_says_what_it_does_and_has_a_unique_name() -> None:
    names: list[str] = []
    for path, operations in json.loads(document())["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description") or operation.get("summary"), f"{method} {path}"
            names.append(operation["operationId"])
    assert len(names) == len(set(names))


def test_every_shape_is_described() -> None:
    ours = json.loads(document())["components"]["schemas"]
    library = {"HTTPValidationError", "ValidationError"}
    assert [name for name, shape in ours.items() if "description" not in shape and name not in library] == []
