"""OpenDocument: texts, and the slides and sheets of its siblings, through the tables and lists of their XML."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ingest.errors import UnreadableFileError
from ingest.parsers import opened
from ingest.parsers.archives import check_archive
from ingest.parsers.tables import Cell, table_blocks
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, ParsedFile, Part

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _OFFICE = (_NAMESPACE % name for name in ("text", "table", "office"))
_DRAW, _STYLE = (_NAMESPACE % name for name in ("drawing", "style"))
_XLINK, _DC = "{http://www.w3.org/1999/xlink}", "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = frozenset(
    {
        f"{_TEXT}{name}"
        for name in ("tracked-changes", "table-of-content", "alphabetical-index", "sequence-decls")
    }
    | {f"{_OFFICE}annotation", f"{_OFFICE}forms"}
)
_CODE = ("code", "preformatted", "listing", "source")
_MOST_REPEATED = 50  # empty columns and rows are stored once with a count that may be a million


def parse(path: Path) -> ParsedFile:
    """The body of a document. Raises UnreadableFileError `broken_odt`, `zip_bomb`, `no_text`."""
    check_archive(path, broken="broken_odt")
    try:
        with zipfile.ZipFile(path) as archive:
            content = opened.xml(opened.member(archive, "content.xml"), broken="broken_odt")
            title = _title(archive)
    except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableFileError("broken_odt", type(error).__name__) from error
    body = content.find(f"{_OFFICE}body")
    blocks = tuple(_Reader(content).blocks(body)) if body is not None else ()
    if not blocks:
        raise UnreadableFileError("no_text")
    return ParsedFile(blocks=blocks, title=title)


def _title(archive: zipfile.ZipFile) -> str | None:
    try:
        meta = opened.xml(opened.member(archive, "meta.xml"), broken="broken_odt")
    except KeyError:
        return None
    found = meta.find(f".//{_DC}title")
    return squeeze(found.text or "") or None if found is not None else None


class _Reader:
    """Walks the content; knows which of its own style names stand for code."""

    def __init__(self, content: Element) -> None:
        parents = {
            style.get(f"{_STYLE}name", ""): style.get(f"{_STYLE}parent-style-name", "")
            for style in content.iter(f"{_STYLE}style")
        }
        self._code = {
            name for name, parent in parents.items() if any(mark in parent.lower() for mark in _CODE)
        }

    def blocks(self, node: Element) -> Iterator[Block]:
        """The blocks below a node, neighbouring lines of code as one listing."""
        run: list[str] = []
        for block in self._walk(node):
            if block.kind is BlockKind.CODE:
                run.append(block.text)
                continue
            yield from _listing(run)
            run = []
            yield block
        yield from _listing(run)

    def _walk(self, node: Element) -> Iterator[Block]:
        for child in node:
            if child.tag in _SKIPPED:
                continue
            if child.tag == f"{_TEXT}h":
                yield from _heading(child)
            elif child.tag == f"{_TEXT}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_TEXT}list":
                yield from _list(child)
            elif child.tag == f"{_TABLE}table":
                yield from self._table(child)
            else:
                yield from self._walk(child)

    def _paragraph(self, node: Element) -> Iterator[Block]:
        text, markdown = _inline(node)
        style = node.get(f"{_TEXT}style-name", "")
        if style in self._code or any(mark in style.lower() for mark in _CODE):
            yield Block(kind=BlockKind.CODE, text=clean("".join(_letters(node))), markdown="")
        elif text:
            yield Block(kind=BlockKind.TEXT, text=text, markdown=markdown)
        for box in node.iter(f"{_DRAW}text-box"):
            yield from self._walk(box)

    def _table(self, node: Element) -> Iterator[Block]:
        name = node.get(f"{_TABLE}name", "")
        header = sum(len(list(_rows(head))) for head in node.iter(f"{_TABLE}table-header-rows"))
        rows = [[_cell(cell) for cell in _cells(row)] for row in _rows(node)]
        found = list(table_blocks(rows, header_rows=header or None))
        if found and name and not name.lower().startswith(("table", "表", "sheet", "工作表")):
            yield Block(kind=BlockKind.HEADING, text=name, markdown=escape_markdown(name), level=2)
        yield from found


def _listing(lines: list[str]) -> Iterator[Block]:
    code = "\n".join(lines).strip("\n")
    if code:
        yield Block(kind=BlockKind.CODE, text=code, markdown=f"```\n{code}\n```")


def _heading(node: Element) -> Iterator[Block]:
    text, markdown = _inline(node)
    level = node.get(f"{_TEXT}outline-level", "1")
    if text:
        level_number = min(int(level), 6) if level.isdigit() else 1
        yield Block(kind=BlockKind.HEADING, text=squeeze(text), markdown=markdown, level=max(level_number, 1))


def _list(node: Element) -> Iterator[Block]:
    parts = tuple(_items(node, 0))
    if parts:
        text, markdown = "\n".join(part.text for part in parts), "\n".join(part.markdown for part in parts)
        yield Block(kind=BlockKind.LIST, text=text, markdown=markdown, parts=parts)


def _items(node: Element, depth: int) -> Iterator[Part]:
    for item in node:
        if item.tag not in {f"{_TEXT}list-item", f"{_TEXT}list-header"}:
            continue
        for child in item:
            if child.tag == f"{_TEXT}list" and depth < 8:
                yield from _items(child, depth + 1)
            elif child.tag in {f"{_TEXT}p", f"{_TEXT}h"}:
                text, markdown = _inline(child)
                if text:
                    yield Part(f"{'  ' * depth}- {text}", f"{'  ' * depth}- {markdown}")


def _rows(table: Element) -> Iterator[Element]:
    for child in table:
        if child.tag == f"{_TABLE}table-row":
            yield child
        elif child.tag in {
            f"{_TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group")
        }:
            yield from _rows(child)


def _cells(row: Element) -> Iterator[Element]:
    for cell in row:
        if cell.tag == f"{_TABLE}table-cell":
            times = _number(cell, "number-columns-repeated")
            filled = next(cell.iter(f"{_TEXT}p"), None) is not None
            for _ in range(min(times, _MOST_REPEATED if filled else 1)):
                yield cell


def _cell(cell: Element) -> Cell:
    shown = [_inline(part) for part in cell.iter(f"{_TEXT}p")]
    text, markdown = "\n".join(text for text, _ in shown), "\n".join(markdown for _, markdown in shown)
    across, down = (_number(cell, name) for name in ("number-columns-spanned", "number-rows-spanned"))
    return Cell(text, markdown, min(across, _MOST_REPEATED), min(down, _MOST_REPEATED))


def _number(node: Element, name: str) -> int:
    value = node.get(f"{_TABLE}{name}", "1")
    return max(1, int(value)) if value.isdigit() else 1


def _letters(node: Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        if child.tag == f"{_TEXT}s":
            yield " " * min(int(child.get(f"{_TEXT}c", "1") or 1), 200)
        elif child.tag == f"{_TEXT}tab":
            yield "\t"
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag not in _SKIPPED and child.tag not in {f"{_TEXT}note", f"{_DRAW}frame"}:
            yield from _letters(child)
        yield child.tail or ""


def _inline(node: Element) -> tuple[str, str]:
    """The words of a paragraph as indexed and, with its links, as shown."""
    lines = [squeeze(line) for line in clean("".join(_letters(node))).split("\n")]
    text = "\n".join(line for line in lines if line)
    markdown = escape_markdown(text).replace("\n", "  \n")
    for link in node.iter(f"{_TEXT}a"):
        address, words = link.get(f"{_XLINK}href", ""), escape_markdown(squeeze("".join(_letters(link))))
        if words and address.startswith(("http://", "https://")):
            target = address.replace(" ", "%20").replace(")", "%29")
            markdown = markdown.replace(words, f"[{words}]({target})", 1)
    return text, markdown
