"""What of a chunk is embedded: one text for ingestion, rebuilds and evaluation alike.

Changing `passage_text`, or how text is normalized, changes what stored embeddings mean; raise PASSAGE_VERSION
then, and every index is rebuilt with new embeddings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from foundation.settings import get_settings
from kb.types import Embeddings, NewArticle
from models.embedder import Embedder
from models.registry import embedder as build_embedder

PASSAGE_VERSION = 2


def passage_text(title: str, heading_path: Sequence[str], text: str) -> str:
    """Title, headings and text on lines of their own; a heading that repeats the title is left out."""
    heads = [title, *(heading for heading in heading_path if heading != title)]
    return "\n".join(part for part in (*heads, text) if part)


def current_embedder() -> Embedder:
    """The embedder the settings name."""
    return build_embedder(get_settings().embedder)


def embedder_spec() -> str:
    """Under which name embeddings are stored: the embedder's own, with the version of `passage_text`."""
    return f"{current_embedder().spec}/p{PASSAGE_VERSION}"


def embed_chunks(texts: Sequence[str]) -> list[bytes]:
    """Embeddings of passage texts as the knowledge base stores them: float16 unit vectors, little-endian."""
    if not texts:
        return []
    vectors = current_embedder().embed_passages(list(texts)).astype("<f2")
    return [np.ascontiguousarray(row).tobytes() for row in vectors]


def embed_articles(articles: Iterable[NewArticle], known: Iterable[str] = ()) -> Embeddings:
    """Embeddings by chunk hash for every chunk of `articles` whose hash is not in `known`."""
    have = set(known)
    texts: dict[str, str] = {}
    for article in articles:
        for chunk in article.chunks:
            chunk_hash = chunk.hash(article.title)
            if chunk_hash not in have:
                texts[chunk_hash] = passage_text(article.title, chunk.heading_path, chunk.text)
    return dict(zip(texts, embed_chunks(list(texts.values())), strict=True))
