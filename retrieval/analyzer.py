"""One analysis for passages and queries.

`analyze_passage` gives the words of each field of the lexical leg; `analyze_query` gives the same words
with weights, without the ones that say nothing, and with what the glossary says in other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from models.segmenter import normalize
from retrieval.lexicon import Lexicon
from retrieval.types import Correction
from retrieval.words import Word, bigrams_in, is_chinese, words_in

ANALYZER_VERSION: Final = 2  # another version analyses, and so indexes, everything anew

MAX_QUERY_CHARS: Final = 2000
_MAX_TERMS: Final = 48
_MAX_BIGRAMS: Final = 64
_PART_WEIGHT: Final = 0.4
_SYNONYM_WEIGHT: Final = 0.6


@dataclass(frozen=True)
class AnalyzedPassage:
    """A chunk's words by field, repeated as often as they occur."""

    title: tuple[str, ...]
    heading: tuple[str, ...]
    body: tuple[str, ...]
    bigrams: tuple[str, ...]  # of title, headings and body


@dataclass(frozen=True)
class QueryTerm:
    """A word to look up, how much it counts, and where it came from."""

    text: str
    weight: float = 1.0
    source: str = "query"  # or "synonym of <word>", or "<how> of <what was written>"


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query ready for both legs."""

    text: str  # as asked, cut to a length that cannot hurt
    lang: str  # zh or en
    terms: tuple[QueryTerm, ...]  # distinct, heaviest sources first
    bigrams: tuple[str, ...]  # distinct
    rescued: tuple[Correction, ...] = ()  # what was put right, see retrieval.rescue


def analyze_passage(title: str, heading_path: Sequence[str], text: str, lexicon: Lexicon) -> AnalyzedPassage:
    """The words of a chunk by field, from one pass over its text."""
    heading = "\n".join(known for known in heading_path if known != title)
    whole = normalize("\n".join((title, heading, text)))
    lines = whole.split("\n")  # as many as before, so fields are found again
    body_at = 2 + title.count("\n") + heading.count("\n")
    title_at = 1 + title.count("\n")
    return AnalyzedPassage(
        title=_texts(words_in("\n".join(lines[:title_at]), lexicon)),
        heading=_texts(words_in("\n".join(lines[title_at:body_at]), lexicon)),
        body=_texts(words_in("\n".join(lines[body_at:]), lexicon)),
        bigrams=tuple(bigrams_in(whole)),
    )


def analyze_query(query: str, lexicon: Lexicon) -> AnalyzedQuery:
    """The words of any text as a query; stop words count only where there is nothing else."""
    text = query[:MAX_QUERY_CHARS].replace("\x00", " ").encode("utf-8", "ignore").decode()
    normalized = normalize(text)
    found = words_in(normalized, lexicon)
    spoken = [word for word in found if not word.is_stop] or found
    terms: dict[str, QueryTerm] = {}
    for word in sorted(spoken, key=lambda word: word.is_part):  # stable: whole words first
        terms.setdefault(word.text, QueryTerm(word.text, _PART_WEIGHT if word.is_part else 1.0))
    for synonym in _synonyms(normalized, lexicon):
        terms.setdefault(synonym.text, synonym)
    bigrams = tuple(dict.fromkeys(bigrams_in(normalized)))[:_MAX_BIGRAMS]
    lang = "zh" if is_chinese(text) else "en"
    return AnalyzedQuery(text, lang, tuple(terms.values())[:_MAX_TERMS], bigrams)


def _synonyms(normalized: str, lexicon: Lexicon) -> Iterable[QueryTerm]:
    for word in lexicon.found_in(normalized):
        for other in lexicon.synonyms(word):
            for found in words_in(other, lexicon):
                if not found.is_stop:
                    weight = _SYNONYM_WEIGHT * (_PART_WEIGHT if found.is_part else 1.0)
                    yield QueryTerm(found.text, weight, f"synonym of {word}")


def _texts(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(word.text for word in words)
