"""Pictures of a PDF's pages, with the cited place marked, drawn in a process of their own like every parser.

A page is a stranger's work: what draws it has no network, no keys, a memory limit and a time limit.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from foundation.errors import DomainError, NotFoundError
from foundation.settings import get_settings
from ingest.sandbox import child_environment
from ingest.types import Box

PROGRAM = (sys.executable, "-m", "ingest.page_drawing")
NO_SUCH_PAGE_EXIT = 3
_TIMEOUT_S = 20.0
_AT_ONCE = threading.BoundedSemaphore(2)  # readers of one manual must not take the whole machine


class NoSuchPageError(NotFoundError):
    """The file has no page of this number."""

    code = "no_such_page"


class PageNotDrawnError(DomainError):
    """A page could not be drawn; open the original file instead."""

    code = "page_not_drawn"
    status = 422


def draw(path: Path, number: int, marked: Box | None = None) -> bytes:
    """Page `number` (from 1) as PNG, at most 1,800 pixels wide and high, with the box `marked` (points) shaded.

    Raises NoSuchPageError and PageNotDrawnError.
    """
    box = ",".join(f"{edge:.2f}" for edge in marked) if marked else ""
    arguments = [*PROGRAM, str(get_settings().ingest.file_memory_mb), str(path), str(number), box]
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603 - our own program; the path is ours, the rest are numbers
                arguments,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                env=child_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PageNotDrawnError("this page took too long to draw; open the original file") from error
    if done.returncode == NO_SUCH_PAGE_EXIT:
        raise NoSuchPageError(f"the file has no page {number}")
    if done.returncode != 0 or not done.stdout:
        raise PageNotDrawnError("this page could not be drawn; open the original file")
    return done.stdout
