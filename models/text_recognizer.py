"""Reading the text in a picture: the contract, and what a reading consists of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class RecognizedLine:
    """A run of text on one line of a picture; a blank wider than a few letters begins a new one."""

    text: str
    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the turned picture
    height: float  # of the letters' line, in pixels; that of the box is more where the line is slanted
    confidence: float  # mean over its characters, 0 to 1


@dataclass(frozen=True)
class Reading:
    """The text in a picture, from top to bottom."""

    lines: tuple[RecognizedLine, ...]
    turned: int = 0  # by so many degrees clockwise the picture was turned to be read: 0, 90, 180 or 270
    slant: float = 0.0  # by so much lines sink for every pixel to the right


class TextRecognizer(Protocol):
    """Finds and reads printed Chinese and English text."""

    def read(self, picture: Image) -> Reading:
        """The lines of a picture of any size; none where there is no text."""
        ...


@cache
def default_recognizer() -> TextRecognizer:
    """The built-in recognizer, loaded when first asked for and then kept by this process."""
    from models.text_recognizers.ppocr import PaddleRecognizer

    return PaddleRecognizer()
