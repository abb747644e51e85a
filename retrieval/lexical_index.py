"""The lexical leg: BM25 in tantivy over fields that hold our own words.

Fields are joined with spaces and cut at spaces again, so tantivy sees exactly what the analyzer made.
Audience and filters are clauses of the query, not a sieve after it.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import tantivy
from tantivy import Occur, Query

from retrieval.analyzer import AnalyzedQuery
from retrieval.index import ATTRIBUTES, Candidate, IndexEntry, Scope

# Tuned on training queries; `whole` holds title, headings and body, as customers do not know which is which.
FIELD_BOOSTS: Final = {"title": 0.2, "heading": 0.2, "whole": 1.0}
BIGRAM_BOOST: Final = 0.35
_HEAP_BYTES: Final = 60_000_000
_MANY_SEGMENTS: Final = 10
_KINDS: Final = ("fast", "fieldnorm", "idx", "pos", "store", "term")  # of files a segment has
_FOOTER_MAGIC: Final = 1337
_FOOTER_TAIL: Final = 8  # length of the footer, then its magic number


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for number in ("chunk_id", "article_id"):
        builder.add_unsigned_field(number, indexed=True, fast=True)
    for attribute in ATTRIBUTES:
        builder.add_text_field(attribute, tokenizer_name="raw", index_option="basic")
    for words in (*FIELD_BOOSTS, "bigrams"):
        builder.add_text_field(words, tokenizer_name="words", index_option="freq")
    return builder.build()


SCHEMA: Final = _schema()


def open_index(folder: Path) -> tantivy.Index:
    """The tantivy index in `folder`, made if there is none. Raises what tantivy raises for a damaged one."""
    folder.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(SCHEMA, path=str(folder), reuse=True)
    index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader(reload_policy="manual")
    return index


def is_intact(folder: Path) -> bool:
    """Whether every file of the committed state is there and complete, by the checksum tantivy put at its end."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        names = [name for segment in meta["segments"] for name in _files_of(segment)]
        return all(_has_valid_footer(folder / name) for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remove_leftovers(folder: Path) -> None:
    """Remove lists of deletions that no commit names; call it while nobody else writes.

    A writer killed in its commit leaves one under the very name that the next writer uses, who would then fail.
    """
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    named = {name for segment in meta["segments"] for name in _files_of(segment)}
    for path in folder.glob("*.del"):
        if path.name not in named:
            path.unlink(missing_ok=True)


def _files_of(segment: dict[str, Any]) -> list[str]:
    stem, deletes = segment["segment_id"].replace("-", ""), segment["deletes"]
    return [f"{stem}.{kind}" for kind in _KINDS] + ([f"{stem}.{deletes['opstamp']}.del"] if deletes else [])


def _has_valid_footer(path: Path) -> bool:
    with path.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        if size < _FOOTER_TAIL:
            return False
        opened.seek(size - _FOOTER_TAIL)
        length, magic = struct.unpack("<II", opened.read(_FOOTER_TAIL))
        start = size - _FOOTER_TAIL - length
        if magic != _FOOTER_MAGIC or start < 0:
            return False
        opened.seek(start)
        footer = json.loads(opened.read(length))
        return isinstance(footer, dict) and footer.get("crc") == _crc_of(opened, start)


def _crc_of(opened: BinaryIO, size: int) -> int:
    """CRC-32 of the first `size` bytes, read in pieces: files of a large index are not worth holding whole."""
    crc = 0
    opened.seek(0)
    while size > 0 and (block := opened.read(min(size, 1 << 20))):
        crc = zlib.crc32(block, crc)
        size -= len(block)
    return crc


class LexicalWriter:
    """Adds and deletes chunks; nothing shows before `commit`."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def delete_articles(self, articles: Iterable[int]) -> None:
        # By query: `delete_documents_by_term` takes a Python number for signed and matches no unsigned field.
        self._writer.delete_documents_by_query(Query.term_set_query(SCHEMA, "article_id", sorted(articles)))

    def add(self, entries: Iterable[IndexEntry]) -> None:
        for entry in entries:
            self._writer.add_document(_document(entry))

    def commit(self) -> None:
        self._writer.commit()

    def abandon(self) -> None:
        """Give the index free as it was last committed."""
        del self._writer

    def close(self) -> None:
        """Let merges finish where there are many segments, and give the index free."""
        self._index.reload()
        if self._index.searcher().num_segments > _MANY_SEGMENTS:
            self._writer.wait_merging_threads()
        del self._writer


def _document(entry: IndexEntry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("chunk_id", entry.chunk_id)
    document.add_unsigned("article_id", entry.article_id)
    for attribute in ATTRIBUTES:
        value = getattr(entry, attribute)
        if value:
            document.add_text(attribute, value)
    for field, words in words_by_field(entry).items():
        if words:
            document.add_text(field, " ".join(words))
    return document


def words_by_field(entry: IndexEntry) -> dict[str, tuple[str, ...]]:
    """The words of each field BM25 scores, repeated as often as they occur."""
    passage = entry.passage
    return {
        "title": passage.title,
        "heading": passage.heading,
        "whole": (*passage.title, *passage.heading, *passage.body),
        "bigrams": passage.bigrams,
    }


def wanted_words(query: AnalyzedQuery) -> Iterator[tuple[str, str, float]]:
    """What a query looks up: field, word, and how much the word's BM25 counts there."""
    for term in query.terms:
        for field, boost in FIELD_BOOSTS.items():
            yield field, term.text, boost * term.weight
    for bigram in query.bigrams:
        yield "bigrams", bigram, BIGRAM_BOOST


class LexicalSnapshot:
    """One committed state of the lexical leg."""

    def __init__(self, index: tantivy.Index) -> None:
        self._searcher = index.searcher()

    def search(
        self, query: AnalyzedQuery, scope: Scope, limit: int, known: Mapping[str, frozenset[str]]
    ) -> list[Candidate]:
        """The best chunks in scope; `known` are the values in the index, to leave out filters that filter nothing."""
        wanted = _words_query(query)
        if wanted is None or limit <= 0 or not scope.audiences:
            return []
        filters = [
            (Occur.Must, _filter_query(attribute, allowed))
            for attribute, allowed in scope.allowed().items()
            if attribute != "audience" or not known.get(attribute, frozenset()) <= allowed
        ]
        # Words alone let tantivy skip whole blocks of passages that cannot reach the best; inside another
        # query they do not.
        query_of_all = Query.boolean_query([(Occur.Must, wanted), *filters]) if filters else wanted
        return self._candidates(self._searcher.search(query_of_all, limit, count=False).hits)

    def size(self) -> int:
        """How many chunks there are."""
        return int(self._searcher.num_docs)

    def occurrences(self, word: str) -> int:
        """In how many chunks a word stands; deleted ones count until segments are merged."""
        return int(self._searcher.doc_freq("whole", word))

    def words_starting(self, beginning: str) -> list[tuple[str, int]]:
        """Words of the vocabulary that begin so, most frequent first; read from the files, not kept in memory."""
        return [
            (str(word), int(count)) for word, count in self._searcher.terms_with_prefix("whole", beginning)
        ]

    def chunk_ids(self) -> set[int]:
        everything = self._searcher.search(Query.all_query(), max(self._searcher.num_docs, 1), count=False)
        return {candidate.chunk_id for candidate in self._candidates(everything.hits)}

    def _candidates(self, found: Sequence[tuple[Any, Any]]) -> list[Candidate]:
        ids = self._searcher.fast_field_values("chunk_id", [address for _score, address in found])
        return [
            Candidate(int(chunk_id), float(score))
            for chunk_id, (score, _) in zip(ids, found, strict=True)
            if chunk_id
        ]


def _filter_query(attribute: str, allowed: Collection[str]) -> Query:
    matching = Query.term_set_query(SCHEMA, attribute, sorted(allowed))
    return Query.const_score_query(matching, 0.0)


def _words_query(query: AnalyzedQuery) -> Query | None:
    clauses = [
        (Occur.Should, Query.boost_query(Query.term_query(SCHEMA, field, word), boost))
        for field, word, boost in wanted_words(query)
    ]
    return Query.boolean_query(clauses) if clauses else None
