"""Near-duplicates: the same passage in two editions of a manual, or on a mirrored page.

Twins say the same of the same product in the same language: equal titles and headings, but for the edition,
and all but equal words. Numbers and codes must be equal throughout, for what says 3.3 V and what says 5 V are
two answers however alike. Of twins one is shown: the one whose edition the question names, else the newest,
in the place the best had earned. Here, and only here, age counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from kb.types import Chunk
from models.segmenter import normalize
from retrieval.ranking import Ranked

_ALIKE: Final = 0.9  # share of word triples that twins have in common
_AS_LONG: Final = 0.75  # share of the longer one's characters that the shorter one has at least
_EDITION: Final = re.compile(r"(?<![a-z0-9.])(?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+|(?:19|20)\d\d)(?![a-z0-9])")
_WORD: Final = re.compile(r"[a-z0-9]+(?:\.\d+)*|[^\W_]")
_NUMBER: Final = re.compile(r"[a-z]*\d[a-z0-9.]*")


class Found(NamedTuple):
    """A ranked chunk with its content."""

    entry: Ranked
    chunk: Chunk


@dataclass
class Group:
    """Twins in the order they were found; `shown` stands for all of them."""

    best: Found
    others: list[Found] = field(default_factory=list)
    reranked: float | None = None  # the reranker's score

    @property
    def members(self) -> tuple[Found, ...]:
        return (self.best, *self.others)

    @property
    def score(self) -> float:
        """What their place was earned with."""
        return self.best.entry.score if self.reranked is None else self.reranked

    def shown(self, query: str) -> Found:
        """The edition the question names, else the newest."""
        return max(self.members, key=lambda one: (_is_named(one.chunk, query), _newness(one.chunk)))


def grouped(found: Iterable[Found], size: int) -> list[Group]:
    """The first `size` groups of twins, in the order of their best; reads no further than it must."""
    groups: list[Group] = []
    by_head: dict[tuple[str, ...], list[Group]] = {}
    for one in found:
        alike = by_head.setdefault(_head(one.chunk), [])
        twin = next((group for group in alike if are_twins(group.best.chunk, one.chunk)), None)
        if twin is not None:
            twin.others.append(one)
            continue
        groups.append(Group(one))
        alike.append(groups[-1])
        if len(groups) == size:
            break
    return groups


def are_twins(one: Chunk, other: Chunk) -> bool:
    """Whether two passages of different articles say the same."""
    if one.article_id == other.article_id or _head(one) != _head(other):
        return False
    if min(len(one.text), len(other.text)) < _AS_LONG * max(len(one.text), len(other.text)):
        return False
    mine, theirs = _words(one.text), _words(other.text)
    if mine == theirs:
        return True
    if [word for word in mine if _NUMBER.fullmatch(word)] != [
        word for word in theirs if _NUMBER.fullmatch(word)
    ]:
        return False
    first, second = _triples(mine), _triples(theirs)
    return len(first & second) >= _ALIKE * len(first | second)


def _head(chunk: Chunk) -> tuple[str, ...]:
    """What twins have in common besides their words; an edition in a title counts only where it is declared."""
    heads = [" ".join(head.lower().split()) for head in (chunk.title, *chunk.heading_path)]
    if chunk.product_version:
        heads = [" ".join(_EDITION.sub(" ", head).split()) for head in heads]
    return (chunk.lang, chunk.product or "", *heads)


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(normalize(text)))


def _triples(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    return set(zip(words, words[1:], words[2:], strict=False)) or {words}


def _is_named(chunk: Chunk, query: str) -> bool:
    version = normalize(chunk.product_version or "").removeprefix("v")
    return (
        bool(version)
        and re.search(rf"(?<![\d.]){re.escape(version)}(?![\d]|\.\d)", normalize(query)) is not None
    )


def _newness(chunk: Chunk) -> tuple[tuple[int, ...], int]:
    numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", chunk.product_version or ""))
    return numbers, chunk.updated_at.toordinal()
