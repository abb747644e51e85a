"""Tables without rules: lines that stand side by side in rows, and below each other in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.parsers.pdf_lines import Line
from ingest.parsers.pdf_tables import PageTable
from ingest.parsers.tables import Cell
from ingest.text import join_lines, size
from ingest.types import Box

_LEAST_ROWS = 2
_SAME_ROW = 0.5  # of a line's height between the middles of two lines
_FAR = 2.2  # times the usual step between rows: what follows is another table
_LABEL = (
    24.0  # in Chinese characters: what stands in the first column of a table at most, for half of its rows
)
_GAP = 0.1  # of a line's height between two columns at least; lines end where there is a wide blank

Span = tuple[float, float]


@dataclass(frozen=True)
class _Row:
    lines: tuple[Line, ...]  # from left to right
    middle: float  # as if the page stood straight

    @property
    def spans(self) -> list[Span]:
        return [(line.box[0], line.box[2]) for line in self.lines]


def split(lines: Sequence[Line], *, slant: float = 0.0) -> tuple[list[PageTable], list[Line]]:
    """The tables of one page and the lines that belong to none; `slant` is how far its lines sink per point."""
    rows = _rows(lines, slant)
    tables: list[PageTable] = []
    used: set[int] = set()
    index = 0
    while index < len(rows):
        run = _run(rows, index)
        table = _table(run) if len(run) >= _LEAST_ROWS else None
        if table is None:
            index += 1
            continue
        tables.append(table)
        used |= {id(line) for row in run for line in row.lines}
        index += len(run)
    return tables, [line for line in lines if id(line) not in used]


def _rows(lines: Sequence[Line], slant: float) -> list[_Row]:
    placed = sorted(
        (((line.box[1] + line.box[3]) / 2 - slant * (line.box[0] + line.box[2]) / 2, line) for line in lines),
        key=lambda entry: entry[0],
    )
    rows: list[_Row] = []
    open_row: list[tuple[float, Line]] = []
    for middle, line in placed:
        if open_row and middle - open_row[0][0] > _SAME_ROW * min(line.height, open_row[0][1].height):
            rows.append(_row(open_row))
            open_row = []
        open_row.append((middle, line))
    return [*rows, _row(open_row)] if open_row else rows


def _row(entries: Sequence[tuple[float, Line]]) -> _Row:
    lines = tuple(sorted((line for _middle, line in entries), key=lambda line: line.box[0]))
    return _Row(lines, median(middle for middle, _line in entries))


def _run(rows: Sequence[_Row], start: int) -> list[_Row]:
    """The rows from `start` on that share their columns; empty where there stands no row of a table."""
    if len(rows[start].lines) < 2:
        return []
    run = [rows[start]]
    columns = _columns(run)
    steps: list[float] = []
    for row in rows[start + 1 :]:
        step = row.middle - run[-1].middle
        if step > _FAR * (median(steps) if steps else 3 * row.lines[0].height):
            break
        if len(row.lines) == 1 and not _goes_on(row.lines[0], columns):
            break
        wider = _columns([*run, row])
        if len(wider) < max(len(known.lines) for known in [*run, row]):
            break
        run.append(row)
        columns = wider
        steps.append(step)
    while run and len(run[-1].lines) < 2 and not _goes_on(run[-1].lines[0], columns):
        run.pop()
    return run


def _goes_on(line: Line, columns: Sequence[Span]) -> bool:
    """Whether a line alone in its row is the next line of a cell: it begins where a column but the first does."""
    return any(abs(line.box[0] - left) <= line.height for left, _right in columns[1:])


def _columns(rows: Iterable[_Row]) -> list[Span]:
    """Where something stands in any of the rows; what overlaps is one column."""
    found: list[Span] = []
    least = _GAP * median(line.height for row in rows for line in row.lines)
    for left, right in sorted(span for row in rows for span in row.spans):
        if found and left - found[-1][1] < least:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _table(run: Sequence[_Row]) -> PageTable | None:
    columns = _columns(run)
    firsts = [size(row.lines[0].text) for row in run if len(row.lines) > 1]
    if len(columns) < 2 or len(firsts) < _LEAST_ROWS or median(firsts) > _LABEL:
        return None
    grid: list[list[str]] = []
    for row in run:
        cells = [""] * len(columns)
        for line in row.lines:
            place = max(range(len(columns)), key=lambda index: _overlap(line, columns[index]))
            cells[place] = join_lines(cells[place], line.text)
        if len(row.lines) == 1 and grid:
            grid[-1] = [join_lines(above, cell) for above, cell in zip(grid[-1], cells, strict=True)]
        else:
            grid.append(cells)
    lines = [line for row in run for line in row.lines]
    edges = (*(left for left, _right in columns), columns[-1][1])
    cells_of = tuple(tuple(Cell.plain(text) for text in row) for row in grid)
    # Two columns are most often names and what they are, as on a name plate: no row of them is a header.
    return PageTable(
        lines[0].page, _around(lines), edges, cells_of, header_rows=0 if len(columns) == 2 else None
    )


def _overlap(line: Line, column: Span) -> float:
    return min(line.box[2], column[1]) - max(line.box[0], column[0])


def _around(lines: Sequence[Line]) -> Box:
    lefts, tops, rights, bottoms = zip(*(line.box for line in lines), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
