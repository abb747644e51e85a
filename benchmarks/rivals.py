"""What others do with the same passages: each is a function from a question to its ten best.

`python -m benchmarks.rivals COUNT` is a process that answers with them.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache

import bm25s
import faiss
import numpy as np
import tantivy
from rank_bm25 import BM25Okapi

from benchmarks import recombined
from benchmarks.asked import Answer, answer
from benchmarks.corpus import Passage, passages
from models.segmenter import Segmenter, normalize
from retrieval.passages import current_embedder

RANK_BM25 = "rank-bm25, words to scores"
BM25S = "bm25s, words to top 10"
TANTIVY = "bare tantivy, words of one field to top 10"
FAISS = "bare FAISS, exact 8-bit, question to top 10"
_segmenter = Segmenter()
logging.getLogger("bm25s").setLevel(logging.WARNING)


def words(text: str) -> list[str]:
    """jieba's words."""
    return [word for word in _segmenter.cut(normalize(text)) if word.strip()]


@lru_cache(maxsize=100_000)
def _words_of_line(line: str) -> tuple[str, ...]:
    return tuple(words(line))


def all_of(made: Sequence[Passage]) -> tuple[dict[str, Answer], dict[str, float]]:
    """Every rival over `made`, built in memory, and the seconds of processor time that took."""
    tokens = [[word for line in (one.title, *one.lines) for word in _words_of_line(line)] for one in made]
    recipes: dict[str, Callable[[], Answer]] = {
        RANK_BM25: lambda: _rank_bm25(tokens),
        BM25S: lambda: _bm25s(tokens),
        TANTIVY: lambda: _tantivy(tokens),
        FAISS: lambda: _faiss(made),
    }
    systems: dict[str, Answer] = {}
    seconds: dict[str, float] = {}
    for name, make in recipes.items():
        began = time.process_time()
        systems[name] = make()
        seconds[name] = round(time.process_time() - began, 1)
    return systems, seconds


def _rank_bm25(tokens: Sequence[list[str]]) -> Answer:
    okapi = BM25Okapi(tokens)
    return lambda query: np.argsort(okapi.get_scores(words(query)))[-10:]


def _bm25s(tokens: Sequence[list[str]]) -> Answer:
    plain = bm25s.BM25()
    plain.index(tokens, show_progress=False)
    return lambda query: plain.retrieve([words(query)], k=10, show_progress=False)


def _tantivy(tokens: Sequence[list[str]]) -> Answer:
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


def _faiss(made: Sequence[Passage]) -> Answer:
    embedder = current_embedder()
    kind = faiss.ScalarQuantizer.QT_8bit_uniform
    index = faiss.IndexScalarQuantizer(embedder.dim, kind, faiss.METRIC_INNER_PRODUCT)
    for start in range(0, len(made), 10_000):
        vectors = [np.frombuffer(recombined.embedding(one), "<f2") for one in made[start : start + 10_000]]
        block = np.asarray(vectors, dtype=np.float32)
        if not start:
            index.train(block)
        index.add(block)
    return lambda query: index.search(embedder.embed_queries([query]), 10)


def main() -> None:
    systems, seconds = all_of(list(passages(int(sys.argv[1]))))
    answer(systems, {"build_cpu_seconds": seconds})


if __name__ == "__main__":
    main()
