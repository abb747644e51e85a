from __future__ import annotations

import json
import logging as stdlib_logging
from collections.abc import Iterator

import pytest
import structlog

from foundation import logging


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = stdlib_logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def _crash(password: str) -> None:
    raise ValueError(f"could not check {len(password)} characters")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_logged_error_never_holds_the_values_of_local_variables(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.configure(level="INFO", log_format=log_format)
    try:
        _crash("-".join(["correct", "horse", "battery"]))
    except ValueError:
        logging.get_logger("test").exception("failed")
        stdlib_logging.getLogger("library").exception("failed too")
    printed = capsys.readouterr()
    assert "could not check 21 characters" in printed.err
    assert "correct-horse" not in printed.err
    assert printed.out == ""


def test_a_log_line_is_one_json_object_with_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure(level="INFO", log_format="json")
    with structlog.contextvars.bound_contextvars(request_id="r_7"):
        logging.get_logger("kb.service").info("article_published", title="变频器")
    line = json.loads(capsys.readouterr().err)
    assert line["request_id"] == "r_7"
    assert (line["event"], line["module"], line["title"]) == ("article_published", "kb.service", "变频器")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure(level="WARNING", log_format="json")
    logging.get_logger("x").info("quiet")
    stdlib_logging.getLogger("library").info("quiet")
    assert capsys.readouterr().err == ""
