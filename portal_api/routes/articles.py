"""Articles and collections, each as far as the viewer may read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query
from pydantic import BaseModel

from foundation.access import Viewer
from foundation.db import ReadSession, write_session
from kb import reads
from kb import service as kb
from kb.types import Article, ArticleKind, Chunk
from portal_api import rendering
from portal_api.dependencies import AsEditor, CurrentViewer, InTransaction, Reading
from portal_api.routes.search import LocatorOut

router = APIRouter(prefix="/api/v1", tags=["articles"])


class ArticleRow(BaseModel):
    """An article in a list; the last three are for staff."""

    id: int
    title: str
    kind: ArticleKind
    lang: str
    product: str | None
    collection: str
    updated_at: datetime
    audience: str | None = None
    state: str | None = None
    source_uri: str | None = None


class ArticlesOut(BaseModel):
    """One page of articles."""

    items: list[ArticleRow]
    total: int


class ChunkOut(BaseModel):
    """One passage of an article; `html` is safe to put into a page."""

    id: int
    heading_path: list[str]
    text: str
    html: str
    kind: str
    locator: LocatorOut
    anchor: str


class SourceOut(BaseModel):
    """Where an article came from; `file_url` opens the original, a PDF with `#page=N` at a page."""

    uri: str
    media_type: str
    file_url: str | None
    pages: int | None


class TranslationOut(BaseModel):
    """The same article in another language."""

    id: int
    lang: str
    title: str


class ArticleOut(BaseModel):
    """An article with its text."""

    id: int
    title: str
    kind: ArticleKind
    lang: str
    product: str | None
    product_version: str | None
    collection: str
    updated_at: datetime
    version: int
    chunks: list[ChunkOut]
    source: SourceOut | None
    translations: list[TranslationOut]
    audience: str | None = None
    state: str | None = None


class CollectionOut(BaseModel):
    """A shelf of articles, with how many of them this viewer may read."""

    id: int
    slug: str
    name: str
    articles: int


class CollectionsOut(BaseModel):
    """All collections."""

    items: list[CollectionOut]


class ArticleQuery(BaseModel):
    """Which articles to list."""

    q: str | None = None
    kind: ArticleKind | None = None
    lang: Annotated[str | None, Query(pattern="^(zh|en)$")] = None
    collection: str | None = None
    product: str | None = None
    state: Annotated[str, Query(pattern="^(live|retired|all)$")] = "live"
    limit: Annotated[int, Query(ge=1, le=200)] = 50
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0


def _state(article: Article) -> str:
    return "retired" if article.retired_at else "live"


def _row(article: Article, viewer: Viewer) -> ArticleRow:
    staff = viewer.is_staff
    return ArticleRow(
        id=article.id,
        title=article.title,
        kind=article.kind,
        lang=article.lang,
        product=article.product,
        collection=article.collection,
        updated_at=article.updated_at,
        audience=article.audience if staff else None,
        state=_state(article) if staff else None,
        source_uri=article.source.uri if staff and article.source else None,
    )


@router.get("/articles")
def list_articles(
    query: Annotated[ArticleQuery, Query()], viewer: CurrentViewer, session: Reading
) -> ArticlesOut:
    """One page of the articles this viewer may read, newest first; staff may ask for retired ones."""
    wanted = kb.ArticleFilter(
        text=query.q,
        kind=query.kind,
        lang=query.lang,
        collection=query.collection,
        product=query.product,
        retired={"live": False, "retired": True, "all": None}[query.state],
    )
    found, total = kb.articles(session, viewer, wanted, limit=query.limit, offset=query.offset)
    return ArticlesOut(items=[_row(article, viewer) for article in found], total=total)


@router.get("/articles/{article_id}")
def read_article(
    article_id: int, viewer: CurrentViewer, session: Reading, background: BackgroundTasks
) -> ArticleOut:
    """An article with its text, its source and its translations."""
    found = kb.article(session, viewer, article_id)
    if viewer.person_id is not None and not viewer.is_staff:
        background.add_task(_note_read, viewer, article_id)
    return _article_out(session, viewer, found)


def _note_read(viewer: Viewer, article_id: int) -> None:
    """Afterwards and apart: nobody waits for it, and reading never fails for it."""
    with write_session() as session:
        reads.record(session, viewer, article_id)


def _article_out(session: ReadSession, viewer: Viewer, article: Article) -> ArticleOut:
    chunks = kb.article_chunks(session, viewer, article.id) if article.retired_at is None else []
    return ArticleOut(
        id=article.id,
        title=article.title,
        kind=article.kind,
        lang=article.lang,
        product=article.product,
        product_version=article.product_version,
        collection=article.collection,
        updated_at=article.updated_at,
        version=article.version,
        chunks=[_chunk_out(chunk) for chunk in chunks],
        source=_source_out(article),
        translations=[
            TranslationOut(id=one.id, lang=one.lang, title=one.title)
            for one in kb.translations(session, viewer, article)
        ],
        audience=article.audience if viewer.is_staff else None,
        state=_state(article) if viewer.is_staff else None,
    )


def _chunk_out(chunk: Chunk) -> ChunkOut:
    return ChunkOut(
        id=chunk.id,
        heading_path=list(chunk.heading_path),
        text=chunk.text,
        html=rendering.to_html(chunk.markdown or chunk.text),
        kind=chunk.kind,
        locator=LocatorOut.model_validate(chunk.locator.to_json()),
        anchor=f"chunk-{chunk.id}",
    )


def _source_out(article: Article) -> SourceOut | None:
    source = article.source
    if source is None:
        return None
    url = f"/api/v1/articles/{article.id}/file" if source.file_key else None
    return SourceOut(uri=source.uri, media_type=source.media_type, file_url=url, pages=source.pages)


@router.delete("/articles/{article_id}", status_code=204)
def delete_article(article_id: int, _editor: AsEditor, session: InTransaction) -> None:
    """Take an article out of every answer at once; `restore` undoes it."""
    kb.delete_article(session, article_id)


@router.post("/articles/{article_id}/restore")
def restore_article(article_id: int, editor: AsEditor, session: InTransaction) -> ArticleOut:
    """Undo the deletion of an article."""
    kb.restore_article(session, article_id)
    session.flush()
    return _article_out(session, editor, kb.article(session, editor, article_id))


@router.get("/collections")
def list_collections(viewer: CurrentViewer, session: Reading) -> CollectionsOut:
    """All collections, counting what this viewer may read."""
    found = kb.collections(session, viewer)
    return CollectionsOut(items=[CollectionOut(**vars(one)) for one in found])
