"""The floor of relevance: a question that is about nothing here finds nothing, not the least distant passages.

The vector leg always has a nearest passage. A hybrid search is taken for noise where even the best cosine is
low and words of the question stand nowhere in the index: one of them where it is very low, most of them where
it is low. On questions with a known answer this silences next to none, and it stops most of those about
something else (figures: docs/decisions/0013). Cosines of other embedders mean other
things, so they have no floor, nor has an index that cannot list its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import Final

from models.embedder import Embedder
from retrieval.analyzer import AnalyzedQuery
from retrieval.index import Snapshot, Vocabulary
from retrieval.ranking import Ranked

LOW: Final = 0.36  # cosine of the best of MEASURED_ON passages, for the built-in encoder
VERY_LOW: Final = 0.28
MEASURED_ON: Final = 2000
_CALIBRATED: Final = "builtin"


class Floor:
    """The floor for one question; remembers how many passages it withheld."""

    def __init__(self, query: AnalyzedQuery, snapshot: Snapshot, embedder: Embedder) -> None:
        self._query = query
        self._words = snapshot if isinstance(snapshot, Vocabulary) else None
        self._size = snapshot.size()
        self._is_calibrated = embedder.spec.startswith(_CALIBRATED)
        self.withheld = 0

    def is_noise(self, head: Sequence[Ranked]) -> bool:
        """Whether the best candidates are merely the least distant ones."""
        if not self._is_calibrated or not head or self._words is None:
            return False
        best = max(one.cosine or 0.0 for one in head) / _scale(self._size)
        if best >= LOW or self._query.rescued:
            return False
        unknown, asked = self._unknown(self._words)
        if not (2 * unknown > asked or (unknown and best < VERY_LOW)):
            return False
        self.withheld = len(head)
        return True

    def _unknown(self, words: Vocabulary) -> tuple[int, int]:
        """How many words asked for stand nowhere, of how many; single characters say too little to count.

        A code of which a part is known is never nonsense.
        """
        known = {term.text: bool(words.occurrences(term.text)) for term in self._query.terms}
        if any(is_known and any(map(str.isdigit, text)) for text, is_known in known.items()):
            return 0, len(known)
        whole = [term.text for term in self._query.terms if term.weight == 1.0 and term.source == "query"]
        asked = [text for text in whole if len(text) > 1]
        return sum(not known[text] for text in asked), len(asked)


def _scale(passages: int) -> float:
    """How much of the measured cosine the best of so few passages reaches by chance.

    The greatest of n chance values grows with √ln n; where there are more than were measured it is left at 1.
    """
    return min(1.0, sqrt(log(max(passages, 2)) / log(MEASURED_ON)))
