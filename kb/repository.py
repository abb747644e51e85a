"""Every statement that reads the knowledge base; private to this room."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, func, select
from sqlalchemy.orm import Session

from kb.tables import (
    ArticleTable,
    ChangeTable,
    ChunkTable,
    CollectionTable,
    CounterTable,
    EmbeddingTable,
    SourceTable,
)
from kb.types import Article, ArticleKind, Chunk, ChunkKind, Collection, IndexRow, Locator, Source

_BATCH = 500  # well under SQLite's limit on variables in one statement


def batches(ids: AnyOf[Any]) -> Iterator[list[Any]]:
    """The ids in lists short enough for one statement."""
    ordered = list(ids)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def to_source(row: SourceTable) -> Source:
    return Source(
        id=row.id,
        collection_id=row.collection_id,
        uri=row.uri,
        content_hash=row.content_hash,
        pipeline_version=row.pipeline_version,
        media_type=row.media_type,
        file_key=row.file_key,
        pages=row.pages,
        retired_at=row.retired_at,
    )


def to_article(row: ArticleTable, collection: str, source: SourceTable | None) -> Article:
    return Article(
        id=row.id,
        title=row.title,
        kind=ArticleKind(row.kind),
        lang=row.lang,
        product=row.product,
        product_version=row.product_version,
        audience=row.audience,
        collection=collection,
        version=row.version,
        updated_at=row.updated_at,
        retired_at=row.retired_at,
        source=to_source(source) if source else None,
        key=row.key,
    )


def to_chunk(row: ChunkTable, article: ArticleTable, collection: str) -> Chunk:
    return Chunk(
        id=row.id,
        article_id=row.article_id,
        position=row.position,
        text=row.text,
        markdown=row.markdown,
        heading_path=tuple(row.heading_path),
        kind=ChunkKind(row.kind),
        lang=row.lang,
        locator=Locator.from_json(row.locator),
        title=article.title,
        article_kind=ArticleKind(article.kind),
        product=article.product,
        product_version=article.product_version,
        audience=article.audience,
        collection=collection,
        updated_at=article.updated_at,
    )


_CHUNKS = (
    select(ChunkTable, ArticleTable, CollectionTable.slug)
    .join(ArticleTable, ArticleTable.id == ChunkTable.article_id)
    .join(CollectionTable, CollectionTable.id == ArticleTable.collection_id)
    .where(ArticleTable.retired_at.is_(None))
)
_ARTICLES = (
    select(ArticleTable, CollectionTable.slug, SourceTable)
    .join(CollectionTable, CollectionTable.id == ArticleTable.collection_id)
    .join(SourceTable, SourceTable.id == ArticleTable.source_id)
)


# Every search reads these; columns alone, past the ORM's objects, cost half as much.
_chunk, _article, _shelf = (table.__table__.c for table in (ChunkTable, ArticleTable, CollectionTable))
_COLUMNS = (
    _chunk.id,
    _chunk.article_id,
    _chunk.position,
    _chunk.text,
    _chunk.markdown,
    _chunk.heading_path,
    _chunk.kind,
    _chunk.lang,
    _chunk.locator,
    _article.title,
    _article.kind,
    _article.product,
    _article.product_version,
    _article.audience,
    _shelf.slug,
    _article.updated_at,
)
_LIVE = (
    select(*_COLUMNS)
    .join_from(ChunkTable.__table__, ArticleTable.__table__, _article.id == _chunk.article_id)
    .join(CollectionTable.__table__, _shelf.id == _article.collection_id)
    .where(_article.retired_at.is_(None))
)
_IDS: BindParameter[list[int]] = bindparam("ids", expanding=True)
_LIVE_CHUNKS = _LIVE.where(_chunk.id.in_(_IDS))

_found = ChunkTable.__table__.alias("found")
_FROM_HERE_ON = (
    _LIVE.add_columns(_found.c.id)
    .join(_found, _found.c.article_id == _chunk.article_id)
    .where(
        _found.c.id.in_(_IDS),
        _chunk.position.between(_found.c.position, _found.c.position + bindparam("further")),
    )
    .order_by(_chunk.position)
)

_told = ArticleTable.__table__.alias("told")
_TRANSLATED = (
    _LIVE.add_columns(_told.c.id)
    .join(
        _told,
        and_(
            _told.c.translation_key == _article.translation_key,
            _told.c.collection_id == _article.collection_id,
            _told.c.lang != _article.lang,
        ),
    )
    .where(
        _told.c.id.in_(_IDS),
        _told.c.translation_key != "",
        _article.lang == bindparam("lang"),
        _chunk.position == 0,
    )
    .order_by(_article.updated_at.desc(), _article.id.desc())
)
_LAST_SEQUENCE = select(CounterTable.__table__.c.value).where(CounterTable.__table__.c.name == "change")


def live_chunks(session: Session, ids: AnyOf[int]) -> dict[int, Chunk]:
    """Chunks by id; ids that are unknown or belong to a retired article are left out."""
    connection = _connection(session)
    rows = (row for batch in batches(ids) for row in connection.execute(_LIVE_CHUNKS, {"ids": batch}))
    return {row[0]: _live_chunk(row) for row in rows}


def chunks_from(session: Session, ids: AnyOf[int], count: int) -> dict[int, list[Chunk]]:
    """Each of these chunks with those after it in its article, `count` at most, by the chunk's id."""
    rows = _connection(session).execute(_FROM_HERE_ON, {"ids": list(ids), "further": count - 1})
    found: dict[int, list[Chunk]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(_live_chunk(row))
    return found


def first_chunks_translated(session: Session, article_ids: AnyOf[int], lang: str) -> list[tuple[int, Chunk]]:
    """(article id, first chunk of an article that says the same in `lang`), newest translation first."""
    rows = _connection(session).execute(_TRANSLATED, {"ids": list(article_ids), "lang": lang})
    return [(row[-1], _live_chunk(row)) for row in rows]


def _live_chunk(row: Sequence[Any]) -> Chunk:
    return Chunk(
        id=row[0],
        article_id=row[1],
        position=row[2],
        text=row[3],
        markdown=row[4],
        heading_path=tuple(row[5]),
        kind=ChunkKind(row[6]),
        lang=row[7],
        locator=Locator.from_json(row[8]),
        title=row[9],
        article_kind=ArticleKind(row[10]),
        product=row[11],
        product_version=row[12],
        audience=row[13],
        collection=row[14],
        updated_at=row[15],
    )


def last_sequence(session: Session) -> int:
    """The newest number of the change log; 0 for an empty one."""
    return _connection(session).execute(_LAST_SEQUENCE).scalar() or 0


def _connection(session: Session) -> Connection:
    """The session's connection, after what the session still holds back was written."""
    if session.autoflush:
        session.flush()
    return session.connection()


def article_chunks(session: Session, article_id: int) -> list[Chunk]:
    """Chunks of one live article in reading order."""
    rows = session.execute(_CHUNKS.where(ChunkTable.article_id == article_id).order_by(ChunkTable.position))
    return [to_chunk(*row) for row in rows]


def article(session: Session, article_id: int) -> Article | None:
    row = session.execute(_ARTICLES.where(ArticleTable.id == article_id)).one_or_none()
    return to_article(*row) if row else None


def articles(session: Session, ids: AnyOf[int]) -> dict[int, Article]:
    """Articles by id, live or retired."""
    found: dict[int, Article] = {}
    for batch in batches(ids):
        rows = session.execute(_ARTICLES.where(ArticleTable.id.in_(batch)))
        found |= {row[0].id: to_article(*row) for row in rows}
    return found


@dataclass(frozen=True, kw_only=True)
class ArticleFilter:
    """Which articles to list; None asks for any."""

    audiences: AnyOf[str] | None = None
    text: str | None = None
    kind: str | None = None
    lang: str | None = None
    collection: str | None = None
    product: str | None = None
    translation_key: str | None = None
    retired: bool | None = False

    def conditions(self) -> list[ColumnElement[bool]]:
        equal = (
            (ArticleTable.kind, self.kind),
            (ArticleTable.lang, self.lang),
            (CollectionTable.slug, self.collection),
            (ArticleTable.product, self.product),
            (ArticleTable.translation_key, self.translation_key),
        )
        made: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
        if self.audiences is not None:
            made.append(ArticleTable.audience.in_(sorted(self.audiences)))
        if self.text:
            made.append(func.lower(ArticleTable.title).contains(self.text.lower(), autoescape=True))
        if self.retired is not None:
            retired = ArticleTable.retired_at.is_not(None)
            made.append(retired if self.retired else ~retired)
        return made


def list_articles(
    session: Session, wanted: ArticleFilter, *, limit: int, offset: int
) -> tuple[list[Article], int]:
    """One page of articles, newest first, and how many there are in all."""
    conditions = wanted.conditions()
    counted = select(func.count(ArticleTable.id)).join(
        CollectionTable, CollectionTable.id == ArticleTable.collection_id
    )
    total = session.scalar(counted.where(*conditions)) or 0
    page = _ARTICLES.where(*conditions).order_by(ArticleTable.updated_at.desc(), ArticleTable.id.desc())
    return [to_article(*row) for row in session.execute(page.limit(limit).offset(offset))], total


def audiences(session: Session) -> set[str]:
    """Every canonical rule that some live article stands under."""
    live = ArticleTable.retired_at.is_(None)
    return set(session.scalars(select(ArticleTable.audience).where(live).distinct()))


def source_audiences(session: Session, source_id: int) -> set[str]:
    """The audience rules of all articles that ever came from a source: its file may still hold them."""
    return set(session.scalars(select(ArticleTable.audience).where(ArticleTable.source_id == source_id)))


def collections(session: Session, readable: AnyOf[str]) -> list[Collection]:
    """Collections with the number of live articles under the given audiences."""
    counted = (
        select(CollectionTable, func.count(ArticleTable.id))
        .outerjoin(
            ArticleTable,
            and_(
                ArticleTable.collection_id == CollectionTable.id,
                ArticleTable.retired_at.is_(None),
                ArticleTable.audience.in_(sorted(readable)),
            ),
        )
        .group_by(CollectionTable.id)
        .order_by(CollectionTable.slug)
    )
    return [Collection(row.id, row.slug, row.name, count) for row, count in session.execute(counted)]


def sources(session: Session, collection_id: int, uris: AnyOf[str] | None = None) -> dict[str, Source]:
    """Sources of a collection by uri; all of them when no uris are named."""
    statement = select(SourceTable).where(SourceTable.collection_id == collection_id)
    if uris is None:
        return {row.uri: to_source(row) for row in session.scalars(statement)}
    found: dict[str, Source] = {}
    for batch in batches(uris):
        rows = session.scalars(statement.where(SourceTable.uri.in_(batch)))
        found |= {row.uri: to_source(row) for row in rows}
    return found


def embedded_hashes(session: Session, embedder: str, hashes: AnyOf[str]) -> set[str]:
    """Those of the chunk hashes whose embedding is known."""
    found: set[str] = set()
    for batch in batches(hashes):
        mine = EmbeddingTable.embedder == embedder, EmbeddingTable.hash.in_(batch)
        found.update(session.scalars(select(EmbeddingTable.hash).where(*mine)))
    return found


def live_keys(session: Session, source_ids: AnyOf[int]) -> dict[int, set[str]]:
    """Keys of live articles by source; sources without any are left out."""
    found: dict[int, set[str]] = {}
    for batch in batches(source_ids):
        live = ArticleTable.source_id.in_(batch), ArticleTable.retired_at.is_(None)
        for source_id, key in session.execute(select(ArticleTable.source_id, ArticleTable.key).where(*live)):
            found.setdefault(source_id, set()).add(key)
    return found


def index_rows(session: Session, embedder: str, where: ColumnElement[bool]) -> list[IndexRow]:
    """Live chunks with their embedding, in order of chunk id."""
    embedding = EmbeddingTable.__table__.c
    stored = and_(embedding.hash == _chunk.hash, embedding.embedder == embedder)
    statement = (
        _LIVE.add_columns(_chunk.hash, embedding.vector)
        .outerjoin(EmbeddingTable.__table__, stored)
        .where(where)
        .order_by(_chunk.id)
    )
    return [
        IndexRow(chunk=_live_chunk(row), chunk_hash=row[-2], embedding=row[-1])
        for row in _connection(session).execute(statement)
    ]


def chunk_counts(session: Session, source_id: int) -> tuple[int, int]:
    """Live articles and live chunks of a source."""
    live = and_(ArticleTable.source_id == source_id, ArticleTable.retired_at.is_(None))
    article_count = session.scalar(select(func.count()).select_from(ArticleTable).where(live)) or 0
    joined = select(func.count(ChunkTable.id)).join(ArticleTable, ArticleTable.id == ChunkTable.article_id)
    return article_count, session.scalar(joined.where(live)) or 0


def counts_of_sources(session: Session, source_ids: AnyOf[int]) -> dict[int, tuple[int, int]]:
    """Live articles and live chunks by source; sources without any are left out."""
    found: dict[int, tuple[int, int]] = {}
    for batch in batches(source_ids):
        counted = (
            select(ArticleTable.source_id, func.count(ArticleTable.id.distinct()), func.count(ChunkTable.id))
            .outerjoin(ChunkTable, ChunkTable.article_id == ArticleTable.id)
            .where(ArticleTable.source_id.in_(batch), ArticleTable.retired_at.is_(None))
            .group_by(ArticleTable.source_id)
        )
        found |= {row[0]: (row[1], row[2]) for row in session.execute(counted)}
    return found


def changes_after(session: Session, sequence: int, limit: int) -> list[tuple[int, int]]:
    """(sequence, article id) after `sequence`, oldest first."""
    statement = select(ChangeTable.sequence, ChangeTable.article_id).where(ChangeTable.sequence > sequence)
    return [
        (row[0], row[1]) for row in session.execute(statement.order_by(ChangeTable.sequence).limit(limit))
    ]


def live_chunk_ids(session: Session) -> set[int]:
    """Ids of all chunks of live articles: what an index must hold."""
    statement = select(ChunkTable.id).join(ArticleTable).where(ArticleTable.retired_at.is_(None))
    return set(session.scalars(statement))
