"""Splitting a turn that asks several things into the questions it asks."""

from __future__ import annotations

import re
from typing import Final

from chatbot import phrases
from chatbot.understand import codes

MOST: Final = 3  # questions answered in one turn
_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]+|[^。！？!?；;\n]+$")
_JOINED: Final = re.compile(
    r"[，,、]?\s*(?:另外|还有(?=[^，,]{3,})|顺便(?:再?问(?:一下|下)?)?|再问(?:一下|下)?|同时(?:想问)?|以及(?=[^，,]*(?:多少|多久|怎么|如何|哪|几|什么|吗)))[，,:：]?\s*"
    r"|,?\s+(?:and|also)\s+(?=(?:how|what|where|when|which|why|who|can|could|do|does|is|are|will|should)\b)"
    r"|,?\s+(?:also|additionally|besides)[,:]?\s+",
    re.IGNORECASE,
)
_COMMA: Final = re.compile(r"[，,]\s*")
_ENOUGH: Final = re.compile(r"[\u3400-\u9fff]{2,}|[A-Za-z]{2,}(?:\W+[\w'-]+){1,}")
_THING: Final = re.compile(
    r"多少|多久|多长|几[个天年小分]|怎么|如何|怎样|哪[里儿个些款]|什么|吗[?？]?$|能不能|是否|可以.*[吗么]"
)


def parts_of(text: str) -> list[str]:
    """The questions that `text` asks, in order, each with what was told before it; one if it asks but one thing.

    More than `MOST` questions are left together, as nobody can answer a list in one turn.
    """
    asked: list[str] = []
    told = ""
    for piece in _pieces(text):
        if _asks(piece):
            asked.append(f"{told}{piece}".strip())
            told = ""
        else:
            told = f"{told}{piece} " if told else f"{piece} "
    if told.strip() and asked:
        asked[-1] = f"{asked[-1]} {told.strip()}"
    return asked if 1 < len(asked) <= MOST else [text.strip()]


def _pieces(text: str) -> list[str]:
    found = []
    for sentence in _SENTENCE.findall(text.strip()):
        joined = [one for one in _JOINED.split(sentence) if one and one.strip()]
        found += [one for part in joined for one in _apart(part)]
    return [one.strip() for one in found if one.strip()]


def _apart(sentence: str) -> list[str]:
    """Clauses that each ask for something of their own: "保修多久，怎么寄修"."""
    clauses = _COMMA.split(sentence)
    if len(clauses) > 1 and all(_THING.search(one) and len(one) >= 4 for one in clauses):
        return clauses
    return [sentence]


def _asks(piece: str) -> bool:
    return phrases.asks(piece) and bool(_ENOUGH.search(piece) or codes(piece))
