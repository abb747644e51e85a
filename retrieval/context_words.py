"""Which words of a question stand in a passage, without cutting the passage."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from models.segmenter import has_cjk, normalize
from retrieval.lexicon import Lexicon
from retrieval.words import CJK, words_of

_CHINESE: Final = re.compile(f"[{CJK}]+")
_NO_GLOSSARY: Final = Lexicon()


class PassageWords:
    """The words of a passage, to ask about a few: segmenting all of it costs more than a whole search.

    Chinese is asked for as it is written, so a word also counts where the segmenter would cut otherwise, and
    a single character, which stands in too many words, never does. Latin words and codes are asked for as
    the analyzer stores them.
    """

    def __init__(self, text: str) -> None:
        self._normalized = normalize(text)

    def __contains__(self, term: object) -> bool:
        if not isinstance(term, str):
            return False
        if has_cjk(term):
            return len(term) > 1 and term in self._normalized
        return term in _latin_words(self._normalized)


@lru_cache(maxsize=512)  # while somebody types, the same passages come up again and again
def _latin_words(normalized: str) -> frozenset[str]:
    without_chinese = _CHINESE.sub("\n", normalized)
    return frozenset(word.text for word in words_of(without_chinese, _NO_GLOSSARY))
