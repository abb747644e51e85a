"""The reranker contract: reads query and passage together, for a short list of candidates."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Reranker(Protocol):
    """Scores passages for one query; only the order counts, scores of two queries are not comparable."""

    @property
    def spec(self) -> str:
        """Runtime and name."""

    def rank(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return one score per passage, higher is better, in the order given."""
