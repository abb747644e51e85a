"""Why a hit stands where it stands: words and fields, both legs, fusion."""

from __future__ import annotations

from collections.abc import Sequence

from kb.types import Chunk
from retrieval.analyzer import AnalyzedQuery, analyze_passage
from retrieval.lexicon import Lexicon
from retrieval.ranking import Ranked
from retrieval.types import Explanation, Filters, MatchedWord

_FIELDS = ("title", "heading", "body")


def explain(
    entry: Ranked, chunk: Chunk, query: AnalyzedQuery, lexicon: Lexicon, filters: Filters
) -> Explanation:
    """The explanation of one ranked chunk."""
    return Explanation(
        words=words_in(chunk.title, chunk.heading_path, chunk.text, query, lexicon),
        lexical=entry.lexical,
        vector=entry.vector,
        fused=entry.score,
        late_interaction=entry.late,
        filters=filters,
        notes=() if entry.same_language else ("another language than the question: vectors decide",),
    )


def words_in(
    title: str, heading_path: Sequence[str], text: str, query: AnalyzedQuery, lexicon: Lexicon
) -> tuple[MatchedWord, ...]:
    """The query's words that stand in a passage, and where, in the order of the query."""
    passage = analyze_passage(title, heading_path, text, lexicon)
    words = {field: frozenset(getattr(passage, field)) for field in _FIELDS}
    found = []
    for term in query.terms:
        fields = tuple(field for field in _FIELDS if term.text in words[field])
        if fields:
            found.append(MatchedWord(term.text, fields, term.source))
    return tuple(found)
