"""Files made to do harm: each costs its own row, and nothing in it is run, followed or shown as it came."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from foundation.access import SYSTEM
from foundation.db import read_session
from ingest.types import FileState
from kb import service as kb
from kb.repository import ArticleFilter
from tests.ingest.test_sandbox import write_workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10)
)
PROGRAMS = {"elf": b"\x7fELF\x02\x01\x01" + b"\0" * 200, "exe": b"MZ\x90\0\x03" + b"\0" * 200}


def texts() -> str:
    """Everything the knowledge base holds, as indexed and as shown."""
    with read_session() as session:
        found, _total = kb.articles(session, SYSTEM, ArticleFilter())
        chunks = [chunk for one in found for chunk in kb.article_chunks(session, SYSTEM, one.id)]
    return "\n".join(f"{chunk.text}\n{chunk.markdown or ''}" for chunk in chunks)


def write_docx(path: Path, body: str, head: str = "", **members: bytes) -> Path:
    types = (
        "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>"
        "<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
        "<Override PartName='/word/document.xml' ContentType="
        "'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>"
    )
    relations = (
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
        "<Relationship Id='r' Target='word/document.xml' Type="
        "'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'/></Relationships>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr(
            "word/document.xml", f"{head}<w:document xmlns:w='{WORD}'><w:body>{body}</w:body></w:document>"
        )
        for name, content in members.items():
            archive.writestr(f"word/{name}.bin", content)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_entities_that_grow_without_end_cost_one_row(ingest, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    write_docx(docs / "laughs.docx", paragraph("&a9;"), head=f"{LAUGHS}]>")
    sheet = f"{LAUGHS}]><worksheet xmlns='{MAIN}'><sheetData><row><c t='inlineStr'><is><t>&a9;</t></is></c></row></sheetData></worksheet>"
    write_workbook(docs / "laughs.xlsx", sheet, zipfile.ZIP_DEFLATED)
    (docs / "good.md").write_text("# Good\n\nStill read.\n")
    job = ingest(docs)
    assert {file.path: file.state for file in job.files} == {
        "docs/laughs.docx": FileState.FAILED,
        "docs/laughs.xlsx": FileState.FAILED,
        "docs/good.md": FileState.INGESTED,
    }
    assert "haha" not in texts()


def test_an_entity_never_brings_in_a_file_of_ours(ingest, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of this machine")
    head = f"<!DOCTYPE x [<!ENTITY file SYSTEM '{secret.as_uri()}'>]>"
    ingest(write_docx(tmp_path / "reads.docx", paragraph("before &file; after"), head=head))
    assert "secret of this machine" not in texts()


def test_a_document_with_macros_is_read_and_they_are_not_touched(ingest, tmp_path):
    path = write_docx(tmp_path / "macro.docm", paragraph("Close valve seven."), vbaProject=b"Shell(calc.exe)")
    job = ingest(path)
    assert job.failed == 0
    assert "Close valve seven." in texts()
    assert "calc.exe" not in texts()


def test_what_a_page_would_run_in_a_browser_is_gone(ingest, tmp_path):
    page = (
        "<html><head><title>Pump</title></head><body><main><h1>Pump</h1><p onclick='steal()'>Open valve two."
        "<script>steal()</script><img src=x onerror='steal()'><a href='javascript:steal()'>link</a>"
        "<iframe src='https://evil.example'></iframe></p></main></body></html>"
    )
    (tmp_path / "page.html").write_text(page)
    ingest(tmp_path / "page.html")
    shown = texts()
    assert "Open valve two." in shown
    for trace in ("steal", "onerror", "onclick", "javascript:", "<script", "<iframe", "evil.example"):
        assert trace not in shown


@pytest.mark.parametrize("suffix", ["txt", "md", "pdf", "docx", "html", "csv", "bin"])
@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_program_is_refused_whatever_it_is_called(ingest, tmp_path, kind, suffix):
    path = tmp_path / f"setup.{suffix}"
    path.write_bytes(PROGRAMS[kind])
    (file,) = ingest(path).files
    assert (file.state, file.code is not None) == (FileState.FAILED, True)
    assert texts() == ""


def test_a_folder_in_an_archive_cannot_lead_out_of_it(ingest, tmp_path):
    path = tmp_path / "deep" / "out.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.md", "# Escaped\n\nOut of the archive.\n")
        archive.writestr("/tmp/absolute-escaped.md", "# Absolute\n\nOut of the archive.\n")
        archive.writestr("inside.md", "# Inside\n\nStays where it is.\n")
    ingest(path)
    assert "Stays where it is." in texts()
    assert not (tmp_path / "escaped.md").exists()
    assert not Path("/tmp/absolute-escaped.md").exists()
