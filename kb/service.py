"""The knowledge base's front door: one function per use case.

Whoever reads says who is asking; what that viewer may not read is left out or "not found".
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterator

from sqlalchemy import and_, func, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from kb import audience, publishing, repository
from kb.errors import ArticleNotFoundError
from kb.repository import ArticleFilter
from kb.tables import ArticleTable, ChunkTable, CollectionTable
from kb.types import Article, Change, Chunk, Collection, IndexRow, Source

move_source = publishing.move_source
publish_source = publishing.publish_source
publish_sources = publishing.publish_sources
retire_source = publishing.retire_source
store_embeddings = publishing.store_embeddings

__all__ = [
    "ArticleFilter",
    "move_source",
    "publish_source",
    "publish_sources",
    "retire_source",
    "store_embeddings",
]


def ensure_collection(session: WriteSession, slug: str, name: str | None = None) -> Collection:
    """The collection with this slug, made if it does not exist."""
    wanted = select(CollectionTable).where(CollectionTable.slug == slug)
    row = session.scalar(wanted)
    if row is None:
        first = {"slug": slug, "name": name or slug, "created_at": clock.now()}
        session.execute(publishing.insert_new(session, CollectionTable).values(first))
        row = session.scalars(wanted).one()
    if name:
        row.name = name
    return Collection(row.id, row.slug, row.name)


def readable_audiences(session: ReadSession, viewer: Viewer) -> frozenset[str]:
    """The audience rules in use that `viewer` satisfies: the filter that search puts inside its indexes."""
    return audience.readable(viewer, repository.audiences(session))


def collections(session: ReadSession, viewer: Viewer) -> list[Collection]:
    """All collections, counting the articles this viewer may read; customers see no empty ones."""
    found = repository.collections(session, readable_audiences(session, viewer))
    return found if viewer.is_staff else [one for one in found if one.articles]


def articles(
    session: ReadSession, viewer: Viewer, wanted: ArticleFilter, *, limit: int = 50, offset: int = 0
) -> tuple[list[Article], int]:
    """One page of the articles this viewer may read, newest first, and how many there are in all."""
    rules = readable_audiences(session, viewer) if not viewer.is_staff else None
    bound = ArticleFilter(
        **{
            **vars(wanted),
            "audiences": rules
            if wanted.audiences is None or rules is None
            else rules & set(wanted.audiences),
            "retired": wanted.retired if viewer.is_staff else False,
        }
    )
    return repository.list_articles(session, bound, limit=limit, offset=offset)


def article(session: ReadSession, viewer: Viewer, article_id: int) -> Article:
    """One article. Customers see live ones under their audiences only; staff see retired ones too.

    Raises ArticleNotFoundError for what does not exist and for what this viewer may not read.
    """
    found = repository.article(session, article_id)
    if found is None or not audience.may_read(viewer, found.audience):
        raise ArticleNotFoundError(article_id)
    if found.retired_at is not None and not viewer.is_staff:
        raise ArticleNotFoundError(article_id)
    return found


def translations(session: ReadSession, viewer: Viewer, of: Article) -> list[Article]:
    """The same article in other languages, as far as this viewer may read them."""
    key = session.scalar(select(ArticleTable.translation_key).where(ArticleTable.id == of.id))
    if not key:
        return []
    found, _total = articles(session, viewer, ArticleFilter(translation_key=key, collection=of.collection))
    return [one for one in found if one.lang != of.lang]


def article_chunks(session: ReadSession, viewer: Viewer, article_id: int) -> list[Chunk]:
    """The chunks of one live article in reading order. Raises ArticleNotFoundError as `article` does."""
    article(session, viewer, article_id)
    return repository.article_chunks(session, article_id)


def chunks(session: ReadSession, viewer: Viewer, ids: AnyOf[int]) -> dict[int, Chunk]:
    """Chunks by id; those that are unknown, retired or not for this viewer are left out."""
    found = repository.live_chunks(session, ids)
    return {key: chunk for key, chunk in found.items() if audience.may_read(viewer, chunk.audience)}


def chunks_from(session: ReadSession, viewer: Viewer, ids: AnyOf[int], count: int) -> dict[int, list[Chunk]]:
    """Each of a few live chunks with those that follow in its article, `count` at most, by the chunk's id."""
    found = repository.chunks_from(session, ids, count)
    return {key: read for key, read in found.items() if audience.may_read(viewer, read[0].audience)}


def translated(session: ReadSession, viewer: Viewer, article_ids: AnyOf[int], lang: str) -> dict[int, Chunk]:
    """For each of a few articles that are told in `lang` too: the first chunk there, by the article's id."""
    found: dict[int, Chunk] = {}
    for key, first in repository.first_chunks_translated(session, article_ids, lang):
        if audience.may_read(viewer, first.audience):
            found.setdefault(key, first)
    return found


