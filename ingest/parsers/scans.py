"""Pages and pictures without text of their own: what can be read in them, as printed lines and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.parsers import aligned_tables, pdf_layout
from ingest.parsers.pdf_lines import Line
from ingest.parsers.pdf_tables import PageTable
from ingest.text import clean, size, squeeze
from ingest.types import Block, Box
from models.text_recognizer import Reading, RecognizedLine, default_recognizer

if TYPE_CHECKING:
    from PIL.Image import Image

_DOTS_PER_INCH = 150.0
_LONGEST_SIDE = 3600  # pixels of a page that is looked at
_LETTERS = 1.5  # a recognized line is this much higher than the size of its font
_SAME_SIZE = 1.25  # heights measured in a picture waver; within this they are one font size
_FEW = 60.0  # in Chinese characters: a stamp or a page number over the picture of a page
_LEAST_LETTERS = 4
_COVERS = 0.5  # of the page's area


@dataclass(frozen=True)
class ScannedPage:
    """What was read; boxes are points from the top left of the page as it was turned to be read."""

    lines: list[Line]
    tables: list[PageTable]
    width: float
    height: float
    turned: int  # degrees clockwise


def needs_reading(page: Any, lines: Sequence[Line], *, legible: bool) -> bool:
    """Whether a page's text, if it has any, is not what people see on it."""
    if not legible:
        return True
    if sum(size(line.text) for line in lines) > _FEW:
        return False
    if lines:
        return _covered_by_picture(page)
    return int(pdfium.FPDFPage_CountObjects(page)) > 0


def _covered_by_picture(page: Any) -> bool:
    width, height = page.get_size()
    page, covered = page.raw, 0.0
    for index in range(min(pdfium.FPDFPage_CountObjects(page), 500)):
        item = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(item) == pdfium.FPDF_PAGEOBJ_IMAGE:
            matrix = pdfium.FS_MATRIX()
            pdfium.FPDFPageObj_GetMatrix(item, matrix)
            covered += abs(matrix.a * matrix.d - matrix.b * matrix.c)
    return bool(covered >= _COVERS * width * height)


def read_page(page: Any, number: int) -> ScannedPage:
    """The text seen on a page of a PDF."""
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / 72, _LONGEST_SIDE / max(width, height, 1.0))
    try:
        bitmap = page.render(scale=scale)
    except (ValueError, pypdfium2.PdfiumError):  # a page without extent
        return ScannedPage([], [], width, height, 0)
    try:
        picture = bitmap.to_pil()
        return read_picture(picture, number, scale=scale)
    finally:
        bitmap.close()


def read_picture(picture: Image, number: int, *, scale: float) -> ScannedPage:
    """The text seen in a picture of which `scale` pixels are a point."""
    reading = default_recognizer().read(picture)
    width, height = (side / scale for side in picture.size)
    if reading.turned in {90, 270}:
        width, height = height, width
    edge = width, height
    lines = _with_steady_sizes([_line(found, number, scale, edge) for found in reading.lines])
    if sum(sign.isalnum() for line in lines for sign in line.text) < _LEAST_LETTERS:
        lines = []  # lines of a drawing look like a letter or two
    in_columns = pdf_layout.gutter(lines, width) is not None
    tables, rest = ([], lines) if in_columns else aligned_tables.split(lines, slant=_readable_slant(reading))
    return ScannedPage(rest, tables, width, height, reading.turned)


def _readable_slant(reading: Reading) -> float:
    return reading.slant if abs(reading.slant) < math.tan(math.radians(20)) else 0.0


def _line(found: RecognizedLine, number: int, scale: float, edge: tuple[float, float]) -> Line:
    ends = (*edge, *edge)
    left, top, right, bottom = (
        round(min(max(0.0, side / scale), end), 1) for side, end in zip(found.box, ends, strict=True)
    )
    font = found.height / scale / _LETTERS
    return Line(squeeze(clean(found.text)), number, (left, top, right, bottom), font)


def _with_steady_sizes(lines: Sequence[Line]) -> list[Line]:
    if not lines:
        return []
    usual = median(line.size for line in lines)
    return [replace(line, size=round(_steady(line.size, usual), 1)) for line in lines if line.text]


def _steady(measured: float, usual: float) -> float:
    """The usual size, or a power of the least difference above or below it."""
    steps = math.trunc(math.log(max(measured, 0.1) / usual) / math.log(_SAME_SIZE))
    return usual * math.pow(_SAME_SIZE, steps)


def turned_back(blocks: Iterable[Block], pages: dict[int, ScannedPage]) -> list[Block]:
    """The blocks with their boxes on the pages as they are shown; `pages` by their numbers."""
    made: list[Block] = []
    for block in blocks:
        scan = pages.get(block.page or 0)
        if scan is None or not scan.turned or block.box is None:
            made.append(block)
        else:
            made.append(replace(block, box=_box_turned_back(block.box, scan)))
    return made


def _box_turned_back(box: Box, scan: ScannedPage) -> Box:
    left, top, right, bottom = box
    wide, high = scan.width, scan.height
    turned = {
        90: (top, wide - right, bottom, wide - left),
        180: (wide - right, high - bottom, wide - left, high - top),
        270: (high - bottom, left, high - top, right),
    }[scan.turned]
    x0, y0, x1, y1 = (round(edge, 1) for edge in turned)
    return x0, y0, x1, y1
