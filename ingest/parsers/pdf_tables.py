"""Ruled tables of a PDF page: the lines that are drawn make the grid, the text inside fills the cells."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from ingest.parsers.pdf_lines import Frame
from ingest.parsers.tables import Cell
from ingest.text import clean, join_lines, squeeze
from ingest.types import Box

_NEAR = 2.5  # points within which two lines are one
_MIN_LENGTH = 6.0
_TEXT_LINE = 24.0  # points: no line of running text is higher
_MAX_OBJECTS = 3000  # more is a drawing, not a table
_MAX_SEGMENTS = 2000
_MAX_CELLS = 3000
_RUNG = 90.0  # points between two rules of one table at most, where no upright lines join them
_COLUMN_GAP = 7.0  # more than a full-width comma leaves blank

Edge = tuple[float, float, float]  # position, from, to


@dataclass(frozen=True)
class PageTable:
    """A table on one page; `columns` are the positions of its vertical lines."""

    page: int
    box: Box
    columns: tuple[float, ...]
    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int | None = None  # None: to be guessed


def tables_of(page: Any, textpage: Any, frame: Frame, number: int) -> list[PageTable]:
    """The ruled tables of a page with at least two rows and two columns, from top to bottom."""
    if pdfium.FPDFPage_CountObjects(page) > _MAX_OBJECTS * 4:
        return []
    across, down = _ruled_lines(page)
    if len(across) < 3:
        return []
    words = _Words(textpage)
    found = [
        _table(textpage, frame, number, rules, sides, words)
        for group, sides in _groups(_joined(across), _joined(down))
        for rules in _ladders(group, sides, words)
    ]
    return sorted((table for table in found if table is not None), key=lambda table: table.box[1])


def _ruled_lines(page: Any) -> tuple[list[Edge], list[Edge]]:
    """Everything drawn that is straight: (horizontal, vertical). Both empty where there is too much of it."""
    across: list[Edge] = []
    down: list[Edge] = []
    paths = _paths(page.raw)
    if len(paths) > _MAX_OBJECTS:
        return [], []
    boxes: list[_Drawn] = []
    for item in paths:
        for left, bottom, right, top in _pieces(item):
            wide, high = right - left, top - bottom
            if high <= _NEAR and wide >= _MIN_LENGTH:
                across.append(((top + bottom) / 2, left, right))
            elif wide <= _NEAR and high >= _MIN_LENGTH:
                down.append(((left + right) / 2, bottom, top))
            elif wide >= _MIN_LENGTH and high >= _MIN_LENGTH:
                boxes.append(_Drawn(left, bottom, right, top, high <= _TEXT_LINE and not _is_stroked(item)))
    for left, bottom, right, top, _is_shade in _without_highlights(boxes, across):
        across += [(bottom, left, right), (top, left, right)]
        down += [(left, bottom, top), (right, bottom, top)]
    return across, down


class _Drawn(NamedTuple):
    """A box that is drawn; `is_shade` where it is filled without an outline and no higher than a line of text."""

    left: float
    bottom: float
    right: float
    top: float
    is_shade: bool


def _is_stroked(item: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(pdfium.FPDFPath_GetDrawMode(item, fill, stroke) and stroke.value)


def _without_highlights(boxes: Sequence[_Drawn], across: Sequence[Edge]) -> Iterable[_Drawn]:
    """The boxes without the colour behind words of running text, which is as high as its line and touches no other.

    Shaded cells of a table stand on each other, or on its rules.
    """
    if not any(box.is_shade for box in boxes):
        return boxes
    rules = {place for y, _start, _end in across for place in _near(y)}
    tops = rules | {place for box in boxes for place in _near(box.top)}
    bottoms = rules | {place for box in boxes for place in _near(box.bottom)}
    return [
        box
        for box in boxes
        if not box.is_shade or round(box.top / _NEAR) in bottoms or round(box.bottom / _NEAR) in tops
    ]


def _near(y: float) -> tuple[int, int, int]:
    place = round(y / _NEAR)
    return place - 1, place, place + 1


def _paths(page: Any) -> list[Any]:
    """What is drawn on a page, letters and pictures left aside."""
    handle = ctypes.cast(page, ctypes.c_void_p).value
    return [
        pdfium.FPDFPage_GetObject(page, index)
        for index in range(pdfium.FPDFPage_CountObjects(page))
        if _kind_of(_object_at(handle, index)) == pdfium.FPDF_PAGEOBJ_PATH
    ]


def _with_addresses(function: Any, result: Any, *arguments: Any) -> Any:
    """The library's function for bare addresses: a page has thousands of objects, and a pointer object for each,
    let alone one with a finalizer as the library's own iterator makes, would take most of the time.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(result, *arguments)(address or 0)


