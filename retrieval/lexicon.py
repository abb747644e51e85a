"""The glossary as search uses it: words that are kept whole, and other words for them.

The index carries the lexicon it was analysed with, so a query is always cut as the passages were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kb.types import GlossaryTerm
from models.segmenter import Segmenter, has_cjk, normalize


@dataclass(frozen=True)
class Lexicon:
    """Groups of words that mean the same, normalized; a group of one is a word kept whole."""

    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, terms: Iterable[GlossaryTerm]) -> Lexicon:
        groups = set()
        for term in terms:
            words = (normalize(word).strip() for word in (term.term, *term.synonyms))
            group = tuple(dict.fromkeys(" ".join(word.split()) for word in words if word))
            if group:
                groups.add(group)
        return cls(tuple(sorted(groups)))

    @classmethod
    def from_json(cls, stored: list[list[str]]) -> Lexicon:
        return cls(tuple(tuple(group) for group in stored))

    def to_json(self) -> list[list[str]]:
        return [list(group) for group in self.groups]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for group in self.groups for word in group)

    @cached_property
    def segmenter(self) -> Segmenter:
        return Segmenter(word for word in self.words if has_cjk(word) and " " not in word)

    @cached_property
    def _anywhere(self) -> re.Pattern[str] | None:
        return _any_of(self.words)

    @cached_property
    def _members(self) -> dict[str, list[tuple[str, ...]]]:
        members: dict[str, list[tuple[str, ...]]] = {}
        for group in self.groups:
            for word in group:
                members.setdefault(word, []).append(group)
        return members

    def found_in(self, normalized: str) -> list[str]:
        """The words of the lexicon that occur in a normalized text, longest first where they overlap."""
        if self._anywhere is None:
            return []
        return list(dict.fromkeys(match[0] for match in self._anywhere.finditer(normalized)))

    def synonyms(self, word: str) -> list[str]:
        """Other words for a word of the lexicon."""
        others = (other for group in self._members.get(word, []) for other in group)
        return list(dict.fromkeys(other for other in others if other != word))

    def __reduce__(self) -> tuple[Any, ...]:
        return Lexicon, (self.groups,)


def touches(words: Iterable[str], normalized: str) -> bool:
    """Whether any of these words stands in a normalized text."""
    pattern = _any_of(words)
    return pattern is not None and pattern.search(normalized) is not None


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    if not ordered:
        return None
    return re.compile("|".join(_bounded(word) for word in ordered))


def _bounded(word: str) -> str:
    """Latin ends must be word ends: `pin` is not in `spinning`; Chinese has no spaces to ask for."""
    before = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after
