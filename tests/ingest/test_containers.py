"""Slides, OpenDocument, books, mail and archives, made here: what is read, what is refused, what costs only itself."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Pt

from ingest import formats, reader
from ingest.errors import UnreadableFileError
from ingest.parsers import archives, epub, mail, odt
from ingest.parsers import pptx as slides
from ingest.types import BlockKind, ParseRequest, Prepared

GUIDE = "# Earthing\n\nConnect the earth first.\n"


def read(path: Path, **more: object) -> Prepared:
    request = {"path": str(path), "uri": f"docs/{path.name}", "media_type": formats.media_type_of(path.name)}
    return reader.read(ParseRequest(**(request | more)))


def code_of(path: Path, **more: object) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        read(path, **more)
    return caught.value.code


def pack(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# ---- slides ---------------------------------------------------------------------------------------------


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "选型"
    table = slide.shapes.add_table(3, 2, Pt(60), Pt(200), Pt(300), Pt(90)).table
    for row, cells in enumerate((("Model", "Rated current"), ("YLD300-4T", "9.5 A"), ("YLD300-7T", "17 A"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    box = slide.shapes.add_textbox(Pt(60), Pt(140), Pt(300), Pt(40))
    box.text_frame.text = "先看电流，再看功率。"
    slide.notes_slide.notes_text_frame.text = "Ask for the load first."
    path = tmp_path / "deck.pptx"
    made.save(str(path))
    return path


def test_a_slide_is_a_page_read_from_top_to_bottom_with_boxes_and_notes(deck):
    parsed = slides.parse(deck, max_pages=9)
    assert [(str(block.kind), block.page) for block in parsed.blocks] == [
        ("heading", 1),
        ("text", 1),
        ("table", 1),
        ("text", 1),
    ]
    assert parsed.blocks[1].box == (60.0, 140.0, 360.0, 180.0)
    assert parsed.blocks[2].parts[1].text == "Model: YLD300-7T; Rated current: 17 A"
    assert parsed.blocks[3].text == "Ask for the load first."


# ---- OpenDocument ---------------------------------------------------------------------------------------

ODT = """<?xml version="1.0"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:text>
<text:h text:outline-level="1">接线</text:h>
<text:p>先断电<text:line-break/>再<text:span>接</text:span>线，见<text:a xlink:href="https://example.com/a">说明</text:a>。</text:p>
<text:list><text:list-item><text:p>拆下盖板</text:p><text:list><text:list-item><text:p>四颗螺钉</text:p></text:list-item></text:list></text:list-item></text:list>
<text:p text:style-name="Preformatted_20_Text">set  a=1</text:p>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>端子</text:p></table:table-cell>
<table:table-cell><text:p>功能</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell><text:p>R</text:p></table:table-cell><table:table-cell><text:p>电源</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="16000"/></table:table-row></table:table>
</office:text></office:body></office:document-content>"""


def opendocument(path: Path, content: str = ODT) -> Path:
    return pack(path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def test_an_opendocument_text_keeps_headings_lists_code_and_tables(tmp_path):
    blocks = odt.parse(opendocument(tmp_path / "a.odt")).blocks
    assert [(str(block.kind), block.text) for block in blocks] == [
        ("heading", "接线"),
        ("text", "先断电\n再接线，见说明。"),
        ("list", "- 拆下盖板\n  - 四颗螺钉"),
        ("code", "set  a=1"),
        ("table", "端子: R; 功能: 电源"),
    ]
    assert "[说明](https://example.com/a)" in blocks[1].markdown


def test_entities_in_office_xml_are_refused(tmp_path):
    bomb = ODT.replace(
        '<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]>'
    )
    path = opendocument(tmp_path / "a.odt", bomb.replace("先断电", "&b;"))
    assert code_of(path) == "zip_bomb"


# ---- books ----------------------------------------------------------------------------------------------


def book(path: Path, **more: str) -> Path:
    chapter = "<html><body><h1>{0}</h1><p>{1}</p></body></html>"
    return pack(
        path,
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<metadata><dc:title>Drive handbook</dc:title><dc:language>en</dc:language></metadata><manifest>"
            '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="first%20one.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "OPS/first one.xhtml": chapter.format("Safety", "Wait five minutes."),
            "OPS/two.xhtml": chapter.format("Wiring", "Use shielded cable."),
            **more,
        },
    )


def test_the_chapters_of_a_book_are_read_in_the_order_of_its_spine(tmp_path):
    parsed = epub.parse(book(tmp_path / "a.epub"))
    assert parsed.title == "Drive handbook"
    assert [block.text for block in parsed.blocks] == [
        "Safety",
        "Wait five minutes.",
        "Wiring",
        "Use shielded cable.",
    ]


def test_a_book_locked_by_its_shop_says_so(tmp_path):
    lock = '<encryption><a:CipherReference xmlns:a="x" URI="OPS/two.xhtml"/></encryption>'
    assert code_of(book(tmp_path / "a.epub", **{"META-INF/encryption.xml": lock})) == "locked_epub"


# ---- mail -----------------------------------------------------------------------------------------------


def message(body: str, *attached: tuple[str, bytes]) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = "回复: Re: 报警 E-203", "Li <li@example.com>"
    made.set_content(body)
    for name, content in attached:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


def test_a_mail_is_its_own_text_and_its_attachments_are_articles_of_their_own(tmp_path):
    path = tmp_path / "case.eml"
    made = message(
        "已更换风扇。\n\n> 旧内容\n\n-----Original Message-----\n早先的话", ("guide.md", GUIDE.encode())
    )
    path.write_bytes(made.as_bytes())
    prepared = read(path)
    assert [article.title for article in prepared.articles] == ["报警 E-203", "Earthing"]
    text = "\n".join(chunk.text for chunk in prepared.articles[0].chunks)
    assert "已更换风扇。" in text
    assert "li@example.com" in text
    assert "旧内容" not in text and "早先的话" not in text
    assert prepared.articles[1].chunks[0].locator.uri == "docs/case.eml/guide.md"


def test_an_attachment_nobody_can_read_costs_only_itself_and_is_named(tmp_path):
    path = tmp_path / "case.eml"
    path.write_bytes(
        message("See attachment.", ("sound.mp3", b"\0\1\2"), ("guide.md", GUIDE.encode())).as_bytes()
    )
    prepared = read(path)
    assert len(prepared.articles) == 2
    assert prepared.left_out == ("sound.mp3: unsupported_format",)


def test_a_mail_in_a_mail_is_read_too(tmp_path):
    inner = message("The inner answer is 42 amperes.")
    outer = message("Forwarded.")
    outer.add_attachment(inner)
    path = tmp_path / "outer.eml"
    path.write_bytes(outer.as_bytes())
    assert any("42 amperes" in chunk.text for article in read(path).articles for chunk in article.chunks)


def test_what_is_no_mail_is_refused(tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(b"\0\1\2 nothing")
    with pytest.raises(UnreadableFileError) as caught:
        mail.parse_eml(path)
    assert caught.value.code in {"broken_mail", "no_text"}


# ---- archives -------------------------------------------------------------------------------------------


def test_the_files_of_an_archive_become_articles_under_their_own_paths(tmp_path):
    path = pack(
        tmp_path / "all.zip",
        {"b/two.md": GUIDE, "one.zh.md": "# 接地\n\n先接地。\n", "__MACOSX/._one.md": "x", ".hidden.md": "x"},
    )
    prepared = read(path)
    assert [(article.key, article.lang) for article in prepared.articles] == [
        ("b/two.md#page", "en"),
        ("one.zh.md#page", "zh"),
    ]


def test_an_archive_in_an_archive_is_opened_but_not_without_end(tmp_path):
    def nested(depth: int) -> bytes:
        inner = GUIDE.encode() if depth == 0 else nested(depth - 1)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.md" if depth == 0 else "a.zip", inner)
        return buffer.getvalue()

    for depth, opened in ((2, True), (9, False)):
        path = tmp_path / f"{depth}.zip"
        path.write_bytes(nested(depth))
        assert len(read(path).articles) == 1 if opened else code_of(path) == "unsupported_format"


def test_an_archive_of_files_nobody_can_read_says_why_the_first_is_not(tmp_path):
    assert code_of(pack(tmp_path / "a.zip", {"a.md": "", "b.exe": b"MZ\0"})) == "empty_file"


def test_a_member_that_is_larger_than_a_file_may_be_is_refused(tmp_path):
    limits = reader.ParseRequest(path="", uri="", media_type="").limits
    small = type(limits)(max_bytes=5000, max_pages=9)
    assert code_of(pack(tmp_path / "a.zip", {"a.md": "x" * 50_000}), limits=small) == "zip_bomb"


def test_a_zip_that_is_an_office_file_is_read_as_one_whatever_its_name(tmp_path, deck):
    renamed = deck.rename(tmp_path / "deck.zip")
    assert read(renamed).pages == 1


def test_a_locked_archive_asks_for_its_password(tmp_path):
    path = pack(tmp_path / "a.zip", {"a.md": GUIDE})
    raw = bytearray(path.read_bytes())
    for mark, offset in (
        (b"PK\x03\x04", 6),
        (b"PK\x01\x02", 8),
    ):  # the flag that says the member is encrypted
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    assert code_of(path) == "encrypted_zip"
    assert code_of(path, passwords=("wrong",)) == "wrong_password"


@given(st.text(max_size=60))
def test_a_name_inside_an_archive_never_leads_out_of_it(name):
    parts = archives.safe_name(name).split("/")
    assert all(part and part not in {".", ".."} and "\0" not in part and "\\" not in part for part in parts)


def test_tables_of_slides_are_tables(deck):
    assert [block.kind for block in slides.parse(deck, max_pages=9).blocks].count(BlockKind.TABLE) == 1