_object_at = _with_addresses(pdfium.FPDFPage_GetObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_kind_of = _with_addresses(pdfium.FPDFPageObj_GetType, ctypes.c_int, ctypes.c_void_p)


def _pieces(item: Any) -> Iterable[tuple[float, float, float, float]]:
    """The straight pieces of a path as boxes; a simple one is its own bounds."""
    count = pdfium.FPDFPath_CountSegments(item)
    if count <= 5:
        bounds = [ctypes.c_float() for _ in range(4)]
        pdfium.FPDFPageObj_GetBounds(item, *bounds)
        left, bottom, right, top = (edge.value for edge in bounds)
        return [(left, bottom, right, top)]
    return _long_path(item, count) if count <= _MAX_SEGMENTS else []


def _long_path(item: Any, count: int) -> list[tuple[float, float, float, float]]:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    made: list[tuple[float, float, float, float]] = []
    x0 = y0 = 0.0
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        x1 = matrix.a * x.value + matrix.c * y.value + matrix.e
        y1 = matrix.b * x.value + matrix.d * y.value + matrix.f
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
            made.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
        x0, y0 = x1, y1
    return [piece for piece in made if min(piece[2] - piece[0], piece[3] - piece[1]) <= _NEAR]


def _joined(edges: list[Edge]) -> list[Edge]:
    """Pieces of one ruled line as one line; tables are often drawn cell by cell."""
    made: list[Edge] = []
    for position, start, end in sorted(edges, key=lambda edge: (round(edge[0] / _NEAR), edge[1])):
        last = made[-1] if made else None
        if last and abs(last[0] - position) <= _NEAR and start <= last[2] + _NEAR:
            made[-1] = (last[0], min(last[1], start), max(last[2], end))
        else:
            made.append((position, start, end))
    return made


def _groups(across: list[Edge], down: list[Edge]) -> list[tuple[list[Edge], list[Edge]]]:
    """Lines that touch belong to one table."""
    parent = list(range(len(across) + len(down)))

    def top(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for first, (y, x0, x1) in enumerate(across):
        for second, (x, y0, y1) in enumerate(down):
            if x0 - _NEAR <= x <= x1 + _NEAR and y0 - _NEAR <= y <= y1 + _NEAR:
                parent[top(first)] = top(len(across) + second)
    for first, second in _rungs(across):
        parent[top(first)] = top(second)
    groups: dict[int, tuple[list[Edge], list[Edge]]] = {}
    for index in range(len(parent)):
        group = groups.setdefault(top(index), ([], []))
        (group[0] if index < len(across) else group[1]).append(
            across[index] if index < len(across) else down[index - len(across)]
        )
    return [group for group in groups.values() if len(group[0]) >= 3]


def _rungs(across: list[Edge]) -> Iterable[tuple[int, int]]:
    """Neighbouring rules of equal length one below the other: a table drawn without upright lines."""
    order = sorted(range(len(across)), key=lambda index: across[index][0])
    for before, after in pairwise(order):
        (y0, left0, right0), (y1, left1, right1) = across[before], across[after]
        if abs(left0 - left1) <= 3 and abs(right0 - right1) <= 3 and y1 - y0 <= _RUNG:
            yield before, after


class _Words:
    """Where words stand on a page, in PDF coordinates; asked of the page when first needed."""

    def __init__(self, textpage: Any) -> None:
        self._textpage = textpage

    @cached_property
    def spans(self) -> list[tuple[float, float, float, float]]:
        """(left, bottom, right, top) of every run of text."""
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        found: list[tuple[float, float, float, float]] = []
        for index in range(pdfium.FPDFText_CountRects(self._textpage, 0, -1)):
            pdfium.FPDFText_GetRect(self._textpage, index, left, top, right, bottom)
            found.append((left.value, bottom.value, right.value, top.value))
        return found

    def any_in(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Whether a word stands in an area."""
        return any(
            x0 < right and x1 > left and bottom <= (y0 + y1) / 2 <= top for x0, y0, x1, y1 in self.spans
        )

    def cut_by(self, down: Sequence[Edge], area: tuple[float, float, float, float]) -> bool:
        """Whether upright lines run through most of the words of an area: they are a drawing, not its columns."""
        left, bottom, right, top = area
        inside = [
            (x0, (y0 + y1) / 2, x1)
            for x0, y0, x1, y1 in self.spans
            if x0 < right and x1 > left and bottom <= (y0 + y1) / 2 <= top
        ]
        cut = sum(
            any(x0 + _NEAR < x < x1 - _NEAR and low <= y <= high for x, low, high in down)
            for x0, y, x1 in inside
        )
        return cut > 0.5 * len(inside)

    def gaps(self, left: float, bottom: float, right: float, top: float) -> list[float]:
        """Where no word stands from the top of an area to its bottom: between its columns."""
        inside = [
            (x0, x1)
            for x0, y0, x1, y1 in self.spans
            if x0 >= left - 2 and x1 <= right + 2 and bottom - 1 <= (y0 + y1) / 2 <= top + 1
        ]
        found: list[float] = []
        reach = left
        for x0, x1 in sorted(inside):
            if x0 - reach >= _COLUMN_GAP and reach > left:
                found.append((x0 + reach) / 2)
            reach = max(reach, x1)
        return found


def _ladders(across: list[Edge], down: list[Edge], words: _Words) -> Iterable[list[Edge]]:
    """The rules of a table, parted where a heading or a paragraph stands between two of them."""
    rules = sorted(across)
    usual = median(after[0] - before[0] for before, after in pairwise(rules))
    part = [rules[0]]
    for before, after in pairwise(rules):
        middle = (after[0] + before[0]) / 2
        upright = any(edge[1] - _NEAR <= middle <= edge[2] + _NEAR for edge in down)
        if not upright and _parts(before, after, usual, words):
            yield part
            part = []
        part.append(after)
    yield part


def _parts(before: Edge, after: Edge, usual: float, words: _Words) -> bool:
    """Whether what stands between two rules is no row: nothing, or text that is not set in columns."""
    area = before[1], before[0], before[2], after[0]
    if after[0] - before[0] <= usual * 1.4 and words.any_in(*area):
        return False
    return not words.gaps(*area)


def _positions(edges: Sequence[Edge], extra: Iterable[float]) -> list[float]:
    found: list[float] = []
    for position in sorted([*(edge[0] for edge in edges), *extra]):
        if not found or position - found[-1] > _NEAR * 1.5:
            found.append(position)
    return found


def _table(
    textpage: Any, frame: Frame, number: int, across: list[Edge], down: list[Edge], words: _Words
) -> PageTable | None:
    if len(across) < 2:
        return None
    low, high = min(edge[0] for edge in across), max(edge[0] for edge in across)
    down = [edge for edge in down if edge[1] < high - _NEAR and edge[2] > low + _NEAR]
    # A table without outer sides still ends where its rules end.
    xs = _positions(down, (min(edge[1] for edge in across), max(edge[2] for edge in across)))
    ys = _positions(across, [side for edge in down for side in edge[1:] if edge[2] - edge[1] > _RUNG])[::-1]
    if len(xs) == 2 and len(ys) >= 3:
        inner = words.gaps(xs[0], ys[-1], xs[1], ys[0])
        xs = [xs[0], *inner, xs[1]]
        down = [(x, ys[-1], ys[0]) for x in xs]
    if len(xs) < 3 or len(ys) < 3 or (len(xs) - 1) * (len(ys) - 1) > _MAX_CELLS:
        return None
    if words.cut_by(down, (xs[0], ys[-1], xs[-1], ys[0])):
        return None
    grid = _Grid(xs, ys, across, down)
    rows = tuple(tuple(_row(textpage, grid, index)) for index in range(len(ys) - 1))
    filled = [sum(bool(cell.text) for cell in row) for row in rows]
    if sum(count > 0 for count in filled) < 2 or sum(filled) < 1.4 * len(filled):
        return None
    return PageTable(number, frame.box(xs[0], ys[-1], xs[-1], ys[0]), tuple(xs), rows)


class _Grid:
    """Columns and rows of a table, and which of the lines between them are drawn where."""

    def __init__(self, xs: list[float], ys: list[float], across: list[Edge], down: list[Edge]) -> None:
        self.xs, self.ys = xs, ys
        self._across = [_spans_at(across, y) for y in ys]
        self._down = [_spans_at(down, x) for x in xs]

    def has_rule(self, row: int, at: float) -> bool:
        """Whether the line above this row is drawn at the place `at`."""
        return any(start <= at <= end for start, end in self._across[row])

    def has_side(self, column: int, at: float) -> bool:
        """Whether the line left of this column is drawn at the height `at`."""
        return any(start <= at <= end for start, end in self._down[column])


def _spans_at(edges: list[Edge], position: float) -> list[tuple[float, float]]:
    return [
        (start - _NEAR, end + _NEAR) for where, start, end in edges if abs(where - position) <= _NEAR * 1.5
    ]


def _row(textpage: Any, grid: _Grid, index: int) -> Iterable[Cell]:
    """The cells that begin in this row; one that spans rows or columns says so."""
    xs, ys = grid.xs, grid.ys
    column = 0
    while column < len(xs) - 1:
        middle = (xs[column] + xs[column + 1]) / 2
        if index and not grid.has_rule(index, middle):
            column += 1  # continues the cell above, which has taken this text already
            continue
        right, below = column + 1, index + 1
        while right < len(xs) - 1 and not grid.has_side(right, (ys[index] + ys[index + 1]) / 2):
            right += 1
        while below < len(ys) - 1 and not grid.has_rule(below, middle):
            below += 1
        shown = Cell.plain(_cell_text(textpage.get_text_bounded(xs[column], ys[below], xs[right], ys[index])))
        yield Cell(shown.text, shown.markdown, right - column, below - index)
        column = right


def _cell_text(written: str) -> str:
    text = ""
    for line in written.replace("\ufffe", "-").split("\r\n"):
        text = join_lines(text, squeeze(clean(line)))
    return text
