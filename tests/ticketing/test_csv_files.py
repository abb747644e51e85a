"""Tables come in whatever encoding Excel chose, and go out so that no spreadsheet runs what a customer wrote."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing import csv_files
from ticketing.errors_directory import TableUnreadableError

TABLE = "公司,姓名\n海岚水务,顾文博\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("gb18030"),
        TABLE.encode("gbk"),
        codecs.BOM_UTF16_LE + TABLE.replace(",", "\t").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
        TABLE.replace(",", ";").replace("\n", "\r\n").encode(),
    ],
)
def test_a_table_reads_the_same_in_every_encoding_excel_writes(raw: bytes) -> None:
    assert csv_files.read(raw) == [{"公司": "海岚水务", "姓名": "顾文博"}]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b\n\x00,1\n", "encoding"),
        (b"\xff\xff\xff", "encoding"),
        (b"\xff\xfe\x00", "encoding"),
        (b"a,a\n1,2\n", "columns"),
        (b"a\n1,2\n", "cells"),
        (b"a\n" + b"x" * 4001, "cells"),
        (b"a\n" + b"x\n" * 5001, "too_many_rows"),
        (b'a\n"open', "quotes"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(TableUnreadableError) as caught:
        csv_files.read(raw)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "cell", ["=1+1", "+86 1", "-1", "@SUM(A1)", "\tx", "\rx", "＝cmd", "'=x", '=HYPERLINK("x")']
)
def test_a_cell_a_spreadsheet_would_run_is_written_as_text_and_comes_back_as_it_was(cell: str) -> None:
    raw = csv_files.write(["name"], [[cell]])
    written = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1][0]
    assert written.startswith("'")
    assert csv_files.read(raw) == [{"name": cell}]


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_what_is_written_reads_back(rows: list[tuple[str, str]]) -> None:
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    text = "".join(cell for row in kept for cell in row)
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        return
    read = csv_files.read(csv_files.write(["a", "b"], kept))
    assert [(one["a"], one["b"]) for one in read] == kept


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_being_refused(raw: bytes) -> None:
    try:
        csv_files.read(raw)
    except TableUnreadableError:
        return
