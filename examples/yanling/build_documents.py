"""Build the Excel and Word files of the sample knowledge from their plain sources.

`sources/orders-and-service.csv` becomes `knowledge/faq/orders-and-service.xlsx`, every
`sources/guides/*.md` becomes `knowledge/guides/*.docx`. The output is the same byte for byte on
every run: archives carry one fixed date.

    python build_documents.py [--out DIRECTORY]
"""

import argparse
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from markdown_it import MarkdownIt
from markdown_it.token import Token
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

HERE = Path(__file__).parent
BUILT_AT = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
COLUMN_WIDTHS = {"question": 48, "answer": 96, "product": 10, "audience": 14, "language": 10}


def write_workbook(rows: Sequence[dict[str, str]], target: Path) -> None:
    """Write FAQ rows as a one-sheet workbook a content team would keep: header, filter, wrap."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "FAQ"
    sheet.append(list(COLUMN_WIDTHS))
    for row in rows:
        sheet.append([row[column] or None for column in COLUMN_WIDTHS])
    for number, width in enumerate(COLUMN_WIDTHS.values(), start=1):
        cell = sheet.cell(row=1, column=number)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B4F6C")
        sheet.column_dimensions[get_column_letter(number)].width = width
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    raw = io.BytesIO()
    book.save(raw)
    target.write_bytes(with_fixed_dates(raw.getvalue()))


def write_document(markdown: str, target: Path) -> None:
    """Write a guide as a Word file with real headings, lists and tables."""
    document = Document()
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    blocks = iter(tokens)
    for token in blocks:
        _add_block(document, token, blocks)
    document.core_properties.title = next(t.content for t in tokens if t.type == "inline")
    document.core_properties.author = "Yanling Controls"
    raw = io.BytesIO()
    document.save(raw)
    target.write_bytes(with_fixed_dates(raw.getvalue()))


def _add_block(document: DocumentType, token: Token, blocks: Iterator[Token]) -> None:
    if token.type == "heading_open":
        level = int(token.tag[1])
        document.add_heading(_plain(next(blocks)), level=level - 1)  # level 0 is Word's title
    elif token.type == "paragraph_open":
        document.add_paragraph(_plain(next(blocks)))
    elif token.type == "fence":
        document.add_paragraph(token.content.rstrip(), style="No Spacing")
    elif token.type == "table_open":
        _add_table(document, blocks)
    elif token.type in {"bullet_list_open", "ordered_list_open"}:
        _add_list(document, token, blocks)


def _add_list(document: DocumentType, opening: Token, blocks: Iterator[Token]) -> None:
    style = "List Number" if opening.type.startswith("ordered") else "List Bullet"
    for token in blocks:
        if token.type == "inline":
            document.add_paragraph(_plain(token), style=style)
        if token.type == opening.type.replace("open", "close"):
            return


def _add_table(document: DocumentType, blocks: Iterator[Token]) -> None:
    rows: list[list[str]] = []
    for token in blocks:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_plain(token))
        elif token.type == "table_close":
            break
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light Grid Accent 1")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text


def _plain(inline: Token) -> str:
    return "".join(
        child.content if child.type in {"text", "code_inline"} else " "
        for child in inline.children or []
        if child.type in {"text", "code_inline", "softbreak"}
    )


def with_fixed_dates(archive: bytes) -> bytes:
    """The same Office file with every time stamp set to `BUILT_AT`."""
    stamp = BUILT_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            data = old.read(name)
            if name == "docProps/core.xml":
                date = rb"(<dcterms:(created|modified)[^>]*>)[^<]*"
                data = re.sub(date, rb"\g<1>" + stamp.encode(), data)
            entry = zipfile.ZipInfo(name, BUILT_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return target.getvalue()


def build(out: Path) -> list[Path]:
    """Build all files under `out` (laid out like `knowledge/`) and return their paths."""
    workbook = out / "faq" / "orders-and-service.xlsx"
    workbook.parent.mkdir(parents=True, exist_ok=True)
    with (HERE / "sources" / "orders-and-service.csv").open(encoding="utf-8", newline="") as file:
        write_workbook(list(csv.DictReader(file)), workbook)
    built = [workbook]
    (out / "guides").mkdir(exist_ok=True)
    for source in sorted(HERE.glob("sources/guides/*.md")):
        target = out / "guides" / f"{source.stem}.docx"
        write_document(source.read_text("utf-8"), target)
        built.append(target)
    return built


def main() -> None:
    """Build into `knowledge/`, or elsewhere with --out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "knowledge")
    for path in build(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
