"""Files that were read become visible: several are embedded together and written in one transaction.

Each file is whole in that transaction, with the row that says it ended, so it changes from its old version to
the new one in one step, and what a kill undoes is read again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from foundation import clock
from foundation.db import WriteSession, read_session, retrying, write_session
from foundation.logging import get_logger
from ingest import files, listing, removals, repository
from ingest.errors import UnreadableFileError
from ingest.pipeline import FIRST_PAUSE, MAX_ATTEMPTS, Reading, Rules
from ingest.products import with_products
from ingest.types import FileState, Prepared
from kb import service as kb
from kb.types import Embeddings, NewArticle, NewSource, Published
from retrieval import passages

AT_ONCE = 48  # files in a transaction …
CHUNKS_AT_ONCE = 1000  # … or as few as make so many chunks: others wait that long for their turn to write
_LONGEST_WAIT_S = 0.5  # of a file that is ready for others to be published with
_log = get_logger(__name__)


@dataclass(frozen=True)
class _Made:
    """What a file became, ready to be written."""

    reading: Reading
    prepared: Prepared
    articles: Sequence[NewArticle]

    @cached_property
    def chunks(self) -> int:
        return sum(len(article.chunks) for article in self.articles)

    @cached_property
    def hashes(self) -> set[str]:
        return {chunk.hash(article.title) for article in self.articles for chunk in article.chunks}


class Publisher:
    """Collects the files of one run that were read, and publishes them before they have waited long."""

    def __init__(self, rules: Rules, run: str) -> None:
        self._rules, self._run = rules, run
        self._ready: list[tuple[Reading, Prepared]] = []
        self._chunks = 0
        self._since = 0.0
        self._products: dict[int, set[str]] = {}  # by collection, looked up once and then followed

    def add(self, reading: Reading, prepared: Prepared) -> None:
        """Take a file that was read; it is published now or soon."""
        if not self._ready:
            self._since = time.monotonic()
        self._ready.append((reading, prepared))
        self._chunks += sum(len(article.chunks) for article in prepared.articles)
        if len(self._ready) >= AT_ONCE or self._chunks >= CHUNKS_AT_ONCE:
            self.publish()

    @property
    def is_empty(self) -> bool:
        return not self._ready

    def publish_due(self, *, is_idle: bool) -> None:
        """Publish what waits if nothing else is to come (`is_idle`), or if it has waited long enough."""
        if self._ready and (is_idle or time.monotonic() - self._since > _LONGEST_WAIT_S):
            self.publish()

    def publish(self) -> None:
        """Publish what waits. A file the database refuses fails alone; the others of its transaction are in."""
        ready, self._ready, self._chunks = self._ready, [], 0
        try:
            self._try(ready)
        except _REFUSALS as error:
            if len(ready) > 1:
                for one in ready:
                    self._ready = [one]
                    self.publish()
            else:
                fail(ready[0][0].row, _refusal(error), self._rules, self._run, ready[0][0])
        finally:
            for reading, _prepared in ready:
                files.discard(reading.staged)

    def _try(self, ready: Sequence[tuple[Reading, Prepared]]) -> None:
        held = self._hold(ready)
        made = [
            _Made(reading, prepared, self._with_products(reading, prepared))
            for reading, prepared in ready
            if reading.row.id not in held
        ]
        if not made:
            return
        began, spec = time.perf_counter(), passages.embedder_spec()
        embeddings = _embed_new(spec, made)
        _share_time(made, "embed", began)
        sources = [self._source(one) for one in made]
        retrying(lambda: self._write(made, sources, embeddings, spec))

    def _with_products(self, reading: Reading, prepared: Prepared) -> Sequence[NewArticle]:
        collection_id = self._rules.collections[reading.row.collection]
        if collection_id not in self._products:
            with read_session() as session:
                self._products[collection_id] = set(kb.products(session, collection_id))
        known = self._products[collection_id]
        named = with_products(
            prepared.articles, listing.display_name(reading.row.uri), sorted(known) if known else ()
        )
        known.update(article.product for article in named if article.product)
        return named

    def _source(self, made: _Made) -> NewSource:
        reading = made.reading
        # Once: when the others of its transaction are tried without it, it is in its place already.
        reading.file_key = reading.file_key or files.keep(
            reading.staged, listing.display_name(reading.row.uri)
        )
        return NewSource(
            uri=reading.row.uri,
            content_hash=reading.staged.content_hash,
            pipeline_version=self._rules.version,
            media_type=reading.media_type,
            file_key=reading.file_key,
            pages=made.prepared.pages,
        )

    def _hold(self, ready: Sequence[tuple[Reading, Prepared]]) -> set[int]:
        """Hold files with so few of their articles left that somebody should look at them first; ids of their rows."""
        compared = [] if self._rules.allow_removals else [one for one in ready if self._is_same_way(one[0])]
        if not compared:
            return set()
        with read_session() as session:
            keys = kb.live_keys(session, [reading.source.id for reading, _ in compared if reading.source])
        held: set[int] = set()
        for reading, prepared in compared:
            live = keys.get(reading.source.id, set()) if reading.source else set()
            vanishing = len(live - {article.key for article in prepared.articles})
            if removals.asks(vanishing, len(live)):
                held.add(reading.row.id)
                counts = {"retired": vanishing, "articles": len(live), "timings": reading.timings}
                self._end_held(reading, prepared, counts)
        return held

    def _is_same_way(self, reading: Reading) -> bool:
        """Otherwise it is we who read the file differently, not its author who wrote less."""
        return reading.source is not None and reading.source.pipeline_version == self._rules.version

    def _end_held(self, reading: Reading, prepared: Prepared, counts: dict[str, Any]) -> None:
        with write_session() as session:
            repository.finish_file(
                session,
                reading.row.id,
                self._run,
                state=FileState.HELD,
                **_about(reading, prepared),
                **counts,
            )

    def _write(
        self, made: Sequence[_Made], sources: Sequence[NewSource], embeddings: Embeddings, spec: str
    ) -> None:
        """Publish those of the files that this run has not lost, and end their rows."""
        began = time.perf_counter()
        by_shelf: dict[int, list[tuple[_Made, NewSource]]] = defaultdict(list)
        with write_session() as session:
            mine = repository.in_hand(session, [one.reading.row.id for one in made], self._run)
            for one, source in zip(made, sources, strict=True):
                if one.reading.row.id in mine:
                    by_shelf[self._rules.collections[one.reading.row.collection]].append((one, source))
            written: list[_Made] = []
            published: list[Published] = []
            for collection_id, pairs in by_shelf.items():
                told = [(source, one.articles) for one, source in pairs]
                published += kb.publish_sources(session, collection_id, told, embeddings, spec)
                written += [one for one, _source in pairs]
            _share_time(written, "publish", began)
            _end(session, written, published, embeddings)


def _end(
    session: WriteSession, made: Sequence[_Made], published: Sequence[Published], embeddings: Embeddings
) -> None:
    unseen = set(embeddings)
    rows: list[dict[str, Any]] = []
    for one, done in zip(made, published, strict=True):
        new = one.hashes & unseen  # a text that two files share was embedded once
        unseen -= new
        rows.append(
            {
                "id": one.reading.row.id,
                "state": FileState.INGESTED,
                "pages": one.prepared.pages,
                "pages_planned": one.prepared.pages or one.reading.row.pages_planned,
                "embedded": len(new),
                "articles": done.articles,
                "chunks": done.chunks,
                "retired": len(done.retired_articles),
                "timings": one.reading.timings,
                "seconds": round(sum(one.reading.timings.values()), 3),
                **_about(one.reading, one.prepared),
            }
        )
    repository.end_files(session, rows)


def _about(reading: Reading, prepared: Prepared) -> dict[str, Any]:
    """What is known of a file that was read, with a note where pages or inner files had to be left out."""
    about: dict[str, Any] = {"bytes": reading.staged.bytes, "content_hash": reading.staged.content_hash}
    note = None
    if reading.left_out:
        note = UnreadableFileError("pages_left_out", ", ".join(map(str, sorted(reading.left_out))))
    elif prepared.left_out:
        note = UnreadableFileError("files_left_out", "; ".join(prepared.left_out)[:1000])
    return {**about, "code": note.code if note else None, "message": note.message if note else None}


def _share_time(made: Sequence[_Made], stage: str, began: float) -> None:
    """Each file's part, by its chunks, of what a stage took for all of them."""
    seconds, chunks = time.perf_counter() - began, sum(one.chunks for one in made) or 1
    for one in made:
        one.reading.timings[stage] = round(seconds * one.chunks / chunks, 4)


