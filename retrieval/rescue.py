"""Rescue of words that stand nowhere: Chinese written by its sound, and slips of the keyboard.

Only where a word of the question is unknown to the index, and no ordinary word either, another is looked for
among the words the index has: `fapiao` → 发票, `flsah` → flash, 发漂 → 发票, 变顿器 → 变频器. What is put in its
place is always said. The words come from the index's own list, which lies on disk and grows with it, and only
those that stand in something the asker may read are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from models.embedder import Embedder, TokenEmbedder
from models.segmenter import normalize
from retrieval import slips, sounds
from retrieval.analyzer import AnalyzedQuery, QueryTerm, analyze_query
from retrieval.index import Scope, Snapshot, Vocabulary
from retrieval.types import Correction
from retrieval.words import CJK, is_stop_word, stem

_RUN: Final = re.compile(rf"[{CJK}]+|[a-z0-9]+(?:[-_]+[a-z0-9]+)*")
_LONGEST_WORD: Final = 5  # Chinese characters
_UNKNOWN_SHARE: Final = 0.25  # of the words of a question; with fewer it finds enough as it is
_MOST: Final = 6  # words of one question that are put right
_TRIED: Final = 4  # candidates of one word, most frequent first
_NEGATIONS: Final = frozenset("不没无非未")  # what they belong to is never guessed


class _Place(NamedTuple):
    """A correction and where it goes in the normalized text."""

    start: int
    end: int
    correction: Correction


def rescue(query: AnalyzedQuery, snapshot: Snapshot, scope: Scope, embedder: Embedder) -> AnalyzedQuery:
    """The question with unknown words put right, or as it is where there is nothing to put right.

    An index that cannot list its words (`Vocabulary`) rescues none.
    """
    if not isinstance(snapshot, Vocabulary):
        return query
    asked = [term.text for term in query.terms if term.weight == 1.0 and term.source == "query"]
    unknown = sum(not snapshot.occurrences(word) for word in asked)
    if not unknown or unknown < _UNKNOWN_SHARE * len(asked):
        return query
    return _Rescuer(query, snapshot, snapshot, scope, embedder).rescued()


class _Rescuer:
    """One question's rescue; remembers what it has looked up."""

    def __init__(
        self, query: AnalyzedQuery, snapshot: Snapshot, words: Vocabulary, scope: Scope, embedder: Embedder
    ) -> None:
        self._query = query
        self._snapshot = snapshot
        self._words = words
        self._scope = scope
        self._cutter = embedder if isinstance(embedder, TokenEmbedder) else None
        self._text = normalize(query.text)
        self._lists: dict[str, list[tuple[str, int]]] = {}

    def rescued(self) -> AnalyzedQuery:
        found = sorted(self._places())[:_MOST]
        if not found:
            return self._query
        again = analyze_query(self._put_right(found), self._snapshot.lexicon)
        sources = self._sources(found)
        terms = tuple(replace(term, source=sources.get(term.text, term.source)) for term in again.terms)
        return replace(again, terms=terms, rescued=tuple(place.correction for place in found))

    def _put_right(self, found: Sequence[_Place]) -> str:
        parts, at = [], 0
        for start, end, correction in found:
            parts += [self._text[at:start], correction.meant]
            at = end
        return "".join((*parts, self._text[at:]))

    def _sources(self, found: Sequence[_Place]) -> dict[str, str]:
        """Which words were not asked for as they stand, and for what they stand."""
        before = {term.text for term in self._query.terms}
        return {
            term.text: f"{place.correction.how} of {place.correction.written}"
            for place in found
            for term in analyze_query(place.correction.meant, self._snapshot.lexicon).terms
            if term.text not in before and term.source == "query"
        }

    def _places(self) -> Iterator[_Place]:
        runs = list(_RUN.finditer(self._text))
        for is_latin, group in groupby(runs, key=lambda run: run[0].isascii()):
            if is_latin:
                yield from self._latin(list(group))
            else:
                for run in group:
                    yield from self._chinese(run)

    # Latin letters: pinyin of one or several words, else a slip

    def _latin(self, runs: Sequence[re.Match[str]]) -> Iterator[_Place]:
        unknown = [run for run in runs if self._is_unknown_latin(run[0])]
        spoken = list(self._spoken(runs, unknown)) if unknown else []
        yield from spoken
        for run in unknown:
            if not any(place.start < run.end() and run.start() < place.end for place in spoken):
                like = slips.words_like if run[0].isalpha() else slips.codes_like
                meant = self._first_readable(like(_joined(run[0]), self._listed))
                if meant:
                    yield _Place(run.start(), run.end(), Correction(run[0], meant, "typo"))

    def _is_unknown_latin(self, run: str) -> bool:
        word = stem(run) if run.isalpha() else _joined(run)
        return not (
            run.isdigit() or is_stop_word(run) or self._words.occurrences(word) or self._is_ordinary(run)
        )

    def _spoken(self, runs: Sequence[re.Match[str]], unknown: Sequence[re.Match[str]]) -> Iterator[_Place]:
        """Chinese words written as pinyin, in one word (`fapiao`) or a syllable each (`fa piao`)."""
        for run in unknown:
            for parse in sounds.syllables(run[0]) if run[0].isalpha() else []:
                words = self._words_sounding(parse) if len(parse) > 1 else None
                if words:
                    yield _Place(run.start(), run.end(), Correction(run[0], "".join(words), "pinyin"))
                    break
        for group in _single_syllables(runs):
            yield from self._spelt_apart(group)

    def _spelt_apart(self, group: Sequence[re.Match[str]]) -> Iterator[_Place]:
        spoken, at = tuple(run[0] for run in group), 0
        while at < len(spoken) - 1:
            size, word = self._longest_sounding(spoken[at:])
            if word and any(self._is_unknown_latin(run[0]) for run in group[at : at + size]):
                start, end = group[at].start(), group[at + size - 1].end()
                yield _Place(start, end, Correction(self._text[start:end], word, "pinyin"))
            at += max(size, 1)

    def _words_sounding(self, spoken: tuple[str, ...]) -> list[str] | None:
        """Words that together sound so; None where some syllables belong to none."""
        words, at = [], 0
        while at < len(spoken):
            size, word = self._longest_sounding(spoken[at:])
            if not word:
                return None
            words.append(word)
            at += size
        return words

    def _longest_sounding(self, spoken: tuple[str, ...]) -> tuple[int, str]:
        for size in range(min(_LONGEST_WORD, len(spoken)), 1, -1):
            word = self._first_readable(self._sounding(spoken[:size]))
            if word:
                return size, word
        return 0, ""

    def _sounding(self, spoken: tuple[str, ...]) -> list[str]:
        """The index's words that sound so, most frequent first."""
        found = (
            (count, word)
            for first in sounds.characters(spoken[0])
            for word, count in self._listed(first)
            if sounds.sounds_as(word, spoken)
        )
        return [word for _, word in sorted(found, key=lambda one: (-one[0], one[1]))]

    # Chinese: another word of the same sound, or of the same shape but for one character

    def _chinese(self, run: re.Match[str]) -> Iterator[_Place]:
        tokens = self._snapshot.lexicon.segmenter.tokens(run[0])
        for is_odd, group in groupby(tokens, key=lambda token: self._is_odd(token[0])):
            stretch = list(group)
            if is_odd:
                yield from self._meant_by(run, stretch[0][1], stretch[-1][2])

    def _is_odd(self, word: str) -> bool:
        """Whether a cut word may be a piece of a misspelt one: unknown, or a single character."""
        if is_stop_word(word) or _NEGATIONS & set(word) or (len(word) > 1 and self._is_ordinary(word)):
            return False
        return len(word) == 1 or not self._words.occurrences(word)

    def _meant_by(self, run: re.Match[str], start: int, end: int) -> Iterator[_Place]:
        """Words that fit a stretch of odd ones, the longest first, none twice."""
        at = start
        while at < end - 1:
            size, how, meant = self._longest_meant(run[0][at:end])
            if meant:
                first, last = run.start() + at, run.start() + at + size
                yield _Place(first, last, Correction(run[0][at : at + size], meant, how))
            at += max(size, 1)

    def _longest_meant(self, odd: str) -> tuple[int, str, str]:
        for size in range(min(_LONGEST_WORD, len(odd)), 1, -1):
            written = odd[:size]
            if self._words.occurrences(written):
                return size, "", ""
            for how, like in (("sound", self._homophones), ("shape", self._shapes)):
                meant = self._first_readable(like(written))
                if meant:
                    return size, how, meant
        return 0, "", ""

    def _homophones(self, written: str) -> list[str]:
        """The index's words that sound as this one, of which it must lack at least one character."""
        spoken = tuple(sounds.usual_reading(character) for character in written)
        if not all(spoken) or not any(self._stands_nowhere(character) for character in written):
            return []
        return self._sounding(spoken)

    def _shapes(self, written: str) -> list[str]:
        """The index's words with another character in the place of one that it lacks."""
        return [
            word
            for word in slips.shapes_like(written, self._listed)
            if all(
                self._stands_nowhere(one) for one, other in zip(written, word, strict=True) if one != other
            )
        ]

    def _stands_nowhere(self, character: str) -> bool:
        return not (is_stop_word(character) or self._words.occurrences(character))

    # What all of them ask

    def _listed(self, beginning: str) -> list[tuple[str, int]]:
        if beginning not in self._lists:
            self._lists[beginning] = self._words.words_starting(beginning)
        return self._lists[beginning]

    def _is_ordinary(self, word: str) -> bool:
        """Whether the encoder knows it as one word: then it is spelt right, the index just has it not."""
        return self._cutter is not None and len(self._cutter.token_ids(word)) <= 1

    def _first_readable(self, candidates: Iterable[str]) -> str:
        """The first that stands in something the asker may read; empty where there is none."""
        for word in list(dict.fromkeys(candidates))[:_TRIED]:
            text = stem(word) if word.isascii() and word.isalpha() else word
            alone = AnalyzedQuery(word, self._query.lang, (QueryTerm(text),), ())
            if self._snapshot.search_lexical(alone, self._scope, 1):
                return word
        return ""


def _joined(run: str) -> str:
    return run.replace("-", "").replace("_", "")


def _single_syllables(runs: Iterable[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Neighbouring runs that are a syllable each, two or more; a stop word ends them."""

    def is_syllable(run: re.Match[str]) -> bool:
        return bool(sounds.characters(run[0])) and not is_stop_word(run[0])

    for spoken, group in groupby(runs, key=is_syllable):
        found = list(group)
        if spoken and len(found) > 1:
            yield found
