"""What is no longer there: moved files keep their articles, many vanished ones are asked about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import jobs, service
from ingest.types import FileState, JobState
from kb import service as kb
from kb.repository import ArticleFilter
from tests.ingest.steering import job_of, start

FILES = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    for number in range(FILES):
        (root / f"{number:02}.md").write_text(f"# Pump {number}\n\nTurn valve {number} before you start.\n")
    return root


def articles() -> dict[str, tuple[int, str]]:
    """Live articles by title: their ids and where they come from."""
    with read_session() as session:
        found, _total = kb.articles(session, SYSTEM, ArticleFilter(), limit=200)
        return {one.title: (one.id, one.source.uri) for one in found}


def decide(job_id: int, *, allow: bool) -> None:
    with write_session() as session:
        service.decide_removals(session, job_id, allow=allow)


def test_a_folder_of_which_most_is_gone_is_asked_about_and_nothing_is_retired_until_then(ingest, folder):
    ingest(folder)
    for number in range(12):
        (folder / f"{number:02}.md").unlink()
    (folder / "new.md").write_text("# New\n\nThis came meanwhile.\n")
    asked = ingest(folder)
    assert (asked.state, asked.pending_removals, asked.pending_of) == (
        JobState.NEEDS_CONFIRMATION,
        12,
        FILES + 1,
    )
    assert (asked.ingested, asked.removed, asked.finished_at) == (1, 0, None)
    assert len(articles()) == FILES + 1
    decide(asked.id, allow=True)
    jobs.run(asked.id)
    done = job_of(asked.id)
    assert (done.state, done.removed, done.pending_removals) == (JobState.DONE, 12, 0)
    assert len(articles()) == FILES - 12 + 1


def test_a_refusal_keeps_every_article(ingest, folder):
    ingest(folder)
    for number in range(12):
        (folder / f"{number:02}.md").unlink()
    asked = ingest(folder)
    decide(asked.id, allow=False)
    assert job_of(asked.id).state is JobState.DONE
    jobs.run(asked.id)
    assert len(articles()) == FILES
    assert ingest(folder).state is JobState.NEEDS_CONFIRMATION
    assert ingest(folder, allow_removals=True).removed == 12


@pytest.mark.parametrize(("gone", "asks"), [(10, False), (11, True)])
def test_few_removals_are_not_asked_about(ingest, folder, gone, asks):
    ingest(folder)
    for number in range(gone):
        (folder / f"{number:02}.md").unlink()
    job = ingest(folder)
    assert (job.state is JobState.NEEDS_CONFIRMATION) is asks
    assert job.removed == (0 if asks else gone)


def test_a_small_share_of_many_is_not_asked_about(ingest, folder, settings: Settings, monkeypatch):
    monkeypatch.setattr(settings.ingest, "ask_above_removals", 2)
    ingest(folder)
    for number in range(5):
        (folder / f"{number:02}.md").unlink()
    assert ingest(folder).removed == 5


def table(rows: int) -> str:
    return "question,answer\n" + "".join(
        f"What does code E{row} mean?,Part {row} is worn.\n" for row in range(rows)
    )


def test_a_table_that_lost_most_of_its_rows_is_held_and_goes_in_once_confirmed(ingest, tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text(table(30))
    assert ingest(path).articles == 30
    path.write_text(table(3))
    asked = ingest(path)
    assert (asked.state, asked.pending_removals, asked.pending_of) == (JobState.NEEDS_CONFIRMATION, 27, 30)
    assert [file.state for file in asked.files] == [FileState.HELD]
    assert len(articles()) == 30
    decide(asked.id, allow=True)
    jobs.run(asked.id)
    done = job_of(asked.id)
    assert (done.state, done.removed, done.articles) == (JobState.DONE, 27, 3)


def test_a_table_that_was_refused_says_so_and_keeps_its_articles(ingest, tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text(table(30))
    ingest(path)
    path.write_text(table(3))
    asked = ingest(path)
    decide(asked.id, allow=False)
    (file,) = job_of(asked.id).files
    assert (file.state, file.code) == (FileState.FAILED, "removals_refused")
    assert len(articles()) == 30


def test_files_that_were_renamed_or_moved_keep_their_articles_and_are_cited_under_the_new_name(
    ingest, folder, tmp_path
):
    ingest(folder)
    before = articles()
    (folder / "sub").mkdir()
    for number in range(15):
        (folder / f"{number:02}.md").rename(folder / "sub" / f"{number:02}.md")
    (folder / "15.md").rename(folder / "renamed.md")
    job = ingest(folder)
    after = articles()
    assert (job.state, job.removed, job.embedded) == (JobState.DONE, 0, 0)
    assert {title: known[0] for title, known in before.items()} == {
        title: known[0] for title, known in after.items()
    }
    assert after["Pump 3"][1] == "docs/sub/03.md"
    assert after["Pump 15"][1] == "docs/renamed.md"
    with read_session() as session:
        (chunk,) = kb.article_chunks(session, SYSTEM, after["Pump 3"][0])
    assert chunk.locator.uri == "docs/sub/03.md"
    assert ingest(folder).unchanged == FILES


def test_a_file_that_was_taken_away_and_comes_back_elsewhere_is_the_same(ingest, folder, tmp_path):
    ingest(folder)
    known = articles()["Pump 3"][0]
    (folder / "03.md").rename(tmp_path / "aside.md")
    assert ingest(folder).removed == 1
    (tmp_path / "aside.md").rename(folder / "back.md")
    ingest(folder)
    assert articles()["Pump 3"] == (known, "docs/back.md")


def test_a_copy_is_an_article_of_its_own(ingest, folder):
    ingest(folder)
    shutil.copy(folder / "03.md", folder / "copy.md")
    job = ingest(folder)
    assert (job.ingested, job.articles, job.removed) == (1, FILES + 1, 0)


def test_two_folders_of_one_name_in_a_collection_are_two(ingest, folder, tmp_path):
    other = tmp_path / "b" / "docs"
    other.mkdir(parents=True)
    (other / "00.md").write_text("# Gateway\n\nAnother folder of the same name.\n")
    ingest(folder, collection="shared")
    job = ingest(other, collection="shared")
    assert (job.state, job.removed, job.ingested) == (JobState.DONE, 0, 1)
    assert [file.path for file in job.files] == ["b-docs/00.md"]
    assert len(articles()) == FILES + 1
    assert ingest(folder, collection="shared").unchanged == FILES
    assert ingest(other, collection="shared").unchanged == 1


def test_two_files_of_one_name_are_two(ingest, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "readme.md").write_text(f"# Readme {name}\n\nText of {name}.\n")
        ingest(tmp_path / name / "readme.md")
    assert sorted(articles()) == ["Readme a", "Readme b"]


def test_a_folder_that_was_moved_is_still_the_same_folder(ingest, folder, tmp_path):
    ingest(folder)
    elsewhere = tmp_path / "elsewhere" / "docs"
    elsewhere.parent.mkdir()
    folder.rename(elsewhere)
    assert ingest(elsewhere).unchanged == FILES


def test_a_cancelled_question_retires_nothing(ingest, folder):
    ingest(folder)
    for number in range(12):
        (folder / f"{number:02}.md").unlink()
    asked = ingest(folder)
    with write_session() as session:
        service.cancel(session, asked.id)
    assert len(articles()) == FILES
    assert start(folder) > asked.id
