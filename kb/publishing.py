"""Publishing: a source's articles change from one version to the next in one step.

Everything here happens in the caller's transaction, so a reader sees the old version or the new one.
A chunk whose indexed text did not change keeps its id, so citations and embeddings outlive edits elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from foundation import clock
from foundation.db import Table, WriteSession
from kb import audience, repository
from kb.tables import (
    ArticleTable,
    ChangeTable,
    ChunkTable,
    CounterTable,
    EmbeddingTable,
    SourceTable,
    VersionTable,
)
from kb.types import Embeddings, NewArticle, NewChunk, NewSource, Published


def publish_source(
    session: WriteSession,
    collection_id: int,
    source: NewSource,
    articles: Sequence[NewArticle],
    embeddings: Embeddings,
    embedder: str,
) -> Published:
    """Make `articles` the whole content of `source`; see `publish_sources`."""
    (published,) = publish_sources(session, collection_id, [(source, articles)], embeddings, embedder)
    return published


def publish_sources(
    session: WriteSession,
    collection_id: int,
    sources: Sequence[tuple[NewSource, Sequence[NewArticle]]],
    embeddings: Embeddings,
    embedder: str,
) -> list[Published]:
    """Make the articles beside each source its whole content: new ones appear, others change or are retired.

    The number of statements does not depend on how many sources there are. `embeddings` holds at least the
    chunks whose hash `embedder` has not embedded before. An article that an editor deleted stays deleted
    until it is restored. Raises AudienceRuleError, ValueError for two articles with one key in a source.
    """
    for source, articles in sources:
        if len({article.key for article in articles}) < len(articles):
            raise ValueError(f"two articles of {source.uri!r} have the same key")
    ids = _upsert_sources(session, collection_id, [source for source, _articles in sources])
    store_embeddings(session, embedder, embeddings)
    before = _articles_of(session, ids.values())
    changes = [
        _Change.of(collection_id, ids[source.uri], before[ids[source.uri]], articles)
        for source, articles in sources
    ]
    written = [pair for change in changes for pair in change.written]
    session.flush()
    _add_articles(session, [row for row, _article in written if row.id is None])
    _replace_chunks(session, written)
    _keep_versions(session, written)
    gone = [row for change in changes for row in change.gone]
    _mark_retired(gone, by="source")
    record_changes(session, [row.id for row, _article in written] + [row.id for row in gone])
    session.flush()
    counts = repository.counts_of_sources(session, ids.values())
    sequence = last_sequence(session)
    return [change.published(counts, sequence) for change in changes]


@dataclass(frozen=True)
class _Change:
    """What becomes of one source's articles."""

    source_id: int
    written: Sequence[tuple[ArticleTable, NewArticle]]
    gone: Sequence[ArticleTable]

    @classmethod
    def of(
        cls,
        collection_id: int,
        source_id: int,
        before: dict[str, ArticleTable],
        articles: Sequence[NewArticle],
    ) -> _Change:
        written = [
            pair
            for article in articles
            if (pair := _write_if_changed(collection_id, source_id, before.get(article.key), article))
        ]
        keys = before.keys() - {article.key for article in articles}
        gone = [before[key] for key in keys if before[key].retired_at is None]
        return cls(source_id, written, sorted(gone, key=lambda article: article.id))

    def published(self, counts: dict[int, tuple[int, int]], sequence: int) -> Published:
        changed = tuple(row.id for row, _article in self.written)
        retired = tuple(row.id for row in self.gone)
        return Published(self.source_id, *counts.get(self.source_id, (0, 0)), changed, retired, sequence)


def _upsert_sources(
    session: WriteSession, collection_id: int, sources: Sequence[NewSource]
) -> dict[str, int]:
    """Ids by uri. From here on another writer of these sources waits for us, and then sees our articles."""
    table = SourceTable.__table__
    ids: dict[str, int] = {}
    ordered = sorted(sources, key=lambda source: source.uri)  # one order: writers cannot wait in a ring
    for batch in repository.batches(ordered):
        rows = [
            {"collection_id": collection_id, "uri": source.uri, **_source_columns(source)} for source in batch
        ]
        upsert = insert_of(session, SourceTable).values(rows)
        values = {name: upsert.excluded[name] for name in _source_columns(batch[0])}
        upsert = upsert.on_conflict_do_update(index_elements=["collection_id", "uri"], set_=values)
        found = session.connection().execute(upsert.returning(table.c.uri, table.c.id))
        ids |= {row[0]: row[1] for row in found}
    return ids


