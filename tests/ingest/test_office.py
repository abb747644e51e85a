"""DOCX, XLSX and CSV, made here with the libraries that read them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import pytest
from openpyxl import Workbook

from ingest.errors import UnreadableFileError
from ingest.parsers import docx as word
from ingest.parsers import faq_tables
from ingest.types import BlockKind


def test_a_word_file_keeps_headings_lists_and_tables_in_order(tmp_path):
    document = docx.Document()
    document.add_heading("安装手册", 0)
    document.add_heading("接线", 1)
    document.add_paragraph("先断电。")
    document.add_paragraph("拆下盖板", style="List Bullet")
    document.add_paragraph("接地", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["端子", "功能", "R", "电源"], strict=True
    ):
        cell.text = text
    document.add_paragraph("完成。")
    path = tmp_path / "a.docx"
    document.save(str(path))
    blocks = word.parse(path).blocks
    assert [(str(block.kind), block.text) for block in blocks] == [
        ("heading", "安装手册"),
        ("heading", "接线"),
        ("text", "先断电。"),
        ("list", "- 拆下盖板\n- 接地"),
        ("table", "端子: R; 功能: 电源"),
        ("text", "完成。"),
    ]
    assert [block.level for block in blocks if block.kind is BlockKind.HEADING] == [1, 1]


def test_a_broken_word_file_and_a_zip_bomb_have_codes(tmp_path):
    broken, bomb = tmp_path / "broken.docx", tmp_path / "bomb.docx"
    broken.write_bytes(b"PK\x03\x04 nonsense")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (60 * 2**20))
    for path, code in ((broken, "broken_docx"), (bomb, "zip_bomb")):
        with pytest.raises(UnreadableFileError) as caught:
            word.parse(path)
        assert caught.value.code == code


def excel(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_faq_workbook_with_chinese_headers_under_a_title_gives_entries(tmp_path):
    rows = [
        ["售后问答"],
        ["问题", "答案", "产品", "受众", "语言"],
        ["多重？", "1.8 kg。\n不含包装。", "YLD300", "tier:vip", "中文"],
        ["没有答案？", None],
    ]
    found = faq_tables.parse_xlsx(excel(tmp_path / "faq.xlsx", rows)).entries
    assert [
        (entry.question, entry.answer[0].text, entry.product, entry.audience, entry.lang) for entry in found
    ] == [("多重？", "1.8 kg。\n不含包装。", "YLD300", "tier:vip", "中文")]


def test_another_table_stays_a_table_with_its_numbers_as_shown(tmp_path):
    block = faq_tables.parse_xlsx(
        excel(tmp_path / "t.xlsx", [["Model", "Current"], ["T4", 9.0], ["T5", 13.5]])
    ).blocks[0]
    assert block.text == "Model: T4; Current: 9\nModel: T5; Current: 13.5"


@pytest.mark.parametrize(
    "raw",
    ["question,answer\nWhy?,Because.\n", "问题;答案\nWhy?;Because.\n", "Question\tAnswer\nWhy?\tBecause.\n"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_faq_csv_is_read_with_any_separator_and_encoding(raw, encoding):
    entry = faq_tables.parse_csv(raw.encode(encoding)).entries[0]
    assert (entry.question, entry.answer[0].text) == ("Why?", "Because.")


@pytest.mark.parametrize("raw", ["question,product\nWhy?,A\n", "question,answer\n,\nWhy?,\n"])
def test_a_faq_table_without_answers_is_refused(raw):
    with pytest.raises(UnreadableFileError) as caught:
        faq_tables.parse_csv(raw.encode())
    assert caught.value.code == "bad_faq_table"


def test_a_broken_workbook_has_a_code(tmp_path):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<no")
    with pytest.raises(UnreadableFileError) as caught:
        faq_tables.parse_xlsx(path)
    assert caught.value.code == "broken_table"


@pytest.mark.parametrize(
    "header", ["question,foo", "问题,备注", "Customer question,owner", "问题描述,产品线", "Questions,Remark"]
)
def test_a_table_that_asks_without_a_column_of_answers_is_refused(header):
    with pytest.raises(UnreadableFileError) as caught:
        faq_tables.parse_csv(f"{header}\n怎么清零,x\n".encode())
    assert caught.value.code == "bad_faq_table"


@pytest.mark.parametrize(
    "header",
    ["foo,bar", "问题类型,数量", "问题,原因,处理方法", "question type,count", "型号,问题", "Model,Price"],
)
def test_other_tables_stay_tables(header):
    blocks = faq_tables.parse_csv(f"{header}\na,b\n".encode()).blocks
    assert [str(block.kind) for block in blocks] == ["table"]
