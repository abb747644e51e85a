"""Keeps the index true to the knowledge base.

`catch_up` applies the change log; `fresh` gives a search the newest state and sees to it that a change
committed by any process is found by the next search of every other.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Final

from foundation import db, ids
from foundation.db import ReadSession
from foundation.logging import get_logger
from foundation.settings import Settings, get_settings
from kb import glossary
from kb import service as kb
from kb.types import IndexRow
from models.embedder import TokenEmbedder
from models.segmenter import normalize
from retrieval import outdated, passages
from retrieval.analyzer import ANALYZER_VERSION, analyze_passage
from retrieval.embedded import EmbeddedIndex
from retrieval.errors import IndexNotReadyError, UnknownIndexError
from retrieval.index import Identity, Index, IndexEntry, IndexWriter, Snapshot
from retrieval.lexicon import Lexicon, touches
from retrieval.milvus import MilvusIndex

_log = get_logger(__name__)
_CHANGES_AT_ONCE: Final = 1000
_WRITE_WAIT_S: Final = 600.0
_FEW_CHANGES: Final = 100  # so many are applied in a moment, so a search waits for them …
_FEW_WAIT_S: Final = 5.0
_MANY_WAIT_S: Final = 0.3  # … but not for a bulk ingest; it serves what is loaded
_FIRST_WAIT_S: Final = 20.0  # how long it waits where nothing is loaded yet

_mutex = threading.Lock()
_indexes: dict[tuple[str, str], Index] = {}
_follower = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jieda-index")
_following: list[Future[int]] = []


def current() -> Index:
    """The index the settings name. Raises UnknownIndexError."""
    settings = get_settings()
    key = settings.index, str(settings.index_dir.absolute())
    with _mutex:
        if key not in _indexes:
            made = _made(settings)
            _indexes.clear()  # one is in use at a time
            _indexes[key] = made
        return _indexes[key]


def _made(settings: Settings) -> Index:
    kind, _, where = settings.index.partition(":")
    if settings.index == "embedded":
        return EmbeddedIndex(settings.index_dir)
    if kind == "milvus" and where:
        uri, _, name = where.partition("#")
        return MilvusIndex(uri, settings.index_token, alias=name or "jieda")
    raise UnknownIndexError(settings.index)


def beside(spec: str) -> str:
    """The spec of a new index of the same kind: on the same server under another name, or in other files."""
    server, _, _name = spec.partition("#")
    return spec if spec == "embedded" else f"{server}#{ids.new_id('beside')}"


def identity() -> Identity:
    """What an index must have been built with to serve under the present settings."""
    embedder = passages.current_embedder()
    return Identity(passages.embedder_spec(), embedder.dim, ANALYZER_VERSION)


def fresh(session: ReadSession) -> Snapshot:
    """A snapshot that holds all that was committed when `session` began; during a bulk ingest the newest there is.

    After a change of encoder or analyzer the old index serves, as far as it can, until the new one is built.
    Raises IndexNotReadyError when there is none at all and building one takes longer than we wait.
    """
    index, wanted = current(), kb.last_sequence(session)
    found = _usable(index.snapshot())
    for _ in range(2):  # a run we joined may have looked at the change log just before our commit
        if found is not None and found.sequence >= wanted:
            return found
        behind = wanted - found.sequence if found is not None else None
        _follow(_wait_s(behind, has_old=index.snapshot() is not None))
        found = _usable(index.snapshot()) or found
    if found is None:
        return _outdated(index.snapshot())
    return found


def _outdated(snapshot: Snapshot | None) -> Snapshot:
    if snapshot is None:
        raise IndexNotReadyError
    return outdated.serving(snapshot, identity())


def _wait_s(behind: int | None, *, has_old: bool) -> float:
    if behind is None:
        return _MANY_WAIT_S if has_old else _FIRST_WAIT_S
    return _FEW_WAIT_S if behind <= _FEW_CHANGES else _MANY_WAIT_S


def _usable(snapshot: Snapshot | None) -> Snapshot | None:
    return snapshot if snapshot is not None and snapshot.identity == identity() else None


def _follow(wait_s: float) -> None:
    """Catch up in the background, one run for all who ask, and wait for it a while."""
    with _mutex:
        running = _following[0] if _following and not _following[0].done() else None
        if running is None:
            running = _follower.submit(catch_up)
            _following[:] = [running]
    try:
        running.result(timeout=wait_s)
    except FutureTimeoutError:
        _log.info("index_behind", waited_s=wait_s)
    except Exception:  # noqa: BLE001 - a search can still be served from what is loaded
        _log.exception("index_catch_up_failed")


def catch_up() -> int:
    """Apply what the change log says, or build the index where it is absent, damaged or of another make.

    Returns the change-log number it has reached. Raises IndexBusyError.
    """
    with current().writing(_WRITE_WAIT_S) as writer:
        with db.read_session() as session:
            last = kb.last_sequence(session)
        if writer.identity != identity() or writer.sequence > last:
            _build(writer)
        while _apply_changes(writer):
            pass
        return writer.sequence


def rebuild() -> int:
    """Build the index anew from the database; the old one serves until then. Returns the number reached."""
    with current().writing(_WRITE_WAIT_S) as writer:
        _build(writer)
        return writer.sequence


def _build(writer: IndexWriter) -> None:
    made = identity()
    with db.read_session() as session:
        sequence, lexicon = kb.last_sequence(session), Lexicon.of(glossary.terms(session))
        batches = (_entries(rows, lexicon) for rows in kb.all_index_rows(session, made.embedder))
        writer.rebuild(made, lexicon, batches, sequence)
    _log.info("index_built", sequence=sequence)


def _apply_changes(writer: IndexWriter) -> bool:
    """Apply one batch of the change log; False when there was none."""
    with db.read_session() as session:
        changes = kb.changes_after(session, writer.sequence, limit=_CHANGES_AT_ONCE)
        if not changes:
            return False
        articles = {change.article_id for change in changes}
        lexicon = Lexicon.of(glossary.terms(session))
        if lexicon != writer.lexicon:
            articles |= _articles_touched(session, lexicon.words ^ writer.lexicon.words)
        rows = kb.index_rows(session, identity().embedder, articles)
    writer.apply(_entries(rows, lexicon), articles, changes[-1].sequence, lexicon)
    return True


def _articles_touched(session: ReadSession, words: frozenset[str]) -> set[int]:
    """Articles in which a word stands that the glossary gained or lost; only they are cut differently."""
    return {
        row.chunk.article_id
        for rows in (kb.all_index_rows(session, identity().embedder) if words else ())
        for row in rows
        if touches(words, normalize("\n".join((row.chunk.title, *row.chunk.heading_path, row.chunk.text))))
    }


def _entries(rows: Sequence[IndexRow], lexicon: Lexicon) -> list[IndexEntry]:
    embeddings, embedder = _embeddings(rows), passages.current_embedder()
    cutter = embedder if isinstance(embedder, TokenEmbedder) else None
    return [_entry(row, embeddings[row.chunk_hash], lexicon, cutter) for row in rows]


def _entry(row: IndexRow, embedding: bytes, lexicon: Lexicon, cutter: TokenEmbedder | None) -> IndexEntry:
    chunk = row.chunk
    whole = passages.passage_text(chunk.title, chunk.heading_path, chunk.text)
    return IndexEntry(
        chunk_id=chunk.id,
        article_id=chunk.article_id,
        audience=chunk.audience,
        lang=chunk.lang,
        product=chunk.product,
        collection=chunk.collection,
        kind=chunk.article_kind,
        product_version=chunk.product_version,
        passage=analyze_passage(chunk.title, chunk.heading_path, chunk.text, lexicon),
        embedding=embedding,
        tokens=cutter.token_ids(whole) if cutter else None,
    )


def _embeddings(rows: Sequence[IndexRow]) -> dict[str, bytes]:
    """Stored embeddings, and for rows without one a new one, which is stored too."""
    found = {row.chunk_hash: row.embedding for row in rows if row.embedding is not None}
    texts = {
        row.chunk_hash: passages.passage_text(row.chunk.title, row.chunk.heading_path, row.chunk.text)
        for row in rows
        if row.chunk_hash not in found
    }
    if not texts:
        return found
    made = dict(zip(texts, passages.embed_chunks(list(texts.values())), strict=True))
    with db.write_session() as session:
        kb.store_embeddings(session, passages.embedder_spec(), made)
    return found | made


@dataclass(frozen=True)
class Check:
    """How index and database differ: chunk ids that some leg lacks, and ids it should not have."""

    sequence: int
    chunks: int  # live in the database
    missing_ids: tuple[int, ...]
    extra_ids: tuple[int, ...]

    @property
    def missing(self) -> int:
        return len(self.missing_ids)

    @property
    def extra(self) -> int:
        return len(self.extra_ids)

    @property
    def equal(self) -> bool:
        return not self.missing_ids and not self.extra_ids


def check() -> Check:
    """Catch up as a search would, then compare the ids in both legs with the live chunks of the database."""
    catch_up()
    with db.read_session() as session:
        live = kb.live_chunk_ids(session)
        snapshot = current().snapshot()
    legs = snapshot.chunk_ids().values() if snapshot else [set[int]()]
    missing = {chunk_id for held in legs for chunk_id in live - held}
    extra = {chunk_id for held in legs for chunk_id in held - live}
    sequence = snapshot.sequence if snapshot else 0
    return Check(sequence, len(live), tuple(sorted(missing)), tuple(sorted(extra)))
