"""Rows and columns without rules: what is a table, what is only text side by side."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers import aligned_tables
from ingest.parsers.pdf_lines import Line


def line(text: str, left: float, top: float, width: float | None = None) -> Line:
    return Line(text, 1, (left, top, left + (width or 6 * len(text)), top + 12), 9.0)


def cells(lines: list[Line], **more: float) -> list[list[list[str]]]:
    tables, _rest = aligned_tables.split(lines, **more)
    return [[[cell.text for cell in row] for row in table.rows] for table in tables]


def grid(rows: int, columns: int, *, slant: float = 0.0) -> list[Line]:
    return [
        line(f"r{row}c{column}", 50 + 90 * column, 100 + 20 * row + slant * 90 * column)
        for row in range(rows)
        for column in range(columns)
    ]


@given(st.integers(2, 9), st.integers(2, 6), st.floats(-0.05, 0.05), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_grid_is_one_table_whatever_the_order_of_its_lines_and_however_it_is_slanted(
    rows, columns, slant, random
):
    lines = grid(rows, columns, slant=slant)
    random.shuffle(lines)
    assert cells(lines, slant=slant) == [
        [[f"r{row}c{column}" for column in range(columns)] for row in range(rows)]
    ]


def test_the_next_line_of_a_cell_is_part_of_it():
    lines = [*grid(2, 2), line("goes on here", 140, 132), line("r2c0", 50, 150), line("r2c1", 140, 150)]
    assert cells(lines) == [[["r0c0", "r0c1"], ["r1c0", "r1c1 goes on here"], ["r2c0", "r2c1"]]]


def test_text_in_two_columns_is_no_table():
    text = "the motor runs until the limit is reached and the"
    lines = [line(text, left, 100 + 15 * row, 230) for row in range(12) for left in (50, 310)]
    tables, rest = aligned_tables.split(lines)
    assert not tables
    assert rest == lines


def test_a_table_with_other_columns_below_is_another_table():
    below = [
        line(f"b{row}{column}", 50 + 60 * column, 200 + 20 * row) for row in range(3) for column in range(4)
    ]
    found = cells([*grid(3, 2), *below])
    assert [len(table[0]) for table in found] == [2, 4]


def test_what_stands_around_a_table_stays_text():
    title, note = line("Rated currents of the series", 50, 60), line("All values at 40 degrees", 50, 240)
    tables, rest = aligned_tables.split([title, *grid(3, 3), note])
    assert len(tables) == 1
    assert rest == [title, note]
