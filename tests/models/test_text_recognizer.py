"""Text in pictures: found and read in both languages, whichever way up, with boxes where it stands."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from models.text_recognizer import Reading, default_recognizer
from models.text_recognizers.regions import regions_of

FONT = Path(__file__).parents[2] / "examples" / "yanling" / "fonts" / "NotoSansCJKsc-Regular-subset.ttf"
ENGLISH = "Disconnect the drive before opening it"
CHINESE = "变频器运行时禁止打开盖板"


def draw(*lines: tuple[int, int, str], size: tuple[int, int] = (900, 400)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), 32)
    for x, y, text in lines:
        pen.text((x, y), text, fill="black", font=font)
    return picture


def texts(reading: Reading) -> list[str]:
    return [line.text for line in reading.lines]


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return draw((60, 80, ENGLISH), (60, 200, CHINESE))


def test_chinese_and_english_are_read_from_top_to_bottom(page):
    assert texts(default_recognizer().read(page)) == [ENGLISH, CHINESE]


def test_the_box_of_a_line_is_where_it_stands(page):
    left, top, right, bottom = default_recognizer().read(page).lines[1].box
    assert abs(left - 60) < 16 and abs(right - (60 + 32 * len(CHINESE))) < 24
    assert 190 < top < 212 and 230 < bottom < 262


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_picture_that_lies_or_stands_on_its_head_is_turned_before_it_is_read(page, clockwise):
    reading = default_recognizer().read(page.rotate(-clockwise, expand=True))
    assert texts(reading) == [ENGLISH, CHINESE]
    assert (reading.turned + clockwise) % 360 == 0


def test_a_slanted_page_is_read_and_its_slant_told(page):
    slanted = page.rotate(-3, resample=Image.Resampling.BICUBIC, fillcolor="white")
    reading = default_recognizer().read(slanted)
    assert texts(reading) == [ENGLISH, CHINESE]
    assert reading.slant == pytest.approx(math.tan(math.radians(3)), abs=0.01)


def test_an_empty_picture_has_no_lines():
    assert default_recognizer().read(Image.new("L", (300, 200), 255)).lines == ()


def test_transparent_paper_counts_as_white():
    picture = draw((60, 80, ENGLISH))
    ink = picture.convert("L").point(lambda grey: 255 - grey)
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    layer.putalpha(ink)
    assert texts(default_recognizer().read(layer)) == [ENGLISH]


# ---- regions -----------------------------------------------------------------------------------------------


@given(
    st.integers(20, 60), st.integers(20, 60), st.integers(30, 120), st.integers(6, 14), st.floats(0.55, 1.0)
)
@settings(deadline=None)
def test_a_bar_of_likely_pixels_is_one_upright_region_around_it(left, top, wide, high, likely):
    likelihood = np.zeros((100, 220), dtype=np.float32)
    likelihood[top : top + high, left : left + wide] = likely
    (region,) = regions_of(likelihood)
    x0, y0, x1, y1 = region.box
    assert x0 < left and y0 < top and x1 > left + wide and y1 > top + high
    grown = wide * high * 1.6 / (2 * (wide + high))
    assert (x0, y1) == (pytest.approx(left - grown, abs=0.01), pytest.approx(top + high + grown, abs=0.01))
    assert region.slant == pytest.approx(0, abs=1e-6)


def test_bars_that_do_not_touch_are_regions_of_their_own_and_unlikely_ones_are_none():
    likelihood = np.zeros((80, 200), dtype=np.float32)
    likelihood[10:20, 10:90] = 0.9
    likelihood[10:20, 110:190] = 0.9
    likelihood[50:60, 10:90] = 0.4  # pixels may be text, the region is not
    assert sorted(round(region.corners[0][0]) for region in regions_of(likelihood)) == [3, 103]


@given(st.floats(-35, 35))
@settings(deadline=None, max_examples=30)
def test_a_slanted_bar_has_the_slant_it_was_drawn_with(degrees):
    mask = Image.new("L", (300, 300))
    ImageDraw.Draw(mask).rectangle((50, 140, 250, 160), fill=255)
    turned = mask.rotate(-degrees, resample=Image.Resampling.BILINEAR)
    (region,) = regions_of(np.asarray(turned, dtype=np.float32) / 255)
    assert region.slant == pytest.approx(math.tan(math.radians(degrees)), abs=0.03)
    assert region.width > 4 * region.height
