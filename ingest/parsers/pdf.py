"""PDF: text in reading order with page and box, headings by outline and font, ruled tables with their cells.

Pages that are pictures are read by text recognition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

from ingest import paging
from ingest.errors import UnreadableFileError
from ingest.parsers import pdf_blocks, pdf_layout, pdf_lines, pdf_tables, scans
from ingest.parsers.pdf_blocks import Outline
from ingest.parsers.pdf_lines import Line
from ingest.parsers.pdf_tables import PageTable
from ingest.parsers.scans import ScannedPage
from ingest.text import squeeze
from ingest.types import ParsedFile
from kb.types import ArticleKind

_PASSWORD = pdfium.FPDF_ERR_PASSWORD
_UNTITLED = (
    "untitled",
    "microsoft word",
    "无标题",
    "文档",
    "document",
    "幻灯片",
    "输入标题",
    "标题",
    "powerpoint",
    "slide ",
)
_MAX_LINES = 400_000  # of one file; more is not text for people


@dataclass(frozen=True)
class _Page:
    lines: list[Line]
    tables: list[PageTable]
    height: float
    width: float
    scan: ScannedPage | None = None


def parse(
    path: Path, *, max_pages: int, passwords: Sequence[str] = (), reads_pictures: bool = True
) -> ParsedFile:
    """The text of a PDF.

    Raises UnreadableFileError `encrypted_pdf`, `wrong_password`, `broken_pdf`, `too_many_pages`, `no_text`,
    `pictures_only`.
    """
    document = _open(path, passwords)
    try:
        count = len(document)
        if count > max_pages:
            raise UnreadableFileError("too_many_pages", str(count))
        pages = _read_pages(document, count, reads_pictures=reads_pictures)
        outline = _outline(document)
        title = _title(document)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise UnreadableFileError("broken_pdf", str(error)) from error
    finally:
        document.close()
    blocks = _blocks(pages, outline)
    if not blocks or not _is_legible(pages):
        raise UnreadableFileError("no_text" if reads_pictures else "pictures_only", f"{count} pages")
    return ParsedFile(
        blocks=tuple(blocks),
        title=title,
        pages=count,
        kind=ArticleKind.GUIDE,
        may_be_faq=True,
    )


def _open(path: Path, passwords: Sequence[str]) -> Any:
    with path.open("rb") as file:
        if b"%PDF" not in file.read(2048):
            raise UnreadableFileError("broken_pdf", "no PDF header")
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(path, password=password)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) != _PASSWORD and "password" not in str(error).lower():
                raise UnreadableFileError("broken_pdf") from error
    raise UnreadableFileError("wrong_password" if passwords else "encrypted_pdf")


def _read_pages(document: Any, count: int, *, reads_pictures: bool) -> list[_Page]:
    pages: list[_Page] = []
    broken = total = 0
    for index in range(count):
        if not paging.begin(index + 1, count):
            pages.append(_Page([], [], 1.0, 1.0))
            continue
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            broken += 1
            pages.append(_Page([], [], 1.0, 1.0))
            continue
        pages.append(_read_page(page, index + 1, reads_pictures=reads_pictures))
        page.close()
        total += len(pages[-1].lines)
        if total > _MAX_LINES:
            raise UnreadableFileError("too_large", f"{total} lines of text")
    if broken == count:  # also when there is none
        raise UnreadableFileError("broken_pdf", "no readable page")
    return pages


def _read_page(page: Any, number: int, *, reads_pictures: bool) -> _Page:
    written = _written(page, number)
    legible = _is_legible([written]) or not written.lines
    if not scans.needs_reading(page, written.lines, legible=legible):
        return written
    if not reads_pictures:
        return written if legible else replace(written, lines=[], tables=[])
    scan = scans.read_page(page, number)
    if legible and len(scan.lines) + len(scan.tables) <= len(written.lines):
        return written
    return _Page(scan.lines, scan.tables, scan.height, scan.width, scan)


def _written(page: Any, number: int) -> _Page:
    """What the file itself says stands on the page."""
    frame = pdf_lines.frame_of(page)
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        lines = list(pdf_lines.lines_of(textpage, frame, number))
        tables = pdf_tables.tables_of(page, textpage, frame, number) if lines else []
        lines = [line for line in lines if not any(_is_within(line, table) for table in tables)]
        lines = pdf_lines.split_columns(lines, textpage, frame)
    finally:
        textpage.close()
    return _Page(lines, tables, height, width)


def _is_within(line: Line, table: PageTable) -> bool:
    middle = (line.box[1] + line.box[3]) / 2
    across = (line.box[0] + line.box[2]) / 2
    left, top, right, bottom = table.box
    return top - 1 <= middle <= bottom + 1 and left - 1 <= across <= right + 1


def _outline(document: Any) -> Outline:
    entries: list[tuple[str, int, int]] = []
    try:
        for item in document.get_toc(max_depth=6):
            destination = item.get_dest()
            page = destination.get_index() if destination is not None else None
            title = squeeze(item.get_title() or "")
            if page is not None and title:
                entries.append((title, item.level + 1, page + 1))
            if len(entries) >= 5000:
                break
    except (pypdfium2.PdfiumError, RecursionError):
        return Outline([])
    return Outline(entries)


def _title(document: Any) -> str | None:
    title = squeeze(str(document.get_metadata_value("Title") or ""))
    is_name = title.lower().endswith((".doc", ".docx", ".pdf", ".indd", ".ppt", ".tex", ".dvi", ".qxd"))
    if len(title) < 3 or is_name or title.lower().startswith(_UNTITLED) or not title.isprintable():
        return None
    return title


def _is_legible(pages: Sequence[_Page]) -> bool:
    """Whether the letters mean something: fonts without a code table give nothing but signs."""
    lines = (line.text for page in pages for line in page.lines)
    cells = (cell.text for page in pages for table in page.tables for row in table.rows for cell in row)
    counted = [_letters(text) for text in (*islice(lines, 300), *islice(cells, 300))]
    letters, strange = (sum(column) for column in zip(*counted, strict=True)) if counted else (0, 0)
    return letters > 0 and strange <= 0.3 * letters


def _letters(text: str) -> tuple[int, int]:
    """How many letters a line has, and how many of them mean nothing."""
    if text.isprintable() and "\ufffd" not in text:  # private signs and controls are not printable
        return len(text), 0
    letters = [sign for sign in text if not sign.isspace()]
    return len(letters), sum(sign == "\ufffd" or not sign.isprintable() for sign in letters)


def _blocks(pages: Sequence[_Page], outline: Outline) -> list[Any]:
    ordered = [pdf_layout.in_reading_order(page.lines, page.width) for page in pages]
    kept = pdf_layout.without_running_lines(ordered, [page.height for page in pages])
    builder = pdf_blocks.Builder(outline, kept)
    for lines, page in zip(kept, pages, strict=True):
        builder.add_page(lines, page.tables)
    turned = {
        number: page.scan for number, page in enumerate(pages, start=1) if page.scan and page.scan.turned
    }
    return scans.turned_back(builder.blocks(), turned) if turned else builder.blocks()
