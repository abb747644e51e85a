"""Parser processes against files that want to do harm."""

from __future__ import annotations

import json
import zipfile

import pytest

from ingest.reader import media_type_of
from ingest.sandbox import ParserPool
from ingest.types import Limits, ParseRequest


def outcome(pool: ParserPool, path, **more):
    pool.submit(
        "key", ParseRequest(path=str(path), uri=path.name, media_type=media_type_of(path.name), **more)
    )
    while True:
        for found in pool.outcomes(1.0):
            return found


@pytest.fixture
def pool():
    with ParserPool(workers=1, timeout_s=60, memory_mb=500) as made:
        yield made


def test_files_are_read_one_after_the_other_in_the_same_process(tmp_path, pool):
    for name in ("a.md", "b.rst", "c.html", "d.txt", "e.csv"):
        path = tmp_path / name
        path.write_text("question,answer\nWhy?,Because.\n")
        found = outcome(pool, path)
        assert found.error is None, name
        assert found.prepared.articles


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xyz", b"\0\1", "unsupported_format"),
        ("a.json", b"{}", "unsupported_format"),
        ("a.md", b"", "empty_file"),
        ("a.txt", b" \n ", "empty_file"),
        ("a.pdf", b"not a pdf", "broken_pdf"),
        ("a.docx", b"\xd0\xcf\x11\xe0 old word", "unsupported_format"),
        ("a.md", bytes(range(256)) * 10, "bad_encoding"),
    ],
)
def test_each_unreadable_file_ends_with_its_code_and_the_process_goes_on(tmp_path, pool, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert outcome(pool, path).error.code == code
    good = tmp_path / "good.md"
    good.write_text("Fine.")
    assert outcome(pool, good).prepared.articles[0].chunks[0].text == "Fine."


def test_a_file_that_takes_too_long_costs_only_itself(tmp_path):
    slow, good = tmp_path / "slow.md", tmp_path / "good.md"
    slow.write_text("[" * 20000 + "*a_ " * 200000)
    good.write_text("Fine.")
    with ParserPool(workers=1, timeout_s=1.5, memory_mb=800) as pool:
        assert outcome(pool, slow).error.code == "timeout"
    with ParserPool(workers=1, timeout_s=30, memory_mb=800) as pool:
        assert outcome(pool, good).error is None


def test_a_file_that_eats_memory_costs_only_itself(tmp_path):
    path, good = tmp_path / "big.xlsx", tmp_path / "good.md"
    good.write_text("Fine.")
    cell = "<c t='inlineStr'><is><t>" + "x" * 50 + "</t></is></c>"
    rows = ("<row>" + cell * 100 + "</row>") * 8000
    sheet = f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{rows}</sheetData></worksheet>"
    write_workbook(path, sheet, zipfile.ZIP_STORED)
    with ParserPool(workers=1, timeout_s=120, memory_mb=128) as pool:
        assert outcome(pool, path, limits=Limits(max_bytes=2**30)).error.code == "out_of_memory"
        assert outcome(pool, good).error is None


def write_workbook(path, sheet: str, compression: int) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f"<Types xmlns='{package}/content-types'><Override PartName='/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='r' Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='S' sheetId='1' r:id='s'/></sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='s' Type='{office}/worksheet' Target='worksheets/s.xml'/></Relationships>",
        )
        archive.writestr("xl/worksheets/s.xml", sheet)


def test_a_file_over_the_limit_is_not_opened(tmp_path, pool):
    path = tmp_path / "a.txt"
    path.write_text(json.dumps(list(range(1000))))
    assert outcome(pool, path, limits=Limits(max_bytes=1000)).error.code == "too_large"
