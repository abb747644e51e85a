"""Rows of tables in real PDF, Word, Excel and PowerPoint files: found by what a row is about, cited where it stands.

The files are not part of the project: `JIEDA_TEST_FILES` names the folder that holds them (by default beside the
checkout); without it these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from foundation.access import ANONYMOUS
from foundation.db import read_session
from foundation.settings import use_settings
from retrieval.service import search
from retrieval.types import Hit

FILES = Path(os.environ.get("JIEDA_TEST_FILES", Path(__file__).parents[3] / "shared" / "data" / "files"))
OFFICE, HAYSTACK = "unstructured_docs/example-docs", "haystack_files/test/test_files"
# Where the file lies, what is asked, what stands in one row, and on which page (None where a format has none).
ROWS = [
    ("p3c_pdfs/Java开发手册(黄山版).pdf", "版本 1.0.2 是哪天发布的", ("1.0.2", "2017.02.20"), 45),
    ("pdfjs_pdfs/test/pdfs/issue14297.pdf", "net profit 201,683", ("Net profit", "201,683"), 1),
    (f"{OFFICE}/pdf/all-number-table.pdf", "800.01", ("800.01", "7"), 1),
    (
        f"{OFFICE}/pdf/failure-after-repair.pdf",
        "what does a radiation oncologist do",
        ("radiation oncologist", "radiotherapy"),
        25,
    ),
    (
        f"{OFFICE}/pdf/layout-parser-paper-with-table.pdf",
        "base model of PubLayNet in the model zoo",
        ("PubLayNet", "F / M"),
        1,
    ),
    (
        f"{OFFICE}/2023-half-year-analyses-by-segment.xlsx",
        "Nespresso depreciation in the half year 2023",
        ("Nespresso", "777"),
        None,
    ),
    (f"{OFFICE}/stanley-cups.xlsx", "Stanley Cups of the Maple Leafs", ("Maple Leafs", "13"), None),
    (f"{HAYSTACK}/xlsx/spreadsheet_with_links.xlsx", "website of Python docs", ("Python", "Docs"), None),
    (f"{HAYSTACK}/xlsx/basic_tables_two_sheets.xlsx", "col_a col_b test", ("1.5", "test"), None),
    (
        f"{OFFICE}/docx-tables.docx",
        "simple uniform table lorem ipsum link",
        ("Lorem ipsum", "A link example"),
        None,
    ),
    (f"{OFFICE}/tables-with-incomplete-rows.docx", "rows missing cells from the end", ("c", "d"), None),
    (f"{OFFICE}/fake-power-point-table.pptx", "Tangerine pink aqua", ("Tangerine", "Pink"), 1),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES.is_dir(), reason=f"no real files in {FILES}"),
]


def found(question: str, name: str) -> list[Hit]:
    with read_session() as session:
        hits = search(session, ANONYMOUS, question, top_k=5).hits
    return [hit for hit in hits if hit.locator.uri.endswith(name)]


def test_a_row_is_found_by_what_it_is_about_and_cited_where_it_stands(ingest, settings, tmp_path):
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    folder = tmp_path / "tables"
    folder.mkdir()
    for path, *_rest in ROWS:
        shutil.copy(FILES / path, folder)
    job = ingest(folder)
    assert (job.ingested, job.failed) == (len(ROWS), 0)
    missed = []
    for path, question, row, page in ROWS:
        name = Path(path).name
        holding = [
            hit
            for hit in found(question, name)
            if any(all(cell in line for cell in row) for line in hit.text.split("\n"))
        ]
        if not holding:
            missed.append(f"{name}: {question}")
            continue
        locator = holding[0].locator
        assert locator.page == page, name
        assert (locator.box is None) == (page is None), name
    assert missed == []