def delete_article(session: WriteSession, article_id: int) -> None:
    """Take an article out of every answer until it is restored, whatever its source says later.

    Raises ArticleNotFoundError.
    """
    row = session.get(ArticleTable, article_id)
    if row is None:
        raise ArticleNotFoundError(article_id)
    if row.retired_by != "editor":
        publishing.retire(session, [row], by="editor")


def restore_article(session: WriteSession, article_id: int) -> None:
    """Undo `delete_article`; the article answers again as it was. Raises ArticleNotFoundError."""
    row = session.get(ArticleTable, article_id)
    if row is None:
        raise ArticleNotFoundError(article_id)
    if row.retired_at is not None:
        row.retired_at, row.retired_by = None, None
        publishing.record_changes(session, [row.id])


def sources(session: ReadSession, collection_id: int, uris: AnyOf[str] | None = None) -> dict[str, Source]:
    """Sources of a collection by uri, retired ones among them; all when no uris are named."""
    return repository.sources(session, collection_id, uris)


def live_keys(session: ReadSession, source_ids: AnyOf[int]) -> dict[int, set[str]]:
    """The keys of the sources' live articles, by source; sources without any are left out."""
    return repository.live_keys(session, source_ids)


def source_counts(session: ReadSession, source_id: int) -> tuple[int, int]:
    """Live articles and live chunks of a source."""
    return repository.chunk_counts(session, source_id)


def counts_of_sources(session: ReadSession, source_ids: AnyOf[int]) -> dict[int, tuple[int, int]]:
    """Live articles and live chunks by source; sources without any are left out."""
    return repository.counts_of_sources(session, source_ids)


def products(session: ReadSession, collection_id: int) -> list[str]:
    """The products that live articles of a collection are about, whoever may read them."""
    of_collection = ArticleTable.collection_id == collection_id, ArticleTable.retired_at.is_(None)
    named = select(ArticleTable.product).where(*of_collection, ArticleTable.product.is_not(None))
    return sorted(found for found in session.scalars(named.distinct()) if found)


def collection_ids(session: ReadSession, slugs: AnyOf[str]) -> dict[str, int]:
    """Ids of the collections that exist, by slug."""
    statement = select(CollectionTable.slug, CollectionTable.id).where(CollectionTable.slug.in_(list(slugs)))
    return {row[0]: row[1] for row in session.execute(statement)}


def may_read_whole_source(session: ReadSession, viewer: Viewer, source_id: int) -> bool:
    """Whether this viewer may read every article that came from a source, so that its file tells no more."""
    return all(audience.may_read(viewer, rule) for rule in repository.source_audiences(session, source_id))


def embedded_hashes(session: ReadSession, embedder: str, hashes: AnyOf[str]) -> set[str]:
    """Those of the chunk hashes whose embedding need not be computed again."""
    return repository.embedded_hashes(session, embedder, hashes)


def last_sequence(session: ReadSession) -> int:
    """The newest number of the change log; an index that has reached it holds everything."""
    return repository.last_sequence(session)


def changes_after(session: ReadSession, sequence: int, *, limit: int = 1000) -> list[Change]:
    """Entries of the change log after `sequence`, oldest first."""
    return [Change(*row) for row in repository.changes_after(session, sequence, limit)]


def index_rows(session: ReadSession, embedder: str, article_ids: AnyOf[int]) -> list[IndexRow]:
    """The live chunks of these articles with their embeddings; retired articles give none."""
    found: list[IndexRow] = []
    for batch in repository.batches(article_ids):
        found += repository.index_rows(session, embedder, ChunkTable.article_id.in_(batch))
    return found


def all_index_rows(session: ReadSession, embedder: str, *, batch: int = 2000) -> Iterator[list[IndexRow]]:
    """Every live chunk in batches by chunk id: what a rebuild reads, with memory bounded by `batch`."""
    last = 0
    while True:
        upper = session.scalar(
            select(func.max(ChunkTable.id)).where(
                ChunkTable.id.in_(
                    select(ChunkTable.id).where(ChunkTable.id > last).order_by(ChunkTable.id).limit(batch)
                )
            )
        )
        if upper is None:
            return
        yield repository.index_rows(session, embedder, and_(ChunkTable.id > last, ChunkTable.id <= upper))
        last = upper


def live_chunk_ids(session: ReadSession) -> set[int]:
    """Ids of all live chunks: what an index that has caught up holds, no more and no less."""
    return repository.live_chunk_ids(session)
