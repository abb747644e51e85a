"""Parser processes against files that want to do harm."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from ingest import sandbox
from ingest.formats import media_type_of
from ingest.sandbox import ParserPool
from ingest.types import Limits, ParseRequest


def outcome(pool: ParserPool, path, **more):
    pool.submit(
        "key", ParseRequest(path=str(path), uri=path.name, media_type=media_type_of(path.name), **more)
    )
    while True:
        for found in pool.outcomes(1.0):
            return found


@pytest.fixture
def pool():
    with ParserPool(workers=1, timeout_s=60, memory_mb=500) as made:
        yield made


def test_files_are_read_one_after_the_other_in_the_same_process(tmp_path, pool):
    for name in ("a.md", "b.rst", "c.html", "d.txt", "e.csv"):
        path = tmp_path / name
        path.write_text("question,answer\nWhy?,Because.\n")
        found = outcome(pool, path)
        assert found.error is None, name
        assert found.prepared.articles


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xyz", b"\0\1", "unsupported_format"),
        ("a.json", b"{}", "unsupported_format"),
        ("a.md", b"", "empty_file"),
        ("a.txt", b" \n ", "empty_file"),
        ("a.pdf", b"not a pdf", "broken_pdf"),
        ("a.docx", b"\xd0\xcf\x11\xe0 old word", "unsupported_format"),
        ("a.md", bytes(range(256)) * 10, "bad_encoding"),
    ],
)
def test_each_unreadable_file_ends_with_its_code_and_the_process_goes_on(tmp_path, pool, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert outcome(pool, path).error.code == code
    good = tmp_path / "good.md"
    good.write_text("Fine.")
    assert outcome(pool, good).prepared.articles[0].chunks[0].text == "Fine."


def test_a_file_that_takes_too_long_costs_only_itself(tmp_path):
    slow, good = tmp_path / "slow.md", tmp_path / "good.md"
    slow.write_text("[" * 20000 + "*a_ " * 200000)
    good.write_text("Fine.")
    with ParserPool(workers=1, timeout_s=1.5, memory_mb=800) as pool:
        assert outcome(pool, slow).error.code == "timeout"
    with ParserPool(workers=1, timeout_s=30, memory_mb=800) as pool:
        assert outcome(pool, good).error is None


def test_a_file_that_eats_memory_costs_only_itself(tmp_path):
    path, good = tmp_path / "big.xlsx", tmp_path / "good.md"
    good.write_text("Fine.")
    cell = "<c t='inlineStr'><is><t>" + "x" * 50 + "</t></is></c>"
    rows = ("<row>" + cell * 100 + "</row>") * 8000
    sheet = f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{rows}</sheetData></worksheet>"
    write_workbook(path, sheet, zipfile.ZIP_STORED)
    with ParserPool(workers=1, timeout_s=120, memory_mb=128) as pool:
        assert outcome(pool, path, limits=Limits(max_bytes=2**30)).error.code == "out_of_memory"
        assert outcome(pool, good).error is None


def write_workbook(path, sheet: str, compression: int) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f"<Types xmlns='{package}/content-types'><Override PartName='/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='r' Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='S' sheetId='1' r:id='s'/></sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='s' Type='{office}/worksheet' Target='worksheets/s.xml'/></Relationships>",
        )
        archive.writestr("xl/worksheets/s.xml", sheet)


def test_a_file_over_the_limit_is_not_opened(tmp_path, pool):
    path = tmp_path / "a.txt"
    path.write_text(json.dumps(list(range(1000))))
    assert outcome(pool, path, limits=Limits(max_bytes=1000)).error.code == "too_large"


def test_a_parser_that_breaks_on_a_page_says_which_and_reads_the_file_without_it(tmp_path, hostile, pool):
    path = tmp_path / "crash-3.md"
    path.write_text("x")
    broken = outcome(pool, path)
    assert (broken.error.code, broken.page.number, broken.page.count) == ("parser_crashed", 3, 5)
    whole = outcome(pool, path, left_out=(3,))
    assert [chunk.text for chunk in whole.prepared.articles[0].chunks] == [
        "page 1",
        "page 2",
        "page 4",
        "page 5",
    ]


def test_a_file_nobody_waits_for_is_dropped_and_the_next_one_is_read(tmp_path, hostile, pool):
    slow, good = tmp_path / "hang-1.md", tmp_path / "fine.md"
    slow.write_text("x")
    good.write_text("x")
    pool.submit("slow", ParseRequest(path=str(slow), uri=slow.name, media_type="text/markdown"))
    deadline = time.monotonic() + 60
    while not list(pool.pages()) and time.monotonic() < deadline:
        assert list(pool.outcomes(0.1)) == []
    assert [(key, page.number) for key, page in pool.pages()] == [("slow", 1)]
    pool.drop(lambda key: key != "slow")
    assert not pool.is_busy
    assert outcome(pool, good).error is None


def test_an_answer_that_would_fill_our_memory_is_cut_off(tmp_path, hostile, pool, monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_REPLY_BYTES", 1_000_000)
    path = tmp_path / "flood.md"
    path.write_text("x")
    assert outcome(pool, path).error.code == "too_large"


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="the filter is Linux's",
)
def test_a_parser_reaches_neither_the_network_nor_other_programs(tmp_path, hostile, pool):
    path = tmp_path / "escape.md"
    path.write_text("x")
    assert outcome(pool, path).prepared.articles[0].chunks[0].text == "refused refused"


def test_a_parser_sees_no_password_of_ours(tmp_path, hostile, pool, monkeypatch):
    monkeypatch.setenv("JIEDA_DATABASE_URL", "postgresql://secret@127.0.0.1/x")
    path = tmp_path / "environment.md"
    path.write_text("x")
    seen = outcome(pool, path).prepared.articles[0].chunks[0].text
    assert "PATH" in seen
    assert "JIEDA" not in seen


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere a parser ends with its file")
def test_a_parser_that_never_ends_dies_with_its_worker(tmp_path, hostile):
    path = tmp_path / "hang-1.md"
    path.write_text("x")
    code = (
        "import sys, time\nfrom ingest import sandbox\nfrom ingest.types import ParseRequest\n"
        "sandbox.PROGRAM = (sys.executable, '-m', 'tests.ingest.hostile_parser')\n"
        "pool = sandbox.ParserPool(workers=1, timeout_s=3600, memory_mb=500)\n"
        f"pool.submit('k', ParseRequest(path={str(path)!r}, uri='hang-1.md', media_type='text/markdown'))\n"
        "while not list(pool.pages()): list(pool.outcomes(0.1))\n"
        "print(next(iter(pool._children.values()))._process.pid, flush=True)\ntime.sleep(3600)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    parser = int(worker.stdout.readline())
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    deadline = time.monotonic() + 60
    while is_running(parser) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(parser)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be noticed does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def submit_all(pool: ParserPool, folder, names: list[str], load: int) -> dict[str, sandbox.Outcome]:
    """Give all files to the pool at once; what became of each."""
    for name in names:
        (folder / name).write_text("x")
        request = ParseRequest(path=str(folder / name), uri=name, media_type="text/markdown")
        pool.submit(name, request, load=load)
    ended: dict[str, sandbox.Outcome] = {}
    deadline = time.monotonic() + 60
    while len(ended) < len(names) and time.monotonic() < deadline:
        ended |= {outcome.key: outcome for outcome in pool.outcomes(0.5)}
    return ended


def test_what_waits_behind_a_file_that_breaks_its_parser_is_read_by_another(tmp_path, hostile, pool):
    names = ["a.md", "crash-1.md", "b.md", "crash-2.md", "c.md", "d.md"]
    ended = submit_all(pool, tmp_path, names, load=1)
    assert {name for name, outcome in ended.items() if outcome.error} == {"crash-1.md", "crash-2.md"}
    assert {ended[name].error.code for name in ("crash-1.md", "crash-2.md")} == {"parser_crashed"}
    assert all(len(ended[name].prepared.articles[0].chunks) == 5 for name in ("a.md", "b.md", "c.md", "d.md"))


def test_a_file_has_its_whole_time_however_long_it_waited_behind_others(tmp_path, hostile):
    with ParserPool(workers=1, timeout_s=4.0, memory_mb=500) as pool:
        ended = submit_all(pool, tmp_path, ["hang-1.md", "hang-2.md", "fine.md"], load=1)
    assert [ended[name].error.code for name in ("hang-1.md", "hang-2.md")] == ["timeout", "timeout"]
    assert ended["fine.md"].error is None


def test_a_file_dropped_while_it_waits_has_no_outcome(tmp_path, hostile, pool):
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text("x")
        request = ParseRequest(path=str(tmp_path / name), uri=name, media_type="text/markdown")
        pool.submit(name, request, load=1)
    pool.drop(lambda key: key != "b.md")
    seen: list[str] = []
    deadline = time.monotonic() + 60
    while pool.is_busy and time.monotonic() < deadline:
        seen += [outcome.key for outcome in pool.outcomes(0.5)]
    assert seen == ["a.md", "c.md"]


@pytest.mark.parametrize(("load", "processes"), [(1, 1), (8, 2)])
def test_another_process_is_started_only_when_the_first_has_much_in_hand(tmp_path, hostile, load, processes):
    with ParserPool(workers=2, timeout_s=60, memory_mb=500) as pool:
        submit_all(pool, tmp_path, ["a.md", "b.md"], load=load)
        assert len(pool._children) == processes
