"""PDFs made here with reportlab: what a parser must see on a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import UnreadableFileError
from ingest.parsers import pdf, pdf_tables
from ingest.types import Block, BlockKind, ParsedFile

HEIGHT = A4[1]
BODY = (
    "The drive compares the measured current with the limit and stops when",
    "it stays above it for more than two seconds.",
)


def read(path: Path, **limits: int) -> ParsedFile:
    return pdf.parse(path, **({"max_pages": 100} | limits))


def of_kind(parsed: ParsedFile, kind: BlockKind) -> list[Block]:
    return [block for block in parsed.blocks if block.kind is kind]


def write(
    canvas: Canvas, x: float, top: float, lines: tuple[str, ...], size: float = 10, font: str = "Helvetica"
) -> None:
    canvas.setFont(font, size)
    for step, line in enumerate(lines):
        canvas.drawString(x, HEIGHT - top - step * size * 1.3, line)


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """Four pages with a running header and page numbers; a heading in large type on each."""
    path = tmp_path / "manual.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for page in range(1, 5):
        write(canvas, 60, 30, ("YLD300 User Manual",), 8)
        write(canvas, 280, 815, (f"- {page} -",), 8)
        write(canvas, 60, 90, (f"{page} Chapter about part {page}",), 16, "Helvetica-Bold")
        write(canvas, 60, 130, BODY)
        write(canvas, 60, 180, ("• first point of the list", "• second point of the list"))
        canvas.showPage()
    canvas.save()
    return path


def test_lines_of_a_paragraph_are_joined_and_headings_found_by_size(manual):
    parsed = read(manual)
    assert parsed.pages == 4
    assert [block.text for block in of_kind(parsed, BlockKind.HEADING)] == [
        f"{n} Chapter about part {n}" for n in (1, 2, 3, 4)
    ]
    assert of_kind(parsed, BlockKind.TEXT)[0].text == " ".join(BODY)
    assert of_kind(parsed, BlockKind.LIST)[0].text == "- first point of the list\n- second point of the list"


def test_running_headers_and_page_numbers_are_dropped(manual):
    everything = "\n".join(block.text for block in read(manual).blocks)
    assert "User Manual" not in everything
    assert "- 2 -" not in everything


def test_every_block_knows_its_page_and_box_from_the_top_left(manual):
    block = of_kind(read(manual), BlockKind.TEXT)[2]
    assert block.page == 3
    left, top, right, bottom = block.box
    assert 59 <= left <= 62 and right > 300
    assert 118 <= top < bottom <= 150


def test_a_rotated_page_is_read_and_boxed_as_it_is_shown(tmp_path):
    path = tmp_path / "turned.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setPageRotation(90)
    for step, line in enumerate(BODY):  # written upward on the sheet, so that it stands upright once turned
        canvas.saveState()
        canvas.translate(100 + step * 13, 60)
        canvas.rotate(90)
        canvas.drawString(0, 0, line)
        canvas.restoreState()
    canvas.save()
    block = read(path).blocks[0]
    assert block.text == " ".join(BODY)
    assert block.box[0] == pytest.approx(60, abs=2) and block.box[1] == pytest.approx(91, abs=3)


def test_columns_are_read_one_after_the_other_even_if_written_across(tmp_path):
    path = tmp_path / "columns.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    left = [f"left column line number {n} goes on and" for n in range(12)]
    right = [f"right column line number {n} goes on and" for n in range(12)]
    for step, (one, other) in enumerate(zip(left, right, strict=True)):
        write(canvas, 50, 100 + step * 14, (one,))
        write(canvas, 320, 100 + step * 14, (other,))
    canvas.save()
    everything = " ".join(block.text for block in read(path).blocks)
    assert everything.index("left column line number 11") < everything.index("right column line number 0")


def test_a_word_hyphenated_at_the_end_of_a_line_is_one_word(tmp_path):
    path = tmp_path / "hyphen.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(
        canvas,
        60,
        100,
        (
            "The manual describes how the instal-",
            "lation of the drive is to be done in ten",
            "steps and what to check afterwards again.",
        ),
    )
    canvas.save()
    assert "the installation of the drive" in read(path).blocks[0].text


@pytest.mark.parametrize("with_uprights", [True, False])
def test_a_ruled_table_keeps_its_cells(tmp_path, with_uprights):
    path = tmp_path / "table.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    rows = [
        ("Model", "Rated current", "Weight"),
        ("T4R0", "9.0 A", "1.8 kg"),
        ("T5R5", "13 A", "2.9 kg"),
        ("T7R5", "17 A", "3.1 kg"),
    ]
    write(canvas, 60, 80, BODY)
    for line in range(len(rows) + 1):
        canvas.line(60, HEIGHT - 120 - line * 20, 420, HEIGHT - 120 - line * 20)
    if with_uprights:
        for x in (60, 180, 300, 420):
            canvas.line(x, HEIGHT - 120, x, HEIGHT - 200)
    for line, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            write(canvas, 66 + column * 120, 134 + line * 20, (cell,))
    canvas.save()
    table = of_kind(read(path), BlockKind.TABLE)[0]
    assert table.text.split("\n")[1] == "Model: T5R5; Rated current: 13 A; Weight: 2.9 kg"
    assert table.markdown.split("\n")[0] == "| Model | Rated current | Weight |"
    assert table.page == 1 and table.box == pytest.approx((60, 120, 420, 200), abs=1)


def test_the_outline_decides_what_is_a_heading_and_how_deep(tmp_path):
    path = tmp_path / "outline.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for page, (title, level) in enumerate((("Safety", 0), ("Live parts", 1), ("Wiring", 0))):
        canvas.bookmarkPage(str(page))
        canvas.addOutlineEntry(title, str(page), level)
        write(canvas, 60, 100, (title,), 10)
        write(canvas, 60, 130, BODY)
        canvas.showPage()
    canvas.save()
    assert [(block.text, block.level) for block in of_kind(read(path), BlockKind.HEADING)] == [
        ("Safety", 1),
        ("Live parts", 2),
        ("Wiring", 1),
    ]


def code_of(path: Path, **limits: int) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        read(path, **limits)
    return caught.value.code


def test_what_cannot_be_read_has_a_code(tmp_path, manual):
    locked = tmp_path / "locked.pdf"
    canvas = Canvas(str(locked), encrypt=StandardEncryption("secret", canPrint=0))
    write(canvas, 60, 100, BODY)
    canvas.save()
    blank = tmp_path / "blank.pdf"
    canvas = Canvas(str(blank))
    canvas.rect(10, 10, 50, 50)
    canvas.save()
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(b"%PDF-1.7\n1 0 obj << garbage")
    assert code_of(locked) == "encrypted_pdf"
    assert code_of(blank) == "no_text"
    assert code_of(torn) == "broken_pdf"
    assert code_of(manual, max_pages=3) == "too_many_pages"


def test_a_locked_file_opens_with_one_of_the_passwords_given(tmp_path):
    path = tmp_path / "locked.pdf"
    canvas = Canvas(str(path), encrypt=StandardEncryption("secret", canPrint=0))
    write(canvas, 60, 100, BODY)
    canvas.save()
    assert read(path, passwords=("wrong", "secret")).blocks[0].text == " ".join(BODY)
    assert code_of(path, passwords=("wrong",)) == "wrong_password"


def test_a_blank_to_be_filled_in_is_no_entry_of_a_table_of_contents(tmp_path):
    path = tmp_path / "form.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(
        canvas,
        60,
        100,
        ("Serial number of the drive: ____________________", "Fault shown: .................."),
    )
    canvas.save()
    text = read(path).blocks[0].text
    assert "Serial number" in text and "Fault shown" in text


def test_lines_of_a_drawing_that_run_through_words_make_no_table(tmp_path):
    path = tmp_path / "drawing.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for row in range(6):
        canvas.line(60, HEIGHT - 100 - row * 20, 460, HEIGHT - 100 - row * 20)
        write(
            canvas,
            64,
            114 + row * 20,
            (f"A long line of running text that nothing divides, number {row}",),
            10,
        )
    for column in range(9):
        canvas.line(60 + column * 50, HEIGHT - 100, 60 + column * 50, HEIGHT - 200)
    canvas.save()
    parsed = read(path)
    assert not of_kind(parsed, BlockKind.TABLE)
    assert "number 3" in "\n".join(block.text for block in parsed.blocks)


def test_three_columns_are_read_one_after_the_other_whatever_the_order_of_the_file(tmp_path):
    path = tmp_path / "three.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for column in (2, 0, 1):
        lines = tuple(f"column {column} says in line {row} what is" for row in range(8))
        write(canvas, 40 + 180 * column, 100, lines, 9)
    canvas.save()
    text = " ".join(block.text for block in read(path).blocks)
    found = [text.index(f"column {column} says in line {row}") for column in range(3) for row in range(8)]
    assert found == sorted(found)


def test_words_strewn_over_a_drawing_are_dropped_and_its_caption_stays(tmp_path):
    path = tmp_path / "drawing.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(canvas, 60, 90, BODY)
    for x, top, label in ((120, 200, "W1"), (300, 220, "side"), (210, 260, "R S T"), (400, 280, "PE")):
        write(canvas, x, top, (label,), 7)
    write(canvas, 200, 320, ("Figure 1 Outline",), 8)
    write(canvas, 60, 380, BODY)
    canvas.save()
    everything = "\n".join(block.text for block in read(path).blocks)
    assert "Figure 1 Outline" in everything
    assert not any(label in everything for label in ("W1", "side", "R S T", "PE"))


def test_small_cells_below_each_other_are_no_drawing(tmp_path):
    path = tmp_path / "cells.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(canvas, 60, 90, (*BODY, *BODY))
    for row in range(4):
        for column, text in enumerate(("code", "name", "fix")):
            write(canvas, 60 + 120 * column, 220 + 40 * row, (f"{text}{row}",), 7)
    canvas.save()
    everything = "\n".join(block.text for block in read(path).blocks)
    assert all(f"{text}{row}" in everything for text in ("code", "name", "fix") for row in range(4))


def test_a_page_of_contents_leaves_nothing_behind(tmp_path):
    path = tmp_path / "contents.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for page in range(1, 6):
        write(canvas, 60, 30, ("Flow meter manual",), 8)
        if page == 2:
            write(canvas, 60, 80, ("Contents",), 16, "Helvetica-Bold")
            for entry in range(5):
                write(
                    canvas, 60, 120 + 20 * entry, (f"{entry} Chapter {entry} " + ". " * 40 + f"{entry + 2}",)
                )
        elif page == 3:
            for entry in range(5, 9):
                write(
                    canvas, 60, 120 + 20 * entry, (f"{entry} Chapter {entry} " + ". " * 40 + f"{entry + 2}",)
                )
        else:
            write(canvas, 60, 90, BODY)
        canvas.showPage()
    canvas.save()
    everything = "\n".join(block.text for block in read(path).blocks)
    assert not any(words in everything for words in ("Contents", "Chapter", "Flow meter manual"))


def test_a_cover_keeps_its_title_and_not_the_words_on_its_picture(tmp_path):
    path = tmp_path / "cover.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(canvas, 60, 150, ("Flow meter manual",), 30, "Helvetica-Bold")
    write(canvas, 60, 700, ("Edition 4, 2026-10",))
    write(canvas, 240, 500, ("R S T U V W",), 8)
    canvas.showPage()
    write(canvas, 60, 90, BODY)
    canvas.save()
    everything = "\n".join(block.text for block in read(path).blocks)
    assert "Flow meter manual" in everything
    assert "Edition 4" in everything
    assert "R S T" not in everything


def test_what_explains_a_key_beside_a_drawing_stays(tmp_path):
    path = tmp_path / "keys.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    write(canvas, 60, 90, BODY)
    for x, top, label in ((120, 200, "RUN = start"), (300, 220, "ENT = save"), (210, 260, "STOP = stop")):
        write(canvas, x, top, (label,), 7)
    canvas.save()
    everything = "\n".join(block.text for block in read(path).blocks)
    assert all(key in everything for key in ("RUN", "ENT", "STOP"))


def test_colour_behind_words_of_running_text_is_no_cell_of_a_table():
    def shade(left: float, bottom: float, right: float, top: float) -> pdf_tables._Drawn:
        return pdf_tables._Drawn(left, bottom, right, top, True)

    words = [shade(78, 620.5, 93, 636.1), shade(170, 620.5, 401, 636.1), shade(78, 641.3, 566, 657.6)]
    assert pdf_tables._without_highlights(words, []) == []
    cells = [shade(78, 620, 200, 636), shade(200, 620, 401, 636), shade(78, 636, 200, 652)]
    assert pdf_tables._without_highlights(cells, []) == cells
    header = shade(78, 620, 401, 636)
    assert pdf_tables._without_highlights([header, *words[2:]], [(636.5, 78.0, 401.0)]) == [header]
    framed = header._replace(is_shade=False)
    assert pdf_tables._without_highlights([framed, *words], []) == [framed]


def test_shaded_cells_that_stand_on_each_other_are_a_table(tmp_path):
    path = tmp_path / "shaded.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for row, cells in enumerate((("Model", "Current"), ("YLD300", "9 A"), ("YLD400", "12 A"))):
        for column, cell in enumerate(cells):
            canvas.setFillGray(0.9 if (row + column) % 2 else 0.8)
            canvas.rect(60 + 120 * column, HEIGHT - 100 - 18 * row, 120, 18, stroke=0, fill=1)
            canvas.setFillGray(0)
            write(canvas, 66 + 120 * column, 95 + 18 * row, (cell,))
    canvas.save()
    (table,) = of_kind(read(path), BlockKind.TABLE)
    assert [part.text.partition(" ")[0] for part in table.parts][-2:] == ["YLD300", "YLD400"]
