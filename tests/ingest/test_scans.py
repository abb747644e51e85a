"""Pages that are pictures: read, boxed, and only those."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest import formats, reader
from ingest.errors import UnreadableFileError
from ingest.parsers import pdf, pictures
from ingest.types import BlockKind, ParsedFile, ParseRequest

FONT = Path(__file__).parents[2] / "examples" / "yanling" / "fonts" / "NotoSansCJKsc-Regular-subset.ttf"
DOTS = 150 / 72  # pixels a point
NOTICE = "校准日期 2026-04-22，下次校准前请勿拆封"
ROWS = (
    ("Model", "Rated current", "Power"),
    ("YLD300-4T", "9.5 A", "4 kW"),
    ("YLD300-7T", "17.0 A", "7.5 kW"),
    ("YLD300-11T", "25.0 A", "11 kW"),
)


def scan(*texts: tuple[float, float, str], size: tuple[float, float] = A4) -> Image.Image:
    """A page of `size` points as a scanner leaves it, with lines of 12 points at places in points."""
    picture = Image.new("L", (round(size[0] * DOTS), round(size[1] * DOTS)), 246)
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), round(12 * DOTS))
    for x, y, text in texts:
        pen.text((x * DOTS, y * DOTS), text, fill=20, font=font)
    return picture


def table(x: float, y: float) -> list[tuple[float, float, str]]:
    return [
        (x + 150 * column, y + 30 * row, cell)
        for row, cells in enumerate(ROWS)
        for column, cell in enumerate(cells)
    ]


def write(path: Path, *pages: Image.Image | str, rotate: int = 0) -> Path:
    canvas = Canvas(str(path), pagesize=A4)
    for page in pages:
        if isinstance(page, str):
            canvas.setFont("Helvetica", 11)
            canvas.drawString(60, 700, page)
        else:
            wide, high = (side / DOTS for side in page.size)
            canvas.setPageSize((wide, high))
            canvas.drawImage(ImageReader(page), 0, 0, wide, high)
        canvas.setPageRotation(rotate)
        canvas.showPage()
    canvas.save()
    return path


def text_of(parsed: ParsedFile) -> str:
    return "\n".join(block.text for block in parsed.blocks)


def test_a_scanned_page_is_read_with_page_and_box(tmp_path):
    path = write(
        tmp_path / "scan.pdf", "The next page is the certificate of the unit.", scan((80, 200, NOTICE))
    )
    found = next(block for block in pdf.parse(path, max_pages=9).blocks if "2026-04-22" in block.text)
    assert found.page == 2
    left, top, right, bottom = found.box
    assert abs(left - 80) < 8 and 190 < top < 206 and 210 < bottom < 226 and 280 < right < 400


def test_a_table_of_a_scanned_page_is_found_by_row_with_its_headers(tmp_path):
    path = write(tmp_path / "scan.pdf", scan(*table(70, 150)))
    parsed = pdf.parse(path, max_pages=9)
    rows = [part.text for block in parsed.blocks if block.kind is BlockKind.TABLE for part in block.parts]
    assert rows[1] == "Model: YLD300-7T; Rated current: 17.0 A; Power: 7.5 kW"


def test_pages_with_text_of_their_own_are_not_read_as_pictures(tmp_path, monkeypatch):
    read: list[int] = []
    whole = pdf.scans.read_page
    monkeypatch.setattr(
        pdf.scans, "read_page", lambda page, number: read.append(number) or whole(page, number)
    )
    sentence = (
        "Tighten the terminal screws of the power circuit with 1.2 Nm before you apply the mains voltage."
    )
    pdf.parse(write(tmp_path / "mixed.pdf", sentence, scan((80, 200, NOTICE)), sentence), max_pages=9)
    assert read == [2]


def test_a_scan_that_lies_on_its_side_is_boxed_as_it_is_shown(tmp_path):
    lying = scan((80, 200, NOTICE), (80, 240, "请勿拆封")).rotate(-90, expand=True)
    parsed = pdf.parse(write(tmp_path / "lying.pdf", lying), max_pages=9)
    assert "2026-04-22" in text_of(parsed)
    left, top, right, bottom = next(block.box for block in parsed.blocks if block.box)
    assert bottom - top > right - left  # the line runs down the page
    assert abs(top - 80) < 10
    assert left > A4[1] - 280


def test_a_page_without_anything_to_read_fails_with_a_code(tmp_path):
    with pytest.raises(UnreadableFileError) as caught:
        pdf.parse(write(tmp_path / "blank.pdf", scan()), max_pages=9)
    assert caught.value.code == "no_text"


def test_a_page_without_extent_fails_with_a_code(tmp_path):
    path = tmp_path / "outside.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setCropBox((700, 900, 800, 1000))  # beside the paper
    canvas.rect(10, 10, 50, 50)
    canvas.save()
    with pytest.raises(UnreadableFileError) as caught:
        pdf.parse(path, max_pages=9)
    assert caught.value.code == "no_text"


def test_a_drawing_that_looks_like_two_letters_is_no_text(tmp_path):
    path = tmp_path / "mark.png"
    scan((60, 40, "K)"), size=(200, 120)).save(path)
    with pytest.raises(UnreadableFileError) as caught:
        pictures.parse(path, max_pages=9)
    assert caught.value.code == "no_text"


def test_where_recognition_is_off_a_scan_says_so(tmp_path):
    path = write(tmp_path / "scan.pdf", scan((80, 200, NOTICE)))
    with pytest.raises(UnreadableFileError) as caught:
        pdf.parse(path, max_pages=9, reads_pictures=False)
    assert caught.value.code == "pictures_only"


# ---- pictures as files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".webp", ".bmp", ".gif"])
def test_a_picture_is_a_file_one_can_ingest(tmp_path, suffix):
    path = tmp_path / f"plate{suffix}"
    scan((40, 40, "额定电流 9.5 A"), size=(300, 120)).save(path)
    prepared = reader.read(
        ParseRequest(path=str(path), uri=f"plates/{path.name}", media_type=formats.media_type_of(path.name))
    )
    (chunk,) = [chunk for article in prepared.articles for chunk in article.chunks]
    assert "9.5 A" in chunk.text
    assert chunk.locator.page == 1
    assert chunk.locator.box is not None and abs(chunk.locator.box[0] - 40 * DOTS) < 16


def test_each_frame_of_a_fax_is_a_page(tmp_path):
    frames = [
        scan((40, 40, word), size=(300, 120)) for word in ("first sheet", "second sheet", "third sheet")
    ]
    path = tmp_path / "fax.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    parsed = pictures.parse(path, max_pages=9)
    assert [(block.page, block.text) for block in parsed.blocks] == [
        (1, "first sheet"),
        (2, "second sheet"),
        (3, "third sheet"),
    ]
    with pytest.raises(UnreadableFileError) as caught:
        pictures.parse(path, max_pages=2)
    assert caught.value.code == "too_many_pages"


def test_a_broken_picture_and_an_enormous_one_fail_with_codes(tmp_path):
    broken = tmp_path / "broken.png"
    buffer = io.BytesIO()
    scan((40, 40, "text"), size=(300, 120)).save(buffer, "PNG")
    broken.write_bytes(buffer.getvalue()[:200])
    enormous = tmp_path / "enormous.png"
    Image.new("1", (14_000, 9_000)).save(enormous)
    for path, code in ((broken, "broken_image"), (enormous, "too_large")):
        with pytest.raises(UnreadableFileError) as caught:
            pictures.parse(path, max_pages=9)
        assert caught.value.code == code
