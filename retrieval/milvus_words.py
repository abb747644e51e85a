"""BM25 as inner products, so that an engine for sparse vectors ranks by the words our own analyzer made.

A passage's vector holds what each of its words is worth there (how often it stands, against the length of the
field); a question's vector holds how rare each word is and how much its field counts. Their inner product is
the sum that tantivy computes for the embedded index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import log
from typing import Final

from retrieval.analyzer import AnalyzedQuery
from retrieval.lexical_index import wanted_words

_K1: Final = 1.2  # as in tantivy
_B: Final = 0.75
_PLACES: Final = 2**32 - 2  # Milvus numbers the components of a sparse vector from 0 to 2³² - 2 …
NOTHING: Final[dict[int, float]] = {_PLACES: 1.0}  # … and takes no empty one; nobody asks for the last


@lru_cache(maxsize=200_000)
def place(field: str, word: str) -> int:
    """The component that stands for a word in a field; two words share one about once in four milliards."""
    digest = blake2b(f"{field} {word}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _PLACES


def place_of_token(token: int) -> int:
    """The component under which passages with a sub-word are counted; no vector has it."""
    return place("token", str(token))


def passage_weights(
    words: Mapping[str, Sequence[str]], typical_lengths: Mapping[str, float]
) -> dict[int, float]:
    """A passage's vector, NOTHING without words; `typical_lengths` says how many words each field has on average."""
    weights: dict[int, float] = {}
    for field, found in words.items():
        length = 1 - _B + _B * len(found) / (typical_lengths.get(field) or 1.0)
        for word, times in Counter(found).items():
            weights[place(field, word)] = times * (_K1 + 1) / (times + _K1 * length)
    return weights or NOTHING


def places_of(query: AnalyzedQuery) -> list[int]:
    """The components a question asks for."""
    return list(dict.fromkeys(place(field, word) for field, word, _boost in wanted_words(query)))


def query_weights(query: AnalyzedQuery, passages: int, holding: Mapping[int, int]) -> dict[int, float]:
    """A question's vector over `passages` passages; `holding` says how many of them hold each component."""
    weights: defaultdict[int, float] = defaultdict(float)
    for field, word, boost in wanted_words(query):
        at = place(field, word)
        with_it = min(max(holding.get(at, 0), 1), max(passages, 1))
        weights[at] += boost * log(1 + (passages - with_it + 0.5) / (with_it + 0.5))
    return dict(weights)
