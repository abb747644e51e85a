"""Short ways to put articles into a test's knowledge base."""

from __future__ import annotations

import itertools

from foundation import db
from foundation.access import Role, Viewer
from kb import service as kb
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from retrieval import passages

VIP = Viewer(person_id=1, company="acme", tier="vip")
STANDARD = Viewer(person_id=2, company="globex", tier="standard")
AGENT = Viewer(person_id=3, role=Role.AGENT)

_numbers = itertools.count(1)


def article(title: str, *texts: str, lang: str = "zh", **more: object) -> NewArticle:
    """An article of one chunk per text."""
    kind = more.pop("chunk_kind", ChunkKind.TEXT)
    headings = more.pop("heading_path", ())
    markdown = more.pop("markdown", None)
    chunks = tuple(
        NewChunk(
            text=text,
            locator=Locator(f"{title}.md"),
            lang=lang,
            kind=kind,
            heading_path=headings,
            markdown=markdown,
        )
        for text in texts
    )
    return NewArticle(key=title, title=title, chunks=chunks, lang=lang, **more)


def publish(
    *articles: NewArticle, uri: str | None = None, collection: str = "main", embed: bool = True
) -> list[int]:
    """Publish as one source and commit; returns the ids of the changed articles."""
    source = NewSource(uri=uri or f"source-{next(_numbers)}", content_hash="", pipeline_version="1")
    embeddings = passages.embed_articles(articles) if embed else {}
    with db.write_session() as session:
        shelf = kb.ensure_collection(session, collection)
        done = kb.publish_source(session, shelf.id, source, articles, embeddings, passages.embedder_spec())
    return list(done.changed_articles)


FAQ = ArticleKind.FAQ
