"""Tables of any origin to blocks: every row can be found with its headers and is shown as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.text import escape_markdown, squeeze
from ingest.types import Block, BlockKind, Box, Part

_NUMBER = re.compile(r"(?=.*\d)[\s\d.,%+\-−–/~～≤≥<>=()（）:：]*[a-zA-Z°℃%Ω]{0,4}")


@dataclass(frozen=True)
class Cell:
    """A cell as indexed and as shown; a cell that spans says over how many."""

    text: str
    markdown: str
    columns: int = 1
    rows: int = 1

    @classmethod
    def plain(cls, text: str) -> Cell:
        return cls(text, escape_markdown(text))


_EMPTY = Cell("", "")


def table_blocks(
    rows: Sequence[Sequence[Cell]],
    *,
    header_rows: int | None = None,
    page: int | None = None,
    box: Box | None = None,
) -> Iterator[Block]:
    """One table block, or a list where the table is only one column of text; none for an empty table.

    `header_rows` None asks to guess whether the first row is a header.
    """
    grid = _without_empty(_spread(rows))
    while len(grid) > 2 and len(grid[0]) > 1 and len(_distinct(grid[0])) == 1:
        # A first row that says one thing across the table is its title.
        title = next(cell for cell in grid[0] if cell.text.strip())
        yield Block(
            kind=BlockKind.TEXT, text=squeeze(title.text), markdown=title.markdown.strip(), page=page, box=box
        )
        grid = _without_empty(grid[1:])
        header_rows = header_rows - 1 if header_rows else None
    if not grid:
        return
    if len(grid[0]) == 1:
        text = "\n".join(row[0].text for row in grid)
        markdown = "\n\n".join(row[0].markdown for row in grid)
        yield Block(kind=BlockKind.TEXT, text=text, markdown=markdown, page=page, box=box)
        return
    count = _guess_header(grid) if header_rows is None else min(header_rows, len(grid))
    heads = _joined_heads(grid[:count], len(grid[0]))
    body = grid[count:]
    if not body:
        heads, body = [_EMPTY] * len(grid[0]), grid
    parts = tuple(Part(_row_text(heads, row), _row_markdown(row)) for row in body)
    parts = tuple(part for part in parts if part.text)
    head = f"{_row_markdown(heads)}\n|{' --- |' * len(heads)}"
    yield Block(
        kind=BlockKind.TABLE,
        text="\n".join(part.text for part in parts),
        markdown="\n".join([head, *(part.markdown for part in parts)]),
        parts=parts,
        table_head=head,
        page=page,
        box=box,
    )


def _spread(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """A full grid: a spanning cell is repeated, so that each row can be read on its own."""
    grid: list[list[Cell]] = []
    hanging: dict[int, tuple[int, Cell]] = {}  # column → rows still to fill, cell
    for row in rows:
        line: list[Cell] = []
        waiting = list(row)
        while waiting or len(line) in hanging:
            column = len(line)
            if column in hanging:
                left, cell = hanging.pop(column)
                line.append(cell)
                if left > 1:
                    hanging[column] = left - 1, cell
                continue
            cell = waiting.pop(0)
            for offset in range(cell.columns):
                line.append(cell)
                if cell.rows > 1:
                    hanging[column + offset] = cell.rows - 1, cell
        grid.append(line)
    width = max((len(line) for line in grid), default=0)
    return [line + [_EMPTY] * (width - len(line)) for line in grid]


def _without_empty(grid: list[list[Cell]]) -> list[list[Cell]]:
    full = [line for line in grid if any(cell.text.strip() for cell in line)]
    if not full:
        return []
    kept = [index for index in range(len(full[0])) if any(line[index].text.strip() for line in full)]
    return [[line[index] for index in kept] for line in full]


def _distinct(row: Sequence[Cell]) -> set[str]:
    return {cell.text.strip() for cell in row} - {""}


def _guess_header(grid: list[list[Cell]]) -> int:
    first = [cell.text.strip() for cell in grid[0]]
    looks_like_names = (
        all(first) and len(set(first)) >= 0.5 * len(first) and all(len(text) <= 60 for text in first)
    )
    if len(grid) < 2 or not looks_like_names:
        return 0
    numbers_in_first = sum(bool(_NUMBER.fullmatch(text)) for text in first)
    return 1 if numbers_in_first <= len(first) // 3 else 0


def _joined_heads(rows: list[list[Cell]], width: int) -> list[Cell]:
    heads: list[Cell] = []
    for column in range(width):
        texts: list[str] = []
        for row in rows:
            text = squeeze(row[column].text)
            if text and text not in texts:
                texts.append(text)
        heads.append(Cell.plain(" ".join(texts)))
    return heads


def _row_text(heads: Sequence[Cell], row: Sequence[Cell]) -> str:
    shown: list[str] = []
    previous: Cell | None = None
    for head, cell in zip(heads, row, strict=True):
        text = squeeze(cell.text)
        if not text or (cell is previous and not head.text):
            continue
        label = head.text if head.text != text else ""
        shown.append(f"{label}: {text}" if label else text)
        previous = cell
    separator = "; " if any(head.text for head in heads) else " | "
    return separator.join(shown)


_BARE_BAR = re.compile(r"(?<!\\)\|")
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")


def _row_markdown(row: Sequence[Cell]) -> str:
    cells = (_BARE_BAR.sub(r"\\|", _LINE_BREAK.sub("<br>", cell.markdown.strip())) for cell in row)
    return f"| {' | '.join(cells)} |"
