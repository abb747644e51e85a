"""Why a hit stands where it stands: words and fields, both legs, each signal's share, what was folded into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.analyzer import AnalyzedQuery, analyze_passage
from retrieval.lexicon import Lexicon
from retrieval.twins import Found, Group
from retrieval.types import Explanation, Filters, MatchedWord, Twin

_FIELDS: Final = ("title", "heading", "body")


@dataclass(frozen=True)
class Teller:
    """Explains the hits of one search."""

    query: AnalyzedQuery
    lexicon: Lexicon
    filters: Filters
    reranker_is_late: bool = False

    def __call__(self, shown: Found, group: Group, collapsed: Sequence[Twin]) -> Explanation:
        """The explanation of a shown passage and its place."""
        entry, chunk = shown
        return Explanation(
            words=words_in(chunk.title, chunk.heading_path, chunk.text, self.query, self.lexicon),
            lexical=entry.lexical,
            vector=entry.vector,
            fused=entry.score,
            late_interaction=entry.late,
            opening=entry.opening,
            parts=entry.parts._asdict() if entry.parts else {},
            reranked=group.reranked,
            filters=self.filters,
            rescued=self.query.rescued,
            collapsed=tuple(collapsed),
            notes=tuple(self._notes(shown, group)),
        )

    def _notes(self, shown: Found, group: Group) -> list[str]:
        notes = []
        if not shown.entry.same_language:
            notes.append("another language than the question: vectors decide")
        if shown is not group.best:
            notes.append("a newer edition, or the one the question names, in the place of its twin")
        if self.reranker_is_late:
            notes.append("the reranker was not done in time: fused order")
        return notes


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
            found.append(MatchedWord(term.text, fields, term.source, term.weight))
    return tuple(found)
