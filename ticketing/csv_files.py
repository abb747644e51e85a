"""Tables as spreadsheets write and read them: any of Excel's encodings in, and nothing that runs out.

A cell that a spreadsheet would run as a formula is written with an apostrophe before it, which it shows as text;
reading takes the apostrophe away again, so that what was written comes back as it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ticketing.errors_directory import TableUnreadableError

MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_CELL_CHARS = 4_000
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"


def decode(raw: bytes) -> str:
    """The text of a file: UTF-8 and UTF-16 by their marks, else UTF-8, else the Chinese Windows encoding.

    Raises TableUnreadableError.
    """
    is_wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.removeprefix(_BOM)
    raise TableUnreadableError("encoding", "save the table as CSV UTF-8")


def read(raw: bytes) -> list[dict[str, str]]:
    """The rows of a table by the names of its columns, blank rows left out. Separated by comma, semicolon or tab.

    Raises TableUnreadableError.
    """
    text = decode(raw)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True))
    except csv.Error as error:
        raise TableUnreadableError("quotes", f"the table breaks off: {error}") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise TableUnreadableError("empty", "there is no row with the names of the columns")
    head, body = [cell.strip() for cell in rows[0]], rows[1:]
    _check_size(head, body)
    return [dict(zip(head, [_shown(cell) for cell in row], strict=False)) for row in body]


def _separator(text: str) -> str:
    first = text.splitlines()[0] if text else ""
    return max((",", ";", "\t"), key=first.count)


def _check_size(head: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    if len(head) > MAX_COLUMNS or len(set(head)) != len(head):
        raise TableUnreadableError("columns", f"at most {MAX_COLUMNS} columns, each named once")
    if len(body) > MAX_ROWS:
        raise TableUnreadableError("too_many_rows", f"at most {MAX_ROWS} rows at a time; cut the table")
    for number, row in enumerate(body, start=2):
        if len(row) > len(head):
            raise TableUnreadableError("cells", f"row {number} has more cells than there are columns")
        if any(len(cell) > MAX_CELL_CHARS for cell in row):
            raise TableUnreadableError(
                "cells", f"row {number} has a cell of over {MAX_CELL_CHARS} characters"
            )


def _shown(cell: str) -> str:
    """The cell as it was before it was made safe."""
    is_guarded = len(cell) > 1 and cell[0] == "'" and (cell[1] in _STARTS_FORMULA or cell[1] == "'")
    return cell[1:] if is_guarded else cell


def write(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table that spreadsheets open with the right letters and without running any of it."""
    out = io.StringIO(newline="")
    made = csv.writer(out)
    made.writerow(head)
    for row in rows:
        made.writerow([guarded("" if cell is None else str(cell)) for cell in row])
    return (_BOM + out.getvalue()).encode()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith((*_STARTS_FORMULA, "'")) else cell
