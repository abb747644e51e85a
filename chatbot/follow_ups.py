"""Completing a question that leaves out what was said before: the new thing takes the old one's place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from chatbot import phrases
from chatbot.words import content_words
from models.embedder import Embedder
from models.segmenter import has_cjk, normalize

_ALIKE: Final = (
    0.0  # cosine from which two words may name things of one kind; the old question stays a reading
)
_QUANTITY: Final = re.compile(r"\d+(?:\.\d+)?\s*(?:[A-Za-z%°℃Ω]{1,4}|千瓦|伏|安|米|度)(?![A-Za-z])")
_ASKING: Final = re.compile("多久|多长|时候|多少")
_EDGES: Final = re.compile(
    r"^(?:(?:for|with|on|in|at|the|an?|of)(?![a-z])|我们的?|你们的?|的)\s*|\s*(?:的话|的|呢|instead|then)$",
    re.IGNORECASE,
)

Nearest = Callable[
    [str, Sequence[str]], str | None
]  # of some words, the one that names the same kind of thing


def nearest_by(embedder: Embedder) -> Nearest:
    """The word nearest in meaning, by an embedder; None where none is near."""

    def nearest(new: str, words: Sequence[str]) -> str | None:
        if not words:
            return None
        cosines = embedder.embed_passages(list(words)) @ embedder.embed_queries([new])[0]
        at = int(cosines.argmax())
        return words[at] if float(cosines[at]) >= _ALIKE else None

    return nearest


def exchanged(previous: str, new: str, nearest: Nearest) -> str | None:
    """`previous` about `new` instead of the thing of its kind that it names; None where it names none."""
    new = bare(new)
    if _QUANTITY.fullmatch(new):
        changed = _QUANTITY.sub(new, previous, count=1)
        return changed if changed != previous else None
    folded = normalize(previous).lower()
    written = [word for word in _things(previous) if word in folded]
    if not new or new.lower() in folded:
        return None
    old = nearest(new, written)
    if old is None:
        return None
    spelt = rf"\b{re.escape(old)}\w{{0,2}}\b" if old.isascii() else re.escape(old)
    changed = re.sub(spelt, new, previous, count=1, flags=re.IGNORECASE)
    return changed if changed != previous else None


def _things(question: str) -> list[str]:
    """The words of a question that may name what it is about, as they are written there."""
    chinese = (word for word in content_words(question) if has_cjk(word) and len(word) > 1)
    latin = (word.lower() for word in re.findall(r"[A-Za-z]{3,}", question) if content_words(word))
    return sorted({word for word in (*chinese, *latin) if not (phrases.asks(word) or _ASKING.search(word))})


def bare(new: str) -> str:
    """The name in "for the gateway", "网关的话"."""
    before = ""
    while before != new:
        before, new = new, _EDGES.sub("", new.strip())
    return new.strip()
