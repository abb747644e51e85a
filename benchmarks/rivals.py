"""What others do with the same passages: each is a function from a question to its ten best."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import bm25s
import faiss
import numpy as np
import tantivy
from rank_bm25 import BM25Okapi

from foundation.settings import get_settings
from models import registry
from models.segmenter import Segmenter, normalize
from retrieval.benchmark_data import Document
from retrieval.passages import passage_text

Search = Callable[[str], object]
_segmenter = Segmenter()
logging.getLogger("bm25s").setLevel(logging.WARNING)


def words(text: str) -> list[str]:
    """jieba's words."""
    return [word for word in _segmenter.cut(normalize(text)) if word.strip()]


def all_of(rows: Sequence[Document], asked: Sequence[str]) -> dict[str, Search]:
    """Every rival over `rows`, by name, built in memory."""
    tokens = [words(f"{row.title} {row.text}") for row in rows]
    return {
        "rank-bm25, words to scores": _rank_bm25(tokens),
        "bm25s, words to top 10": _bm25s(tokens),
        "bare tantivy, words of one field to top 10": _tantivy(tokens),
        "bare FAISS, exact 8-bit, a given vector to top 10": _faiss(rows, asked),
        "built-in encoder, one question": _encoder(),
    }


def _rank_bm25(tokens: Sequence[list[str]]) -> Search:
    okapi = BM25Okapi(tokens)
    return lambda query: np.argsort(okapi.get_scores(words(query)))[-10:]


def _bm25s(tokens: Sequence[list[str]]) -> Search:
    plain = bm25s.BM25()
    plain.index(tokens, show_progress=False)
    return lambda query: plain.retrieve([words(query)], k=10, show_progress=False)


def _tantivy(tokens: Sequence[list[str]]) -> Search:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="words", index_option="freq")
    schema = builder.build()
    index = tantivy.Index(schema)
    index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    writer = index.writer(heap_size=100_000_000, num_threads=1)
    for one in tokens:
        writer.add_document(tantivy.Document(body=" ".join(one)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> object:
        terms = [tantivy.Query.term_query(schema, "body", word) for word in words(query)]
        return searcher.search(
            tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms]), 10, count=False
        )

    return search


def _faiss(rows: Sequence[Document], asked: Sequence[str]) -> Search:
    embedder = registry.embedder(get_settings().embedder)
    index = faiss.IndexScalarQuantizer(
        embedder.dim, faiss.ScalarQuantizer.QT_8bit_uniform, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(rows), 10_000):
        part = rows[start : start + 10_000]
        block = embedder.embed_passages([passage_text(row.title, (), row.text) for row in part])
        if not start:
            index.train(block)
        index.add(block)
    vectors = {query: embedder.embed_queries([query]) for query in asked}
    return lambda query: index.search(vectors[query], 10)


def _encoder() -> Search:
    embedder = registry.embedder(get_settings().embedder)
    return lambda query: embedder.embed_queries([query])
