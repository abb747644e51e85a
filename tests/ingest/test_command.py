"""`jieda ingest`: the contract of its output and exit codes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import typer
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from typer.testing import CliRunner, Result

from portal_api.commands.ingest import ingest

app = typer.Typer()
app.command()(ingest)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path, settings) -> Iterator[Path]:
    root = tmp_path / "docs"
    root.mkdir()
    (root / "a.md").write_text("# A\n\nText of the page.")
    # The real command sends its log to standard error; here it is only kept out of the output.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield root
    structlog.reset_defaults()


def test_json_prints_one_object_with_every_field_of_the_contract(folder):
    result = run(folder, "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert list(report) == [
        "job_id",
        "files",
        "ingested",
        "unchanged",
        "removed",
        "articles",
        "chunks",
        "failed",
        "seconds",
    ]
    assert (report["files"], report["ingested"], report["articles"], report["chunks"], report["failed"]) == (
        1,
        1,
        1,
        1,
        [],
    )
    again = json.loads(run(folder, "--json").stdout)
    assert (again["ingested"], again["unchanged"]) == (0, 1)
    assert again["job_id"] != report["job_id"]


def test_the_real_command_prints_nothing_else_on_stdout(folder, settings):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {"JIEDA_DATA_DIR": str(folder.parent / "fresh"), "JIEDA_EMBEDDER": settings.embedder}
    program = [
        sys.executable,
        "-c",
        "from portal_api.cli import main; main()",
        "--verbose",
        "ingest",
        str(folder),
        "--json",
    ]
    ended = subprocess.run(
        program, env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["ingested"] == 1


def test_some_failed_files_give_exit_code_3_and_the_others_are_in(folder):
    (folder / "b.pdf").write_bytes(b"no pdf")
    result = run(folder, "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["ingested"] == 1
    assert report["failed"][0] | {"message": ""} == {
        "path": "docs/b.pdf",
        "code": "broken_pdf",
        "message": "",
    }
    assert report["failed"][0]["message"].startswith("The PDF is damaged.")


@pytest.mark.parametrize(
    "arguments",
    [("no-such-folder",), ("{folder}", "--audience", "friends"), ("{folder}", "--language", "fr"), ()],
)
def test_bad_usage_gives_exit_code_2_and_nothing_on_stdout(folder, arguments):
    result = run(*(one.format(folder=folder) for one in arguments))
    assert result.exit_code == 2
    assert result.stdout == ""


def test_people_read_a_summary_and_the_reasons(folder):
    (folder / "b.pdf").write_bytes(b"no pdf")
    result = run(folder, "--collection", "Handbook")
    assert "2 files: 1 ingested, 0 unchanged, 1 failed" in " ".join(result.output.split())
    assert "broken_pdf" in result.output


def test_a_password_opens_a_locked_file_in_this_run_and_is_kept_nowhere(folder, settings):
    canvas = Canvas(str(folder / "locked.pdf"), encrypt=StandardEncryption("open-sesame-77", canPrint=0))
    canvas.drawString(60, 700, "The drive stops when the limit is reached.")
    canvas.save()
    assert json.loads(run(folder, "--json").stdout)["failed"][0]["code"] == "encrypted_pdf"
    again = json.loads(run(folder, "--json", "--password", "open-sesame-77").stdout)
    assert (again["ingested"], again["failed"]) == (1, [])
    kept = [path for path in Path(settings.data_dir).rglob("*") if path.is_file()]
    assert kept
    assert not any(b"open-sesame-77" in path.read_bytes() for path in kept)


def test_a_folder_of_which_most_is_gone_ends_with_4_until_it_is_allowed(folder):
    for number in range(20):
        (folder / f"{number}.md").write_text(f"# Pump {number}\n\nTurn valve {number}.\n")
    run(folder, "--json")
    for number in range(15):
        (folder / f"{number}.md").unlink()
    asked = run(folder, "--json")
    report = json.loads(asked.stdout)
    assert (asked.exit_code, report["removed"]) == (4, 0)
    assert report["needs_confirmation"] == {"articles": 15, "of": 21}
    allowed = run(folder, "--allow-removals", "--json")
    report = json.loads(allowed.stdout)
    assert (allowed.exit_code, report["removed"], "needs_confirmation" in report) == (0, 15, False)
