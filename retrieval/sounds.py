"""How Chinese is spelt in Latin letters: pinyin without tones, for the rescue of words written by sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("pinyin.txt")  # made by scripts/make_pinyin.py
_LONGEST_SYLLABLE: Final = 6  # letters: zhuang
_LONGEST_WORD: Final = 30  # letters
_PARSES: Final = 8  # ways to cut a word that are looked at; `xian` has two


def readings(character: str) -> frozenset[str]:
    """The toneless syllables a character may be read as; empty for what is no common Chinese character."""
    return _readings().get(character, frozenset())


def usual_reading(character: str) -> str:
    """How a character is read most often; empty for what is no common Chinese character."""
    return _usual_readings().get(character, "")


def characters(syllable: str) -> str:
    """The characters that may be read so, in no particular order; empty for what is no syllable."""
    return _characters().get(syllable, "")


def syllables(word: str) -> list[tuple[str, ...]]:
    """The ways, up to a few, to read a whole Latin word as pinyin, fewest syllables first.

    Empty for a word that is not pinyin.
    """
    if not word or len(word) > _LONGEST_WORD:
        return []
    alive = {len(word)}  # from where the rest can be read
    for start in range(len(word) - 1, -1, -1):
        if any(end in alive and word[start:end] in _characters() for end in _ends(start, word)):
            alive.add(start)
    return sorted(islice(_parses(word, 0, alive), _PARSES), key=len) if 0 in alive else []


def sounds_as(word: str, spoken: tuple[str, ...]) -> bool:
    """Whether a Chinese word may be read as these syllables."""
    return len(word) == len(spoken) and all(
        syllable in readings(character) for character, syllable in zip(word, spoken, strict=True)
    )


def _ends(start: int, word: str) -> range:
    return range(min(start + _LONGEST_SYLLABLE, len(word)), start, -1)


def _parses(word: str, start: int, alive: set[int]) -> Iterator[tuple[str, ...]]:
    if start == len(word):
        yield ()
        return
    for end in _ends(start, word):
        if end in alive and word[start:end] in _characters():
            for rest in _parses(word, end, alive):
                yield (word[start:end], *rest)


@cache
def _characters() -> Mapping[str, str]:
    return {syllable: first + more for syllable, first, more in _rows()}


@cache
def _usual_readings() -> Mapping[str, str]:
    return {character: syllable for syllable, first, _ in _rows() for character in first}


def _rows() -> Iterator[list[str]]:
    """Syllable, characters commonly read so, characters that may be."""
    return (line.split(" ") for line in _TABLE.read_text("utf-8").splitlines())


@cache
def _readings() -> Mapping[str, frozenset[str]]:
    by_character: dict[str, set[str]] = {}
    for syllable, known in _characters().items():
        for character in known:
            by_character.setdefault(character, set()).add(syllable)
    return {character: frozenset(spoken) for character, spoken in by_character.items()}
