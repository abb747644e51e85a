"""PowerPoint: each slide is a page with its title as heading; text, lists, tables, notes, in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest import paging
from ingest.errors import UnreadableFileError
from ingest.parsers.archives import check_archive
from ingest.parsers.tables import Cell, table_blocks
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, Box, ParsedFile, Part

_POINT = 12_700  # of PowerPoint's units
_DEEPEST = 6  # groups inside groups
_ROW = 18.0  # points; shapes that begin this near to each other stand in one row
_GENERIC = frozenset(
    {"", "powerpoint presentation", "powerpoint 演示文稿", "presentation", "演示文稿", "slide 1"}
)


def parse(path: Path, *, max_pages: int) -> ParsedFile:
    """All visible slides. Raises UnreadableFileError `broken_pptx`, `zip_bomb`, `too_many_pages`, `no_text`."""
    check_archive(path, broken="broken_pptx")
    import pptx

    try:
        deck = pptx.Presentation(str(path))
        slides = list(deck.slides)
        if len(slides) > max_pages:
            raise UnreadableFileError("too_many_pages", str(len(slides)))
        blocks = tuple(
            block
            for number, slide in enumerate(slides, start=1)
            if paging.begin(number, len(slides)) and slide._element.get("show") != "0"
            for block in _slide(slide, number)
        )
        title = squeeze(deck.core_properties.title or "")
    except (MemoryError, RecursionError, UnreadableFileError):
        raise
    except Exception as error:
        raise UnreadableFileError("broken_pptx", type(error).__name__) from error
    if not blocks:
        raise UnreadableFileError("no_text")
    title = "" if title.lower() in _GENERIC else title
    return ParsedFile(blocks=blocks, title=title or _first_heading(blocks), pages=len(slides))


def _first_heading(blocks: Iterable[Block]) -> str | None:
    return next((block.text for block in blocks if block.kind is BlockKind.HEADING), None)


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    named = squeeze(clean(title.text_frame.text)) if title is not None else ""
    if named:
        yield Block(
            kind=BlockKind.HEADING,
            text=named,
            markdown=escape_markdown(named),
            level=2,
            page=number,
            box=_box(title),
        )
    shapes = [shape for shape in _flat(slide.shapes) if title is None or shape.shape_id != title.shape_id]
    for shape in sorted(shapes, key=_place):
        yield from _shape(shape, number)
    yield from _notes(slide, number)


def _notes(slide: Any, number: int) -> Iterator[Block]:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if frame is not None:
        for block in _paragraphs(frame, number, None):
            yield replace(block, box=None)


def _flat(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _DEEPEST:
            yield from _flat(shape.shapes, depth + 1)
        elif not _is_furniture(shape):
            yield shape


def _is_furniture(shape: Any) -> bool:
    """Whether it is a date, footer or slide number, the same on every slide."""
    if not shape.is_placeholder:
        return False
    from pptx.enum.shapes import PP_PLACEHOLDER as KIND

    return shape.placeholder_format.type in {KIND.DATE, KIND.FOOTER, KIND.SLIDE_NUMBER, KIND.HEADER}


def _place(shape: Any) -> tuple[float, float]:
    box = _box(shape) or (0.0, 0.0, 0.0, 0.0)
    return round(box[1] / _ROW), box[0]


def _box(shape: Any) -> Box | None:
    edges = shape.left, shape.top, shape.width, shape.height
    if any(edge is None for edge in edges):
        return None
    left, top, wide, high = (edge / _POINT for edge in edges)
    return round(left, 1), round(top, 1), round(left + wide, 1), round(top + high, 1)


def _shape(shape: Any, number: int) -> Iterator[Block]:
    if getattr(shape, "has_table", False):
        rows = [[_cell(cell) for cell in row.cells if not cell.is_spanned] for row in shape.table.rows]
        header = 1 if shape.table.first_row else None
        yield from table_blocks(rows, header_rows=header, page=number, box=_box(shape))
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape, number)
    elif shape.has_text_frame:
        yield from _paragraphs(shape.text_frame, number, _box(shape))


def _cell(cell: Any) -> Cell:
    shown = Cell.plain(clean(cell.text).replace("\v", "\n").strip())
    return (
        Cell(shown.text, shown.markdown, cell.span_width, cell.span_height) if cell.is_merge_origin else shown
    )


def _chart(shape: Any, number: int) -> Iterator[Block]:
    """The numbers behind a chart, one row for each category."""
    plot = next(iter(shape.chart.plots), None)
    if plot is None:
        return
    series = list(plot.series)
    rows = [["", *(str(one.name) for one in series)]]
    for place, category in enumerate(plot.categories):
        rows.append([str(category), *(_number(one.values, place) for one in series)])
    cells = [[Cell.plain(squeeze(clean(text))) for text in row] for row in rows]
    yield from table_blocks(cells, header_rows=1, page=number, box=_box(shape))


def _number(values: Any, place: int) -> str:
    value = values[place] if place < len(values) else None
    return "" if value is None else f"{value:g}"


def _paragraphs(frame: Any, number: int, box: Box | None) -> Iterator[Block]:
    """The paragraphs of a shape; several below each other are the points of a list."""
    lines = [
        (paragraph.level, squeeze(clean(paragraph.text.replace("\v", " ")))) for paragraph in frame.paragraphs
    ]
    lines = [(level, text) for level, text in lines if text]
    if len(lines) < 2:
        for _level, text in lines:
            yield Block(kind=BlockKind.TEXT, text=text, markdown=escape_markdown(text), page=number, box=box)
        return
    parts = tuple(
        Part(f"{'  ' * level}- {text}", f"{'  ' * level}- {escape_markdown(text)}") for level, text in lines
    )
    yield Block(
        kind=BlockKind.LIST,
        text="\n".join(part.text for part in parts),
        markdown="\n".join(part.markdown for part in parts),
        parts=parts,
        page=number,
        box=box,
    )
