"""Ingestion of the sample company's manuals beside bare text extraction of the same PDFs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from json import loads

import pypdfium2 as pdfium

from benchmarks.corpus import KNOWLEDGE

_JIEDA = [sys.executable, "-c", "from portal_api.entry import main; main()"]


def run() -> dict[str, object]:
    """Seconds of a first and an unchanged second ingest of the sample knowledge, and of bare extraction."""
    began = time.perf_counter()
    pages = 0
    for path in sorted(KNOWLEDGE.rglob("*.pdf")):
        with pdfium.PdfDocument(path) as document:
            for page in document:
                page.get_textpage().get_text_range()
                pages += 1
    bare = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"JIEDA_DATA_DIR": folder}
        command = [*_JIEDA, "ingest", str(KNOWLEDGE), "--json"]
        first, second = (
            loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
            for _ in range(2)
        )
    return {
        "files": first["files"],
        "chunks": first["chunks"],
        "first_seconds": first["seconds"],
        "unchanged_seconds": second["seconds"],
        "unchanged_is_faster_by": round(first["seconds"] / max(second["seconds"], 1e-3), 1),
        "pdf_pages": pages,
        "bare_pdfium_seconds": round(bare, 2),
    }
