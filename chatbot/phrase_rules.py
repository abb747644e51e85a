"""Phrases an editor writes to say when something begins: `查|看 订单` finds "查一下我的订单".

The words of a phrase stand in the text in this order with little between them; `|` separates words that
serve equally. Case and width do not matter, and English words are whole words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_BETWEEN = r"[^。！？.!?\n]{0,24}?"  # no further apart than a clause
_LATIN = re.compile(r"[a-z0-9']")


def finds(phrases: Iterable[str], text: str) -> int:
    """How many characters of `text` the longest of the phrases covers that is in it; 0 if none is."""
    folded = _folded(text)
    found = (_compiled(phrase).search(folded) for phrase in phrases)
    return max((match.end() - match.start() for match in found if match), default=0)


def is_phrase(phrase: str) -> bool:
    """Whether there is a word in it to look for."""
    return bool(re.sub(r"[\s|]", "", phrase))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=1000)
def _compiled(phrase: str) -> re.Pattern[str]:
    words = [_alternatives(word) for word in _folded(phrase).split()]
    return re.compile(_BETWEEN.join(words))


def _alternatives(word: str) -> str:
    return f"(?:{'|'.join(_whole(one) for one in word.split('|') if one)})"


def _whole(word: str) -> str:
    """The word as it stands; `_` is a space, which separates words otherwise."""
    escaped = re.escape(word.replace("_", " "))
    before = r"(?<![a-z0-9])" if _LATIN.match(word[0]) else ""
    after = r"(?![a-z0-9])" if _LATIN.match(word[-1]) else ""
    return f"{before}{escaped}{after}"
