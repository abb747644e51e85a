"""What must be true after any number of kills, and a watcher that searches all the while."""

from __future__ import annotations

import multiprocessing
import random
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from foundation import logging
from foundation.access import SYSTEM
from foundation.db import read_session
from foundation.settings import Settings, use_settings
from ingest.tables import IngestFileTable, IngestJobTable
from kb.tables import ArticleTable, ChunkTable, SourceTable
from retrieval import index_store
from retrieval import service as retrieval
from retrieval.errors import IndexNotReadyError

SECTIONS = 4


def edit(docs: Path, files: int, *, revision: int) -> None:
    """Write every file in this revision; each of its sections names it."""
    docs.mkdir(exist_ok=True)
    for number in range(files):
        sections = "\n\n".join(
            f"## Step {part}\n\nModel M{number:04} revision r{revision}r, step {part}: turn valve {part} slowly. "
            + "Wait until the pointer stands still before you go on. " * 12
            for part in range(SECTIONS)
        )
        path = docs / f"{number:04}.md"
        path.write_text(f"# Manual M{number:04}\n\n{sections}\n", "utf-8")


@dataclass(frozen=True)
class Books:
    """Everything that must not depend on how often somebody was killed; ids may."""

    sources: list[tuple[Any, ...]]
    chunks: list[tuple[Any, ...]]
    articles: int
    versions: set[int]
    is_index_equal: bool
    unfinished: int


def books() -> Books:
    """The state of the current database and index."""
    with read_session() as session:
        sources = session.execute(select(SourceTable.uri, SourceTable.content_hash).order_by(SourceTable.uri))
        chunks = session.execute(
            select(SourceTable.uri, ArticleTable.key, ChunkTable.position, ChunkTable.text)
            .join(ArticleTable, ArticleTable.source_id == SourceTable.id)
            .join(ChunkTable, ChunkTable.article_id == ArticleTable.id)
            .where(ArticleTable.retired_at.is_(None))
            .order_by(SourceTable.uri, ChunkTable.position)
        )
        versions = set(session.scalars(select(ArticleTable.version)))
        open_files = IngestFileTable.state.in_(["waiting", "running", "failed"])
        unfinished = session.scalar(select(func.count()).select_from(IngestFileTable).where(open_files)) or 0
        unfinished += (
            session.scalar(
                select(func.count()).select_from(IngestJobTable).where(IngestJobTable.state != "done")
            )
            or 0
        )
        found = [tuple(row) for row in sources], [tuple(row) for row in chunks]
        articles = session.scalar(select(func.count()).select_from(ArticleTable)) or 0
    return Books(*found, articles, versions, index_store.check().equal, unfinished)


@dataclass
class Seen:
    """What the watcher found."""

    searches: int = 0
    over_http: int = 0
    mixed: list[str] = field(default_factory=list)


@contextmanager
def watch_versions(settings: Settings, files: int, port: int) -> Iterator[Seen]:
    """Search in a process of its own until the end of the block; `mixed` names every answer of two revisions."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    watcher = context.Process(target=_watch, args=(settings, files, port, there), daemon=True)
    watcher.start()
    seen = Seen()
    try:
        yield seen
    finally:
        here.send("stop")
        if here.poll(60):
            seen.searches, seen.over_http, seen.mixed = here.recv()
        watcher.join(10)
        watcher.kill()
    if not seen.searches:
        seen.mixed = ["the watcher never searched"]


def _watch(settings: Settings, files: int, port: int, pipe: Any) -> None:
    logging.configure(level="CRITICAL")
    use_settings(settings)
    chance, searches, over_http, mixed = random.Random(7), 0, 0, []
    while not pipe.poll():
        name = f"M{chance.randrange(files):04}"
        try:
            mixed += _mixed(_search(name))
            searches += 1
        except IndexNotReadyError:
            pass
        told = _ask_server(port, name)
        if told is not None:
            over_http += 1
            mixed += _mixed(told)
        time.sleep(0.05)
    pipe.recv()
    pipe.send((searches, over_http, mixed[:20]))


def _search(name: str) -> list[tuple[int, str]]:
    with read_session() as session:
        found = retrieval.search(session, SYSTEM, f"{name} turn valve", top_k=20, collapse=False)
    return [(hit.article_id, hit.text) for hit in found.hits]


def _ask_server(port: int, name: str) -> list[tuple[int, str]] | None:
    import json

    body = json.dumps({"query": f"{name} turn valve", "top_k": 20}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/search", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            hits = json.load(answer)["hits"]
    except (OSError, urllib.error.URLError, ValueError):
        return None  # it has just been killed
    return [(hit["article_id"], hit["text"]) for hit in hits]


def _mixed(hits: list[tuple[int, str]]) -> list[str]:
    """A note for each article that one answer quotes in two revisions."""
    revisions: dict[int, set[str]] = {}
    for article_id, text in hits:
        revisions.setdefault(article_id, set()).update(re.findall(r"revision (r\d+r)", text))
    return [f"article {known} in {sorted(found)}" for known, found in revisions.items() if len(found) > 1]
