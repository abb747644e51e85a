"""Tables in CSV and Excel files: FAQ tables become entries, other tables stay tables."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ingest.errors import UnreadableFileError
from ingest.parsers.archives import check_archive
from ingest.parsers.plain import decode
from ingest.parsers.tables import Cell, table_blocks
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, FaqEntry, ParsedFile

_COLUMNS = {
    "question": {"question", "questions", "q", "问题", "问", "提问", "标准问题", "标准问", "常见问题"},
    "answer": {"answer", "answers", "a", "答案", "回答", "答", "答复", "解答", "标准答案"},
    "product": {"product", "products", "产品", "产品名称", "产品型号", "产品线"},
    "audience": {"audience", "audiences", "受众", "可见范围", "对象", "读者"},
    "lang": {"language", "lang", "语言", "语种"},
    "id": {"id", "key", "编号", "序号id", "标识"},
}
# "Customer question", "问题描述"; but a table of question types or of how many there are is a plain table.
_ASKS = re.compile(
    r"^[^,，。?？]{0,16}(?:\bquestions?$|问题(?:描述|内容|标题|正文)?$)|^questions?\b(?!.*\b(?:types?|ids?|no|number|count)\b)"
)
_REMEDY = re.compile(
    r"原因|处理|解决|对策|措施|cause|remed|solution|fix|action"
)  # a table of faults is no FAQ
_MAX_CELLS = 2_000_000
_HEADER_WITHIN = 5  # rows above the header may hold a title or a note


def parse_csv(raw: bytes) -> ParsedFile:
    """A FAQ table or a plain table. Raises UnreadableFileError `bad_faq_table`, `bad_encoding`."""
    text = decode(raw).lstrip("\ufeff")
    csv.field_size_limit(10_000_000)
    try:
        rows = [list(row) for row in csv.reader(io.StringIO(text, newline=""), _dialect(text))]
    except csv.Error as error:
        raise UnreadableFileError("broken_table", str(error)) from error
    return _parsed([("", rows)])


def _dialect(text: str) -> type[csv.Dialect]:
    first = text.partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t|", key=lambda sign: (first.count(sign), sign == ","))

    return Found


def parse_xlsx(path: Path) -> ParsedFile:
    """Every visible sheet. Raises UnreadableFileError `broken_table`, `zip_bomb`, `bad_faq_table`."""
    check_archive(path, broken="broken_table")
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on styles and extensions concern nobody here
            with path.open("rb") as file:  # a path without .xlsx at its end would be refused
                book = load_workbook(file, read_only=False, data_only=True, keep_links=False)
            sheets = [
                (str(sheet.title), _sheet_rows(sheet))
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            ]
    except UnreadableFileError:
        raise
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise UnreadableFileError("broken_table", type(error).__name__) from error
    return _parsed(sheets)


def _sheet_rows(sheet: Any) -> list[list[str]]:
    if sheet.max_row * sheet.max_column > _MAX_CELLS:
        raise UnreadableFileError("too_large", f"{sheet.max_row} x {sheet.max_column} cells")
    rows = [[_shown(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for area in sheet.merged_cells.ranges:
        value = rows[area.min_row - 1][area.min_col - 1]
        for row in range(area.min_row - 1, min(area.max_row, len(rows))):
            for column in range(area.min_col - 1, min(area.max_col, len(rows[row]))):
                rows[row][column] = rows[row][column] or value
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time().isoformat() == "00:00:00" else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(round(value, 10)) if isinstance(value, float) else str(value)


def _parsed(sheets: Sequence[tuple[str, list[list[str]]]]) -> ParsedFile:
    entries: list[FaqEntry] = []
    blocks: list[Block] = []
    filled = [(name, rows) for name, rows in sheets if any(any(cell.strip() for cell in row) for row in rows)]
    if not filled:
        raise UnreadableFileError("empty_file")
    for name, rows in filled:
        found = _faq_header(rows)
        if found is None:
            heading = [_heading(name)] if name and len(filled) > 1 else []
            blocks += [*heading, *table_blocks([[Cell.plain(clean(cell)) for cell in row] for row in rows])]
            continue
        start, columns = found
        entries += _entries(rows[start + 1 :], columns)
    if not entries and not blocks:
        raise UnreadableFileError("bad_faq_table", "no row has both a question and an answer")
    return ParsedFile(entries=tuple(entries), blocks=tuple(blocks), may_be_faq=False)


def _heading(name: str) -> Block:
    return Block(kind=BlockKind.HEADING, text=name, markdown=escape_markdown(name), level=2)


def _faq_header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]] | None:
    """Where the header stands and which column holds what; None for a table that is no FAQ table.

    Raises UnreadableFileError `bad_faq_table` for one that asks questions and has no column of answers.
    """
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            name = re.sub(r"[\s*：:（(].*$", "", squeeze(cell).lower())
            for field, names in _COLUMNS.items():
                if name in names and field not in columns:
                    columns[field] = place
        if {"question", "answer"} <= columns.keys():
            return index, columns
        if {"question", "answer"} & columns.keys() and len(columns) > 1:
            raise UnreadableFileError("bad_faq_table", f"found only {', '.join(sorted(columns))}")
    header = next((row for row in rows if any(cell.strip() for cell in row)), [""])
    asks = _ASKS.search(squeeze(header[0]).lower())
    if asks and not any(_REMEDY.search(squeeze(cell).lower()) for cell in header):
        raise UnreadableFileError("bad_faq_table", f"found only {squeeze(header[0])[:40]}")
    return None


def _entries(rows: Sequence[Sequence[str]], columns: dict[str, int]) -> Iterator[FaqEntry]:
    for row in rows:
        cells = {
            field: clean(row[place]).strip() if place < len(row) else "" for field, place in columns.items()
        }
        if cells["question"] and cells["answer"]:
            yield FaqEntry(
                question=squeeze(cells["question"]),
                answer=tuple(_answer(cells["answer"])),
                product=cells.get("product") or None,
                audience=cells.get("audience") or None,
                lang=cells.get("lang") or None,
                id=cells.get("id") or None,
            )


def _answer(text: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = "\n".join(line.rstrip() for line in paragraph.strip().split("\n"))
        if lines:
            yield Block(
                kind=BlockKind.TEXT, text=lines, markdown=escape_markdown(lines).replace("\n", "  \n")
            )
