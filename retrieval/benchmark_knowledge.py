"""A benchmark as a knowledge base of its own: published, indexed and searched like a customer's, then gone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from foundation import db
from foundation.settings import get_settings, use_settings
from kb import service as kb
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from retrieval import index_store, passages
from retrieval.benchmark_data import Document

_ROWS_PER_SOURCE: Final = 2000


@contextmanager
def temporary_knowledge(
    documents: Sequence[Document], *, with_question: bool
) -> Iterator[tuple[dict[int, str], float]]:
    """Settings point at a knowledge base that holds these documents alone, in an index of its own of the same kind.

    Yields document id by article id, and the seconds from the rows to the finished index.
    """
    before = get_settings()
    with tempfile.TemporaryDirectory(prefix="jieda-eval-") as folder:
        own = {"data_dir": Path(folder), "database_url": "", "index": index_store.beside(before.index)}
        use_settings(before.model_copy(update=own))
        try:
            db.Table.metadata.create_all(db.engine())
            started = time.perf_counter()
            ids = _publish(documents, with_question=with_question)
            index_store.catch_up()
            yield ids, time.perf_counter() - started
        finally:
            index_store.current().drop()
            db.dispose_engines()
            use_settings(before)


def _publish(documents: Sequence[Document], *, with_question: bool) -> dict[int, str]:
    ids: dict[int, str] = {}
    for start in range(0, len(documents), _ROWS_PER_SOURCE):
        rows = documents[start : start + _ROWS_PER_SOURCE]
        articles = [_article(row, with_question=with_question) for row in rows]
        embeddings = passages.embed_articles(articles)
        source = NewSource(uri=f"corpus-{start}", content_hash="", pipeline_version="eval")
        with db.write_session() as session:
            shelf = kb.ensure_collection(session, "benchmark")
            done = kb.publish_source(
                session, shelf.id, source, articles, embeddings, passages.embedder_spec()
            )
            # Articles of one source come back in the order they were given.
            ids |= dict(zip(done.changed_articles, (row.id for row in rows), strict=True))
    return ids


def _article(row: Document, *, with_question: bool) -> NewArticle:
    question = row.question if with_question else None
    chunk = NewChunk(
        text=row.text,
        locator=Locator(row.id),
        heading_path=(question,) if question else (),
        kind=ChunkKind.FAQ if question else ChunkKind.TEXT,
        lang=row.lang,
    )
    kind = ArticleKind.FAQ if row.question else ArticleKind.GUIDE
    return NewArticle(
        key=row.id, title=row.title, chunks=(chunk,), kind=kind, lang=row.lang, product_version=row.version
    )