def _source_columns(source: NewSource) -> dict[str, Any]:
    return {
        "content_hash": source.content_hash,
        "pipeline_version": source.pipeline_version,
        "media_type": source.media_type,
        "file_key": source.file_key,
        "pages": source.pages,
        "ingested_at": clock.now(),
        "retired_at": None,
    }


def move_source(session: WriteSession, source_id: int, uri: str) -> None:
    """Give a source the name its file has now; its articles stay, and it counts as not read under that name."""
    values = {"uri": uri, "pipeline_version": "", "retired_at": None}
    session.execute(update(SourceTable).where(SourceTable.id == source_id).values(values))


def _articles_of(session: WriteSession, source_ids: AnyOf[int]) -> defaultdict[int, dict[str, ArticleTable]]:
    """Articles by source and key, retired ones among them."""
    found: defaultdict[int, dict[str, ArticleTable]] = defaultdict(dict)
    for batch in repository.batches(source_ids):
        for row in session.scalars(select(ArticleTable).where(ArticleTable.source_id.in_(batch))):
            found[row.source_id][row.key] = row
    return found


def _add_articles(session: WriteSession, rows: Sequence[ArticleTable]) -> None:
    """Insert new articles and give each row its id; the ORM would insert them one by one."""
    table = ArticleTable.__table__
    columns = [column.key for column in table.c if column.key != "id"]
    added = [{name: getattr(row, name) for name in columns} for row in rows]
    if not added:
        return
    found = insert(ArticleTable).returning(table.c.source_id, table.c.key, table.c.id)
    ids = {(row[0], row[1]): row[2] for row in session.connection().execute(found, added)}
    for row in rows:
        row.id = ids[row.source_id, row.key]


def store_embeddings(session: WriteSession, embedder: str, embeddings: Embeddings) -> None:
    """Keep embeddings of chunk hashes; those this embedder has stored before stay as they are.

    Equal texts in two sources published at once are no conflict.
    """
    rows = [
        {"hash": chunk_hash, "embedder": embedder, "vector": embeddings[chunk_hash]}
        for chunk_hash in sorted(embeddings)  # one order: writers cannot wait in a ring
    ]
    if rows:
        session.connection().execute(insert_new(session, EmbeddingTable), rows)


def insert_of(session: WriteSession, table: type[Table]) -> Any:
    """An insert in the database's own dialect, which knows what to do about rows that are there."""
    is_postgres = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if is_postgres else sqlite.insert(table)


def insert_new(session: WriteSession, table: type[Table]) -> Any:
    """An insert that leaves rows alone which are there already, also those another writer is adding."""
    return insert_of(session, table).on_conflict_do_nothing()


def _write_if_changed(
    collection_id: int, source_id: int, row: ArticleTable | None, article: NewArticle
) -> tuple[ArticleTable, NewArticle] | None:
    """The article's row, brought up to date; None if nothing changed or an editor deleted it."""
    content_hash = article.content_hash()
    if row is not None and row.retired_by == "editor":
        return None
    if row is not None and row.content_hash == content_hash and row.retired_at is None:
        return None
    if row is None:
        row = ArticleTable(
            collection_id=collection_id,
            source_id=source_id,
            key=article.key,
            version=0,
            created_at=clock.now(),
        )
    _write_article(row, article)
    row.content_hash = content_hash
    return row, article


def _write_article(row: ArticleTable, article: NewArticle) -> None:
    row.version += 1
    row.title, row.kind, row.lang = article.title, article.kind, article.lang
    row.product, row.product_version = article.product, article.product_version
    row.audience = audience.canonical(article.audience)
    row.translation_key, row.attributes = article.translation_key, dict(article.attributes)
    row.updated_at, row.retired_at, row.retired_by = clock.now(), None, None


def _replace_chunks(session: WriteSession, written: Sequence[tuple[ArticleTable, NewArticle]]) -> None:
    """Bring the chunks of all these articles up to date in a handful of statements."""
    old = _chunks_by_article(session, [row.id for row, _article in written if row.version > 1])
    fresh: list[dict[str, Any]] = []
    gone: list[int] = []
    for row, article in written:
        reusable = old[row.id]
        fresh += _reuse(reusable, row.id, article)
        gone += [left.id for rows in reusable.values() for left in rows]
    for batch in repository.batches(gone):
        session.execute(delete(ChunkTable).where(ChunkTable.id.in_(batch)))
    if fresh:
        session.connection().execute(insert(ChunkTable), fresh)


