"""A question that only a scanned page answers, asked as a customer would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from PIL import Image, ImageDraw, ImageFont
from typer.testing import CliRunner

from foundation.settings import use_settings
from portal_api.commands.ask import ask

MANUAL = (
    Path(__file__).parents[2] / "examples" / "yanling" / "knowledge" / "manuals" / "ylp70-manual.zh-en.pdf"
)
app = typer.Typer()
app.command()(ask)


@pytest.mark.slow
def test_a_scanned_page_answers_with_page_and_box(ingest, settings):
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    assert ingest(MANUAL).ingested == 1
    result = CliRunner().invoke(app, ["序列号 KS26041877 的校准证书编号是多少？", "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["kind"] == "answer"
    assert "YLC-2026-07731" in answer["text"]
    locator = answer["citations"][0]["locator"]
    assert locator["page"] == 9
    left, top, right, bottom = locator["box"]
    assert 40 < left < right < 560 and 100 < top < bottom < 800  # inside the page of A4, around its text


def scanned(path: Path, lines: list[str]) -> Path:
    """A PDF of one page that is a picture, as a copier makes it."""
    picture = Image.new("L", (1240, 1754), 250)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(34)
    for number, line in enumerate(lines):
        draw.text((120, 160 + 70 * number), line, fill=20, font=font)
    picture.save(path, "PDF", resolution=150)
    return path


@pytest.mark.slow
def test_a_scanned_page_in_english_answers_with_page_and_box(ingest, settings, tmp_path):
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    lines = [
        "Service report of the booster pump",
        "The pressure switch of the booster pump opens at 6.4 bar.",
        "The shaft seal was replaced in March.",
        "The spare key of the pump room hangs beside the fuse box.",
    ]
    assert ingest(scanned(tmp_path / "report.pdf", lines)).ingested == 1
    result = CliRunner().invoke(
        app, ["At what pressure does the pressure switch of the booster pump open?", "--json"]
    )
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["kind"] == "answer"
    assert "6.4 bar" in answer["text"]
    locator = answer["citations"][0]["locator"]
    assert locator["page"] == 1
    left, top, right, bottom = locator["box"]
    assert 0 < left < right < 596 and 0 < top < bottom < 842
