"""The answer model contract: writes an answer from passages, piece by piece."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, TypeAlias

from models.types import Passage

Language: TypeAlias = Literal["zh", "en"]


class AnswerModel(Protocol):
    """Composes an answer that cites passages as [1], [2] …; checking what it says is the caller's work."""

    @property
    def spec(self) -> str:
        """Runtime, name and address."""

    def compose(self, question: str, passages: Sequence[Passage], *, lang: Language) -> Iterator[str]:
        """Yield the answer in pieces, in `lang`; joined they are the whole text.

        Raises ModelUnavailableError, also after some pieces, when the model cannot be reached, refuses or
        falls silent for longer than its timeout.
        """
