"""Word documents: headings, lists, tables and code styles, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.errors import UnreadableFileError
from ingest.parsers.archives import check_archive
from ingest.parsers.tables import Cell, table_blocks
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, ParsedFile, Part

_HEADING = re.compile(r"(?:heading|标题|überschrift|titre)\s*(\d)", re.IGNORECASE)
_CODE = re.compile(r"code|listing|source|preformatted|macro", re.IGNORECASE)
_LIST = re.compile(r"list|列表|bullet", re.IGNORECASE)
_CONTENTS = re.compile(r"toc\s*\d|toc heading|目录|table of figures", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def parse(path: Path) -> ParsedFile:
    """The document's body. Raises UnreadableFileError `broken_docx`, `zip_bomb`, `no_text`."""
    check_archive(path, broken="broken_docx")
    import docx

    try:
        document = docx.Document(str(path))
        blocks = tuple(_grouped(_body(document)))
        title = squeeze(document.core_properties.title or "")
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise UnreadableFileError("broken_docx", type(error).__name__) from error
    if not blocks:
        raise UnreadableFileError("no_text")
    generic = {"", "word document", "document", "untitled", "文档"}
    return ParsedFile(blocks=blocks, title=None if title.lower() in generic else title)


def _body(document: Any) -> Iterator[Block]:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for element in document.element.body.iter(f"{_W}p", f"{_W}tbl"):
        if _is_inside_table(element):
            continue
        if element.tag == f"{_W}p":
            yield from _paragraph(Paragraph(element, document))
        else:
            yield from table_blocks(_rows(Table(element, document)), header_rows=_header_rows(element))


def _is_inside_table(element: Any) -> bool:
    return any(True for _ in element.iterancestors(f"{_W}tbl", f"{_W}txbxContent"))


def _paragraph(paragraph: Any) -> Iterator[Block]:
    style = str(paragraph.style.name) if paragraph.style is not None else ""
    text, markdown = _text(paragraph)
    if not text or _CONTENTS.match(style):
        return
    level = _heading_level(paragraph, style)
    if level:
        yield Block(kind=BlockKind.HEADING, text=squeeze(text), markdown=squeeze(markdown), level=level)
    elif _CODE.search(style):
        yield Block(kind=BlockKind.CODE, text=clean(paragraph.text), markdown="")
    elif _is_item(paragraph, style):
        depth = _depth(paragraph)
        pad = "  " * depth
        part = Part(f"{pad}- {text}", f"{pad}- {markdown}")
        yield Block(kind=BlockKind.LIST, text=part.text, markdown=part.markdown, parts=(part,))
    else:
        yield Block(kind=BlockKind.TEXT, text=text, markdown=markdown)


def _heading_level(paragraph: Any, style: str) -> int:
    if style == "Title":
        return 1
    named = _HEADING.match(style)
    if named:
        return min(int(named.group(1)) or 1, 6)
    properties = paragraph._p.pPr
    outline = properties.find(f"{_W}outlineLvl") if properties is not None else None
    value = outline.get(f"{_W}val") if outline is not None else None
    return int(value) + 1 if value is not None and value.isdigit() and int(value) < 6 else 0


def _numbering(paragraph: Any) -> Any:
    properties = paragraph._p.pPr
    return properties.numPr if properties is not None else None


def _is_item(paragraph: Any, style: str) -> bool:
    return _numbering(paragraph) is not None or bool(_LIST.search(style))


def _depth(paragraph: Any) -> int:
    numbering = _numbering(paragraph)
    level = numbering.ilvl if numbering is not None else None
    return min(int(level.val), 8) if level is not None and level.val is not None else 0


def _text(paragraph: Any) -> tuple[str, str]:
    """The paragraph's words as indexed and with links and emphasis as shown."""
    shown: list[str] = []
    for item in paragraph.iter_inner_content():
        piece = clean(item.text)
        marked = escape_markdown(piece)
        address = getattr(item, "address", "")
        if address and piece.strip() and str(address).startswith(("http://", "https://")):
            marked = f"[{marked.strip()}]({str(address).replace(' ', '%20').replace(')', '%29')})"
        elif getattr(item, "bold", False) and piece.strip() == piece and piece:
            marked = f"**{marked}**"
        shown.append(marked)
    lines = [squeeze(line) for line in clean(paragraph.text).split("\n")]
    markdown = "".join(shown).replace("****", "")
    return "\n".join(line for line in lines if line), "  \n".join(
        filter(None, map(squeeze, markdown.split("\n")))
    )


def _header_rows(table: Any) -> int | None:
    marked = 0
    for row in table.iterchildren(f"{_W}tr"):
        if row.find(f"{_W}trPr/{_W}tblHeader") is None:
            break
        marked += 1
    return marked or None


def _rows(table: Any) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for row in table.rows:
        # A cell that spans columns appears once per column and is the same element each time; a cell that spans
        # rows is found again below. Both read well repeated.
        found.append([Cell.plain(clean(cell.text).strip()) for cell in row.cells])
    return found


def _grouped(blocks: Iterator[Block]) -> Iterator[Block]:
    """Neighbouring items become one list, neighbouring code lines one listing."""
    run: list[Block] = []
    for block in blocks:
        if run and (block.kind is not run[0].kind or block.kind not in {BlockKind.LIST, BlockKind.CODE}):
            yield _merged(run)
            run = []
        run.append(block)
    if run:
        yield _merged(run)


def _merged(run: list[Block]) -> Block:
    first = run[0]
    if first.kind is BlockKind.CODE:
        code = "\n".join(block.text for block in run)
        return Block(kind=BlockKind.CODE, text=code, markdown=f"```\n{code}\n```")
    if first.kind is not BlockKind.LIST or len(run) == 1:
        return first
    return Block(
        kind=BlockKind.LIST,
        text="\n".join(block.text for block in run),
        markdown="\n".join(block.markdown for block in run),
        parts=tuple(part for block in run for part in block.parts),
    )