def _chunks_by_article(
    session: WriteSession, article_ids: Sequence[int]
) -> defaultdict[int, defaultdict[str, list[ChunkTable]]]:
    """Chunks by article and hash, the last one first: popped from the end, the first stays the first."""
    found: defaultdict[int, defaultdict[str, list[ChunkTable]]] = defaultdict(lambda: defaultdict(list))
    for batch in repository.batches(article_ids):
        statement = select(ChunkTable).where(ChunkTable.article_id.in_(batch))
        for row in session.scalars(statement.order_by(ChunkTable.position.desc())):
            found[row.article_id][row.hash].append(row)
    return found


def _reuse(
    reusable: defaultdict[str, list[ChunkTable]], article_id: int, article: NewArticle
) -> list[dict[str, Any]]:
    """Move the chunks that stay to their new place; returns the columns of those to add."""
    fresh: list[dict[str, Any]] = []
    for position, chunk in enumerate(article.chunks):
        chunk_hash = chunk.hash(article.title)
        if reusable[chunk_hash]:
            kept = reusable[chunk_hash].pop()
            kept.position, kept.locator, kept.markdown = position, chunk.locator.to_json(), chunk.markdown
        else:
            fresh.append(
                {"article_id": article_id, "position": position, "hash": chunk_hash, **_columns(chunk)}
            )
    return fresh


def _columns(chunk: NewChunk) -> dict[str, Any]:
    return {
        "text": chunk.text,
        "markdown": chunk.markdown,
        "heading_path": list(chunk.heading_path),
        "kind": str(chunk.kind),
        "lang": chunk.lang,
        "locator": chunk.locator.to_json(),
    }


def _keep_versions(session: WriteSession, written: Sequence[tuple[ArticleTable, NewArticle]]) -> None:
    rows = [
        {
            "article_id": row.id,
            "number": row.version,
            "title": article.title,
            "body": [_columns(chunk) for chunk in article.chunks],
            "published_at": row.updated_at,
        }
        for row, article in written
    ]
    if rows:
        session.connection().execute(insert(VersionTable), rows)


def retire(session: WriteSession, rows: Iterable[ArticleTable], *, by: str) -> None:
    """Take articles out of every answer; their rows and chunks stay, so that it can be undone."""
    rows = list(rows)
    _mark_retired(rows, by=by)
    record_changes(session, [row.id for row in rows])


def _mark_retired(rows: Iterable[ArticleTable], *, by: str) -> None:
    for row in rows:
        row.retired_at, row.retired_by = clock.now(), by


def retire_source(session: WriteSession, source_id: int) -> list[int]:
    """Retire every live article of a source that has vanished; returns their ids."""
    live = [row for row in _articles_of(session, [source_id])[source_id].values() if row.retired_at is None]
    retire(session, live, by="source")
    session.execute(update(SourceTable).where(SourceTable.id == source_id).values(retired_at=clock.now()))
    return [row.id for row in live]


def record_changes(session: WriteSession, article_ids: Sequence[int]) -> None:
    """Tell the indexes, through the change log, that these articles are not what they were."""
    if not article_ids:
        return
    last = _advance_counter(session, len(article_ids))
    first = last - len(article_ids) + 1
    rows = [{"sequence": first + step, "article_id": known} for step, known in enumerate(article_ids)]
    session.connection().execute(insert(ChangeTable), rows)


def _advance_counter(session: WriteSession, by: int) -> int:
    mine = CounterTable.name == "change"
    moved = (
        update(CounterTable).where(mine).values(value=CounterTable.value + by).returning(CounterTable.value)
    ).execution_options(synchronize_session=False)
    value = session.scalar(moved)
    if value is None:  # the very first change; of several writers one makes the row
        session.execute(insert_new(session, CounterTable).values(name="change", value=0))
        value = session.scalar(moved)
    assert value is not None
    return value


def last_sequence(session: WriteSession) -> int:
    """The newest number of the change log; 0 for an empty one."""
    return session.scalar(select(CounterTable.value).where(CounterTable.name == "change")) or 0
