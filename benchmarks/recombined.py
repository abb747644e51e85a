"""Passages made of known lines, indexed without analysing any line twice.

A passage of ours is lines put one below the other, and words and tokens never reach over the end of a line.
So its analysis is that of its lines in a row, which makes a million passages affordable; a test compares it
with what the production path makes of the same chunk. Its vector is the mean of its lines' vectors, weighted
by their tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import CODE, Passage
from kb.types import IndexRow
from models.embedder import TokenEmbedder
from retrieval import passages
from retrieval.analyzer import AnalyzedPassage, analyze_passage
from retrieval.index import IndexEntry
from retrieval.lexicon import Lexicon

_FIELDS = tuple(field.name for field in fields(AnalyzedPassage))
_NO_LEXICON = Lexicon()


class Line(NamedTuple):
    """What is known of a line."""

    words: AnalyzedPassage
    tokens: NDArray[np.uint16] | None
    vector: NDArray[np.float32]  # of the length of its weight


@lru_cache(maxsize=100_000)
def _line_of(text: str, is_title: bool, _embedder_spec: str) -> Line:
    embedder = passages.current_embedder()
    words = (
        analyze_passage(text, (), "", _NO_LEXICON) if is_title else analyze_passage("", (), text, _NO_LEXICON)
    )
    tokens = embedder.token_ids(text) if isinstance(embedder, TokenEmbedder) else None
    weight = max(len(tokens), 1) if tokens is not None else 1
    return Line(words, tokens, embedder.embed_passages([text])[0] * weight)


def _line(text: str, is_title: bool) -> Line:
    return _line_of(text, is_title, passages.current_embedder().spec)


def embedding(passage: Passage) -> bytes:
    """A float16 unit vector, as the knowledge base stores them."""
    told = [line for line in passage.lines if not CODE.fullmatch(line)]  # a code says nothing to an encoder
    total = sum((_line(line, False).vector for line in told), _line(passage.title, True).vector)
    return np.asarray(total / np.linalg.norm(total), dtype="<f2").tobytes()


def entry(row: IndexRow) -> IndexEntry:
    """What the index holds of a chunk whose text is made of known lines."""
    chunk = row.chunk
    lines = [_line(chunk.title, True), *(_line(line, False) for line in chunk.text.split("\n"))]
    tokens = [line.tokens for line in lines if line.tokens is not None]
    joined = {name: tuple(word for line in lines for word in getattr(line.words, name)) for name in _FIELDS}
    return IndexEntry(
        chunk_id=chunk.id,
        article_id=chunk.article_id,
        audience=chunk.audience,
        lang=chunk.lang,
        product=chunk.product,
        collection=chunk.collection,
        kind=chunk.article_kind,
        product_version=chunk.product_version,
        passage=AnalyzedPassage(**joined),
        embedding=row.embedding or b"",
        tokens=np.concatenate(tokens) if tokens else None,
    )


def entries(rows: Sequence[IndexRow]) -> list[IndexEntry]:
    """`entry` of each."""
    return [entry(row) for row in rows]
