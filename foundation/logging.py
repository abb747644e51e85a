"""Structured logs: one JSON object a line on standard error, with the request or job it belongs to."""

from __future__ import annotations

import logging as stdlib_logging
import sys
from typing import Any

import structlog

# Without the values of local variables: they hold passwords, tokens and what customers wrote.
_tracebacks = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(*, level: str = "INFO", log_format: str = "json") -> None:
    """Set up logging for this process; libraries that log through the standard module follow."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    as_text: list[Any] = (
        [_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=shared + as_text,
        wrapper_class=structlog.make_filtering_bound_logger(stdlib_logging.getLevelName(level)),
        logger_factory=lambda *_names: structlog.PrintLogger(
            sys.stderr
        ),  # the one of now: it may be replaced
        cache_logger_on_first_use=False,
    )
    handler = stdlib_logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *as_text],
        )
    )
    root = stdlib_logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("alembic", "httpx", "pdfminer"):  # say nothing an operator could act on
        stdlib_logging.getLogger(chatty).setLevel(stdlib_logging.WARNING)


def get_logger(name: str) -> Any:
    """A logger for one module; call it with an event name and fields, not with sentences."""
    return structlog.get_logger(module=name)
