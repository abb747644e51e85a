"""Limits that no linter checks: files, functions, Vue and TypeScript sources."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("foundation", "kb", "models", "retrieval", "ticketing", "chatbot", "ingest", "portal_api")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_WEB_FILE_LINES = 250


def python_files() -> list[Path]:
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return [path for path in found if "migrations/versions" not in path.as_posix()]


def web_files() -> list[Path]:
    wanted = {".ts", ".vue"}
    skipped = {"node_modules", "dist", "generated"}
    return [
        path
        for path in (ROOT / "web").rglob("*")
        if path.suffix in wanted and not skipped & set(path.parts) and not path.name.startswith("schema")
    ]


def test_there_is_something_to_measure() -> None:
    assert len(python_files()) > 50


def test_no_file_is_too_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in python_files()
    }
    assert {path: lines for path, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    long: dict[str, int] = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_no_web_source_is_too_long() -> None:
    if not web_files():
        pytest.skip("no web sources here")
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in web_files()
    }
    assert {path: lines for path, lines in lengths.items() if lines > MAX_WEB_FILE_LINES} == {}


def test_every_room_explains_itself_and_holds_no_code_in_its_plan() -> None:
    for room in ROOMS:
        tree = ast.parse((ROOT / room / "__init__.py").read_text("utf-8"))
        assert ast.get_docstring(tree), room
        assert len(tree.body) == 1, f"{room}/__init__.py holds code"


def test_tables_and_repositories_are_used_only_by_their_own_room() -> None:
    offenders: list[str] = []
    for path in python_files():
        room = path.relative_to(ROOT).parts[0]
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                offenders += [
                    f"{path.relative_to(ROOT)} imports {name}"
                    for name in [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                    if name.split(".")[0] in ROOMS
                    and name.split(".")[0] != room
                    and name.split(".")[-1] in {"tables", "repository"}
                ]
    assert offenders == []
