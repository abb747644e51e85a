"""A parser process that breaks in the way the name of its file says; run by the tests of the sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ingest import parser_process, reader
from ingest.errors import UnreadableFileError
from ingest.paging import begin
from ingest.types import ParseRequest, Prepared
from kb.types import Locator, NewArticle, NewChunk

PAGES = 5


def read(request: ParseRequest) -> Prepared:
    """One chunk a page; the file's name says on which pages to crash or to hang, or what else to try."""
    trick, *numbers = Path(request.uri).stem.split("-")
    if trick == "flood":
        return Prepared(articles=(_article(["x" * 2_000_000]),))
    if trick == "escape":
        return Prepared(articles=(_article([_tried()]),))
    if trick == "environment":
        return Prepared(articles=(_article([" ".join(sorted(os.environ))]),))
    texts = list(_pages(trick, numbers))
    if not texts:
        raise UnreadableFileError("no_text")
    return Prepared(articles=(_article(texts),), pages=PAGES)


def _pages(trick: str, numbers: list[str]) -> Iterator[str]:
    for number in range(1, PAGES + 1):
        if not begin(number, PAGES):
            continue
        if str(number) in numbers:
            if trick == "crash":
                os._exit(11)
            time.sleep(3600)
        yield f"page {number}"


def _tried() -> str:
    said = []
    for attempt in (socket.socket, lambda: subprocess.run(["true"], check=True)):
        try:
            attempt()
        except PermissionError:
            said.append("refused")
        else:
            said.append("done")
    return " ".join(said)


def _article(texts: list[str]) -> NewArticle:
    chunks = tuple(NewChunk(text=text, locator=Locator("x", page=1), lang="en") for text in texts)
    return NewArticle(key="page", title="Broken", chunks=chunks, lang="en")


if __name__ == "__main__":
    reader.read = read
    sys.exit(parser_process.main())
