"""Slips of the keyboard: which words of a vocabulary somebody may have meant by one that stands nowhere.

One slip is one letter too many, too few or another, or two neighbours swapped. In a model code digits are
never guessed, since E-203 and E-204 are two things; only its letters may slip, and o, l and i stand for 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from retrieval.words import stem

Listed = Callable[[str], list[tuple[str, int]]]  # words with this beginning and how often they stand

_ENDINGS: Final = (
    *("", "s", "es", "ed", "er", "or", "ing", "ion", "ions", "ation", "ment", "ly", "y", "e", "al"),
    *("ent", "ence", "ance", "able", "ive", "ity"),
)
_SHORTEST_WORD: Final = 5  # letters: shorter ones have too many neighbours, of which only swaps are taken
_SHORTEST_PREFIX: Final = 3  # letters of a code that may slip
_CODE: Final = re.compile(r"([a-z]+)([a-z0-9]*\d[a-z0-9]*)")
_MEANT_AS_DIGITS: Final = str.maketrans("oil", "011")
_SHAPE: Final = 3  # characters of a Chinese word of which one may be another


def is_one_slip(written: str, meant: str) -> bool:
    """Whether one slip of the keyboard makes `written` of `meant`."""
    if written == meant or abs(len(written) - len(meant)) > 1:
        return False
    start = _shared(written, meant)
    one, other = written[start:], meant[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])


def _shared(one: str, other: str) -> int:
    """With how many letters both begin."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def words_like(word: str, listed: Listed) -> list[str]:
    """The words a misspelt English one may have been, most frequent first; they are words, not stems."""
    if len(word) < 3:
        return []
    for beginnings in ((word[:2], word[1] + word[0]), (word[0],)):
        found = [one for beginning in dict.fromkeys(beginnings) for one in _slips(word, listed(beginning))]
        if found:
            return [full for _, full in sorted(found, key=lambda one: (-one[0], one[1]))]
    return []


def _slips(word: str, known: list[tuple[str, int]]) -> Iterator[tuple[int, str]]:
    for stemmed, count in known:
        for ending in _ENDINGS if len(stemmed) <= len(word) + 1 else ():
            full = stemmed + ending
            if _may_be(word, full) and full.isalpha() and stem(full) == stemmed:
                yield count, full
                break


def _may_be(word: str, full: str) -> bool:
    return is_one_slip(word, full) and (len(word) >= _SHORTEST_WORD or sorted(word) == sorted(full))


def codes_like(code: str, listed: Listed) -> list[str]:
    """The model codes a misspelt one, without connectors, may have been, most frequent first."""
    parts = _CODE.fullmatch(code)
    if parts is None:
        return []
    letters, rest = parts[1], parts[2].translate(_MEANT_AS_DIGITS)
    if rest != parts[2]:
        return [word for word, _ in listed(letters + rest) if word == letters + rest]
    found = [
        (count, word)
        for word, count in listed(letters[0])
        if word.endswith(rest) and _letters_slipped(letters, word.removesuffix(rest))
    ]
    return [word for _, word in sorted(found, key=lambda one: (-one[0], one[1]))]


def _letters_slipped(written: str, meant: str) -> bool:
    return (
        meant.isalpha()
        and is_one_slip(written, meant)
        and (sorted(written) == sorted(meant) or min(len(written), len(meant)) >= _SHORTEST_PREFIX)
    )


def shapes_like(word: str, listed: Listed) -> list[str]:
    """The Chinese words that differ from this one in a single character after the first."""
    if len(word) < _SHAPE:
        return []
    return [
        known
        for known, _ in listed(word[0])
        if len(known) == len(word) and sum(one != other for one, other in zip(word, known, strict=True)) == 1
    ]
