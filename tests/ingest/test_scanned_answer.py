"""A question that only a scanned page answers, asked as a customer would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
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
