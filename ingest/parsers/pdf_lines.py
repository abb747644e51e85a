"""The printed lines of a PDF page: text, box, font size and weight, a few calls into the library per line."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median
from typing import Any

import pypdfium2.raw as pdfium

from ingest.text import clean, size, squeeze
from ingest.types import Box

_BOLD = ("bold", "heavy", "black", "demi", "-bd", "simhei")
_MONO = ("mono", "courier", "consol", "menlo", "code", "typewriter", "cmtt", "lucidacons")
_FONT_NAME_BYTES = 256
# One process reads one page at a time: what the library writes into is made once.
_FONT_NAME = ctypes.create_string_buffer(_FONT_NAME_BYTES)
_EDGES = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
_MATRIX = pdfium.FS_MATRIX()
_FONT_FLAGS = ctypes.c_int()
_HYPHEN = re.compile("[\ufffe\x02]")  # the library's sign for a hyphen at the end of a printed line
_BROKEN_WORD = re.compile("(?<=[a-z])[\ufffe\x02](?=[a-z])")
_RUNNING_TEXT = 28.0  # size of two halves of a line together, see ingest.text.size
_COLUMN_GAP = 9.0  # points between two columns of text at least


@dataclass(frozen=True)
class Line:
    """One printed line of one page."""

    text: str
    page: int  # 1-based
    box: Box
    size: float  # of the font, in points as printed
    is_bold: bool = False
    is_mono: bool = False
    gap: tuple[float, float] | None = None  # the widest blank inside it, in PDF coordinates

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Frame:
    """The visible part of a page and how it is turned: from PDF coordinates to points from the top left."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int  # clockwise, degrees

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        if self.rotation == 0:
            return (
                round(left - self.left, 1),
                round(self.top - top, 1),
                round(right - self.left, 1),
                round(self.top - bottom, 1),
            )
        if self.rotation == 90:
            turned = (bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        elif self.rotation == 180:
            turned = (self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        else:
            turned = (self.top - top, self.right - right, self.top - bottom, self.right - left)
        x0, y0, x1, y1 = (round(value, 1) for value in turned)
        return x0, y0, x1, y1


def frame_of(page: Any) -> Frame:
    left, bottom, right, top = page.get_cropbox()
    return Frame(left, bottom, right, top, page.get_rotation() % 360)


def lines_of(textpage: Any, frame: Frame, number: int) -> Iterator[Line]:
    """The lines of a page in the order in which the file holds them."""
    whole = textpage.get_text_range()
    textpage = textpage.raw  # below it is asked seven times a line
    place_of = _places(textpage, whole)
    is_plain = clean(whole.replace("\r\n", "")) == whole.replace("\r\n", "")  # hyphens are not, either
    offset = 0
    for written in whole.split("\r\n"):
        start, offset = offset, offset + len(written) + 2
        text = squeeze(written if is_plain else clean(_HYPHEN.sub("-", _BROKEN_WORD.sub("", written))))
        if not text:
            continue
        first, last = place_of(start), place_of(start + len(written) - 1)
        if first < 0 or last < first:
            continue
        box, gap = _box(textpage, first, last - first + 1, frame)
        if box is None:
            continue
        probe = place_of(start + _visible(written, len(written) // 2))
        yield Line(text, number, box, _size(textpage, probe), *_style(textpage, probe), gap)


def _places(textpage: Any, whole: str) -> Callable[[int], int]:
    """From a place in the page's text to the library's number of that character, -1 where there is none."""
    if pdfium.FPDFText_CountChars(textpage) == len(whole):  # as on most pages, where nothing is left out
        return lambda place: place
    return lambda place: int(pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, place))


def _visible(text: str, middle: int) -> int:
    """The place of a printed character near `middle`."""
    for index, sign in enumerate(text):
        if index >= middle and not sign.isspace():
            return index
    return len(text) - len(text.lstrip())


def _box(
    textpage: Any, first: int, count: int, frame: Frame
) -> tuple[Box | None, tuple[float, float] | None]:
    """The box around `count` characters and the widest blank in it; no box for what is not printed."""
    rects = _rects(textpage, first, count)
    if len(rects) < 2:
        return (frame.box(*rects[0]), None) if rects else (None, None)
    lefts, bottoms, rights, tops = zip(*rects, strict=True)
    widest: tuple[float, float] | None = None
    reach = rights[0]
    for left, right in zip(lefts[1:], rights[1:], strict=True):
        if left - reach > (widest[1] - widest[0] if widest else _COLUMN_GAP):
            widest = (reach, left)
        reach = max(reach, right)
    return frame.box(min(lefts), min(bottoms), reach, max(tops)), widest


def _rects(textpage: Any, first: int, count: int) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right and top of each run of printed characters."""
    left, top, right, bottom = _EDGES
    found = pdfium.FPDFText_CountRects(textpage, first, count)
    return [
        (left.value, bottom.value, right.value, top.value)
        for index in range(min(found, 200))
        if pdfium.FPDFText_GetRect(textpage, index, left, top, right, bottom)
    ]


def split_columns(lines: list[Line], textpage: Any, frame: Frame) -> list[Line]:
    """Lines of two columns that stand at one height are two lines, where the page is set in columns.

    Rows of a table without rules stay whole: their halves are a few words, not running text.
    """
    gaps = [line.gap for line in lines if line.gap is not None]
    if frame.rotation or len(gaps) < 5 or len(gaps) < 0.4 * len(lines):
        return lines
    start, end = median(gap[0] for gap in gaps), median(gap[1] for gap in gaps)
    gutter = (max(start, end - 40) + end) / 2
    across = [line for line in lines if line.gap is not None and line.gap[0] < gutter < line.gap[1]]
    middle = (frame.left + frame.right) / 2
    if len(across) < 5 or abs(gutter - middle) > 0.15 * (frame.right - frame.left):
        return lines
    if median(size(line.text) for line in across) < _RUNNING_TEXT:
        return lines
    split = {id(line) for line in across}
    return [
        part
        for line in lines
        for part in (_halves(line, gutter, textpage, frame) if id(line) in split else [line])
    ]


def _halves(line: Line, gutter: float, textpage: Any, frame: Frame) -> list[Line]:
    left, top, right, bottom = line.box
    low, high = frame.top - bottom - 1, frame.top - top + 1
    made: list[Line] = []
    for x0, x1 in ((left, gutter - frame.left), (gutter - frame.left, right)):
        words = textpage.get_text_bounded(x0 + frame.left - 1, low, x1 + frame.left + 1, high)
        text = squeeze(clean(_HYPHEN.sub("-", words)))
        if text:
            edge = (x0, x1) if x0 > left else (x0, line.gap[0] - frame.left if line.gap else x1)
            made.append(replace(line, text=text, box=(edge[0], top, edge[1], bottom), gap=None))
    return made


def _size(textpage: Any, index: int) -> float:
    matrix = _MATRIX
    written = float(pdfium.FPDFText_GetFontSize(textpage, index))
    if not pdfium.FPDFText_GetMatrix(textpage, index, matrix):
        return round(written, 1)
    return round(written * (math.hypot(float(matrix.c), float(matrix.d)) or 1.0), 1)


def _style(textpage: Any, index: int) -> tuple[bool, bool]:
    _FONT_NAME.value = b""
    pdfium.FPDFText_GetFontInfo(textpage, index, _FONT_NAME, _FONT_NAME_BYTES, _FONT_FLAGS)
    is_bold, is_mono = _named_style(_FONT_NAME.value)
    return is_bold or int(pdfium.FPDFText_GetFontWeight(textpage, index)) >= 600, is_mono


@lru_cache(maxsize=512)
def _named_style(font: bytes) -> tuple[bool, bool]:
    name = font.decode("utf-8", "replace").lower()
    return any(mark in name for mark in _BOLD), any(mark in name for mark in _MONO)