def _embed_new(spec: str, made: Sequence[_Made]) -> Embeddings:
    """Embeddings of the chunks that were never embedded before; known ones cost a look-up."""
    hashes = set().union(*(one.hashes for one in made))
    with read_session() as session:
        known = kb.embedded_hashes(session, spec, hashes)
    return passages.embed_articles((article for one in made for article in one.articles), known)


_REFUSALS = (DataError, IntegrityError, ValueError, OperationalError)


def _refusal(error: Exception) -> UnreadableFileError:
    """What the database refuses to store of one file is that file's error; raises what is not about the file."""
    if isinstance(error, OperationalError):
        if "locked" not in str(error) and "deadlock" not in str(error):
            raise error
        _log.warning("publish_put_off", error=str(error)[:300])
        return UnreadableFileError("unreadable", "the database was busy", heals=True)
    _log.warning("publish_refused", error=str(error)[:300])
    return UnreadableFileError("unreadable", type(error).__name__)


def fail(
    row: Any, error: UnreadableFileError, rules: Rules, run: str, reading: Reading | None = None
) -> None:
    """Record why a file could not be read, or try it again later if that can heal.

    What it said before goes on answering.
    """
    timings = reading.timings if reading else {}
    why: dict[str, Any] = {"code": error.code, "message": error.message, "timings": timings}
    why |= {"seconds": round(sum(timings.values()), 3)}
    if reading and not error.heals:
        known = {"bytes": reading.staged.bytes, "content_hash": reading.staged.content_hash}
        why |= {**known, "rules": rules.failing}
    with write_session() as session:
        if error.heals and row.attempts + 1 < MAX_ATTEMPTS:
            retry_at = clock.now() + FIRST_PAUSE * 2**row.attempts
            repository.put_off(session, row.id, run, retry_at, code=error.code, message=error.message)
        else:
            repository.finish_file(session, row.id, run, state=FileState.FAILED, **why)
