"""Pictures of pages: the right page, the marked place, and nothing that a hostile file can do."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from foundation.settings import Settings
from ingest import page_images
from ingest.page_images import NoSuchPageError, PageNotDrawnError

WIDTH, HEIGHT = 300.0, 400.0
_WORD = (50.0, 90.0, 110.0, 110.0)


@pytest.fixture
def leaflet(tmp_path: Path) -> Path:
    path = tmp_path / "leaflet.pdf"
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    for text in ("first", "second"):
        canvas.setFont("Helvetica", 18)
        canvas.drawString(_WORD[0], HEIGHT - _WORD[3] + 4, text)
        canvas.showPage()
    canvas.setPageSize((20_000, 100))
    canvas.showPage()
    canvas.save()
    return path


def picture(path: Path, number: int, box: tuple[float, float, float, float] | None = None) -> Image.Image:
    return Image.open(io.BytesIO(page_images.draw(path, number, box))).convert("RGB")


def tinted(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Where the picture is neither black, white nor grey."""
    _hue, saturation, _value = image.convert("HSV").split()
    return saturation.point(lambda level: 255 if level > 40 else 0).getbbox()


def test_a_page_is_drawn_at_two_pixels_a_point_without_a_mark(settings: Settings, leaflet: Path) -> None:
    image = picture(leaflet, 1)
    assert image.size == (600, 800)
    assert tinted(image) is None


def test_the_mark_lies_around_the_box_and_leaves_the_words_readable(
    settings: Settings, leaflet: Path
) -> None:
    plain, marked = picture(leaflet, 2), picture(leaflet, 2, _WORD)
    found = tinted(marked)
    assert found is not None
    expected = [(edge + side * 3) * 2 for edge, side in zip(_WORD, (-1, -1, 1, 1), strict=True)]
    assert found == pytest.approx(expected, abs=3)
    darkest = [image.crop(found).convert("L").getextrema()[0] for image in (plain, marked)]
    assert darkest[1] <= darkest[0] + 10


@pytest.mark.parametrize(
    "box", [(-50.0, -50.0, -10.0, -10.0), (500.0, 500.0, 900.0, 900.0), (9.0, 9.0, 1.0, 1.0)]
)
def test_a_box_off_the_page_marks_nothing(
    settings: Settings, leaflet: Path, box: tuple[float, float, float, float]
) -> None:
    assert tinted(picture(leaflet, 1, box)) is None


def test_a_huge_page_is_drawn_small(settings: Settings, leaflet: Path) -> None:
    assert max(picture(leaflet, 3).size) <= 1800


@pytest.mark.parametrize("number", [-1, 0, 4, 10**9])
def test_a_page_that_is_not_there_is_said_to_be_missing(
    settings: Settings, leaflet: Path, number: int
) -> None:
    with pytest.raises(NoSuchPageError):
        page_images.draw(leaflet, number)


def test_a_file_that_is_no_pdf_is_an_error_with_a_code(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    with pytest.raises(PageNotDrawnError):
        page_images.draw(broken, 1)
