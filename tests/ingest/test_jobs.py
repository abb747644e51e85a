"""What a job promises: nothing redone, nothing lost, nothing half visible."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import update

from foundation import live
from foundation.access import ANONYMOUS, SYSTEM, Viewer
from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import jobs, progress, repository, runs, service
from ingest.errors import JobBusyError, JobNotFoundError, NotAnAddressError, NothingToIngestError
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import FileState, IngestRequest, JobState
from kb import service as kb
from kb.errors import AudienceRuleError
from kb.repository import ArticleFilter
from models.embedders import fake
from tests.ingest.steering import LONG_AGO, Killed, job_of, listed, start, stop_after

LONG = "这一节足够长，可以单独成为一个片段。" * 20
GUIDE = f"# {{title}}\n\n## 接线\n\n先断开电源，再打开盖板。{LONG}\n\n## 参数\n\n加速时间 P0-06 出厂为 10 秒。{LONG}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "sub").mkdir(parents=True)
    (root / "a.md").write_text(GUIDE.format(title="变频器"))
    (root / "sub" / "b.md").write_text(GUIDE.format(title="网关"))
    (root / "faq.csv").write_text(
        "question,answer,audience\n怎么清零？,按住 Z 键 3 秒。,\n专线电话？,0512。,tier:vip\n"
    )
    return root


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were embedded, in order."""
    seen: list[str] = []
    original = fake.FakeEmbedder.embed_passages

    def counting(self, texts):
        seen.extend(texts)
        return original(self, texts)

    monkeypatch.setattr(fake.FakeEmbedder, "embed_passages", counting)
    return seen


def titles(viewer: Viewer = SYSTEM) -> list[str]:
    with read_session() as session:
        found, _total = kb.articles(session, viewer, ArticleFilter())
        return sorted(article.title for article in found)


def test_a_folder_becomes_articles_in_a_collection_of_its_name(ingest, folder):
    job = ingest(folder)
    assert (job.state, job.collection, job.total_files, job.ingested, job.failed) == (
        JobState.DONE,
        "docs",
        3,
        3,
        0,
    )
    assert (job.articles, job.chunks) == (4, 6)
    assert [file.path for file in job.files] == ["docs/a.md", "docs/faq.csv", "docs/sub/b.md"]
    assert titles() == ["专线电话？", "变频器", "怎么清零？", "网关"]
    assert titles(ANONYMOUS) == ["变频器", "怎么清零？", "网关"]


def test_the_second_run_changes_nothing_and_embeds_nothing(ingest, folder, embedded):
    first = ingest(folder)
    with read_session() as session:
        sequence = kb.last_sequence(session)
    embedded.clear()
    again = ingest(folder)
    assert (again.ingested, again.unchanged, again.removed) == (0, 3, 0)
    assert (again.articles, again.chunks) == (first.articles, first.chunks)
    assert embedded == []
    with read_session() as session:
        assert kb.last_sequence(session) == sequence


def test_the_same_folder_from_elsewhere_is_the_same(ingest, folder, monkeypatch):
    ingest(folder)
    monkeypatch.chdir(folder.parent)
    assert ingest(Path("docs")).unchanged == 3


def test_a_changed_file_embeds_only_its_changed_chunks(ingest, folder, embedded):
    ingest(folder)
    embedded.clear()
    page = folder / "a.md"
    page.write_text(page.read_text().replace("10 秒", "12 秒"))
    job = ingest(folder)
    assert (job.ingested, job.unchanged) == (1, 2)
    assert len(embedded) == 1
    assert "12 秒" in embedded[0]


def test_a_vanished_file_retires_its_articles_and_coming_back_revives_them(ingest, folder):
    ingest(folder)
    text = (folder / "a.md").read_text()
    (folder / "a.md").unlink()
    assert ingest(folder).removed == 1
    assert "变频器" not in titles()
    (folder / "a.md").write_text(text)
    assert ingest(folder).ingested == 1
    assert "变频器" in titles()


def test_a_vanished_row_is_removed_and_counted(ingest, folder):
    ingest(folder)
    (folder / "faq.csv").write_text("question,answer\n怎么清零？,按住 Z 键 3 秒。\n")
    job = ingest(folder)
    assert job.removed == 1
    assert "专线电话？" not in titles()


def test_another_folder_of_the_collection_is_left_alone(ingest, folder, tmp_path):
    other = tmp_path / "more"
    other.mkdir()
    (other / "c.md").write_text("# 流量计\n\n说明。")
    ingest(folder, collection="shared")
    ingest(other, collection="shared")
    assert ingest(folder, collection="shared").removed == 0
    assert "流量计" in titles()


def test_a_new_audience_republishes_unchanged_files_and_then_holds(ingest, folder):
    ingest(folder)
    assert ingest(folder, audience="staff").ingested == 3
    assert titles(ANONYMOUS) == []
    assert ingest(folder).unchanged == 3
    assert titles(ANONYMOUS) == []


def test_a_file_that_fails_keeps_what_it_said_before(ingest, folder):
    ingest(folder)
    (folder / "a.md").write_bytes(bytes(range(256)) * 4)
    job = ingest(folder)
    failed = job.files[0]
    assert (job.state, job.failed, job.removed) == (JobState.DONE, 1, 0)
    assert (failed.path, failed.state, failed.code) == ("docs/a.md", FileState.FAILED, "bad_encoding")
    assert "UTF-8" in failed.message
    assert "变频器" in titles()


def test_the_original_is_kept_and_can_be_opened(ingest, folder):
    ingest(folder)
    with read_session() as session:
        collection = kb.collection_ids(session, ["docs"])["docs"]
        source = kb.sources(session, collection, ["docs/a.md"])["docs/a.md"]
    assert service.original(source.file_key).read_text() == (folder / "a.md").read_text()
    assert source.media_type == "text/markdown"
    with pytest.raises(ValueError, match="no key"):
        service.original("../../etc/passwd")


def test_hidden_files_and_links_that_lead_out_are_not_followed(ingest, folder, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("# 秘密\n\n不该出现。")
    (folder / "link.md").symlink_to(secret)
    (folder / ".hidden.md").write_text("# x\n\ny")
    (folder / "~$lock.docx").write_text("x")
    (folder / "inner.md").symlink_to(folder / "a.md")
    assert [file.path for file in ingest(folder).files] == [
        "docs/a.md",
        "docs/faq.csv",
        "docs/inner.md",
        "docs/sub/b.md",
    ]
    assert "秘密" not in titles()


def test_uploads_are_kept_and_named(settings, folder):
    with (folder / "a.md").open("rb") as file:
        upload = service.receive_upload("../../a.md", file)
    with write_session() as session:
        job_id = service.start(session, IngestRequest(uploads=(upload,), collection="Uploads"))
    jobs.run(job_id)
    with read_session() as session:
        job = service.job(session, job_id)
    assert (job.state, job.collection, [file.path for file in job.files]) == (
        JobState.DONE,
        "uploads",
        ["a.md"],
    )


def test_files_a_dead_worker_had_in_hand_are_done_again_and_finished_ones_are_not(
    settings, folder, embedded, monkeypatch
):
    job_id = start(folder)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        stop_after(patch, 1)
        jobs.run(job_id)
    with write_session() as session:
        session.execute(
            update(IngestFileTable).where(IngestFileTable.state == "running").values(claimed_by="x:1#y")
        )
        session.execute(
            update(IngestJobTable).values(state="running", claimed_by="x:1#y", heartbeat_at=LONG_AGO)
        )
    assert job_of(job_id).ingested == 1
    jobs.run(job_id)
    job = job_of(job_id)
    assert (job.state, job.ingested, job.articles, job.chunks) == (JobState.DONE, 3, 4, 6)
    assert len(embedded) == len(set(embedded)) == 6
    jobs.run(job_id)
    assert job_of(job_id) == job


def test_a_job_that_somebody_alive_holds_is_left_to_them(settings, folder):
    job_id = start(folder)
    with runs.begin() as other:
        jobs._take(job_id, other)
        with pytest.raises(JobBusyError):
            jobs.run(job_id)
    jobs.run(job_id)
    assert job_of(job_id).state is JobState.DONE


def test_a_file_can_be_claimed_once(settings, folder):
    job_id = start(folder)
    listed(job_id)
    with write_session() as session:
        file_id = repository.waiting(session, job_id)[0].id
        assert repository.claim_file(session, file_id, "one")
        assert not repository.claim_file(session, file_id, "two")
        assert not repository.finish_file(session, file_id, "two", state=FileState.INGESTED)


def test_a_file_two_jobs_name_is_in_one_hand_at_a_time(settings, folder):
    first, second = start(folder), start(folder)
    listed(first)
    listed(second)
    with write_session() as session:
        mine, other = (repository.waiting(session, job_id)[0] for job_id in (first, second))
        assert mine.uri == other.uri
        assert repository.claim_file(session, mine.id, "one")
        assert not repository.claim_file(session, other.id, "two")
        assert repository.finish_file(session, mine.id, "one", state=FileState.INGESTED)
        assert repository.claim_file(session, other.id, "two")


def test_of_several_files_claimed_at_once_those_in_other_hands_are_left(settings, folder):
    jobs_of_two = [start(folder), start(folder)]
    for job_id in jobs_of_two:
        listed(job_id)
    with write_session() as session:
        mine, others = ([row.id for row in repository.waiting(session, job_id)] for job_id in jobs_of_two)
        assert repository.claim_files(session, others[:2], "two") == set(others[:2])
        assert repository.claim_files(session, mine, "one") == set(mine[2:])
        assert repository.claim_files(session, mine, "three") == set()
        assert repository.in_hand(session, [*mine, *others], "one") == set(mine[2:])


def test_a_file_the_database_refuses_fails_alone(ingest, folder, monkeypatch):
    publish = kb.publish_sources

    def refusing(session, collection_id, sources, *rest):
        if any(source.uri.endswith("b.md") for source, _articles in sources):
            raise ValueError("no such text")
        return publish(session, collection_id, sources, *rest)

    monkeypatch.setattr(kb, "publish_sources", refusing)
    job = ingest(folder)
    assert {file.path: file.code for file in job.files if file.code} == {"docs/sub/b.md": "unreadable"}
    assert job.ingested == job.total_files - 1 > 1


def test_news_of_the_job_are_told_and_the_last_says_done(ingest, folder):
    heard = []
    stop = live.listen([progress.TOPIC], lambda _topic, message: heard.append(message["job"]))
    ingest(folder)
    stop()
    assert heard[-1]["state"] == "done"
    assert heard[-1]["done_files"] == heard[-1]["total_files"] == 3
    assert heard[-1]["started_at"].endswith("Z")


def test_a_folder_that_is_gone_retires_nothing(ingest, folder, tmp_path):
    ingest(folder)
    with write_session() as session:
        job_id = service.start(session, IngestRequest(paths=(str(folder),)))
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(NothingToIngestError):
        jobs.run(job_id)
    assert len(titles()) == 4


def test_requests_that_make_no_sense_are_refused(session, tmp_path):
    with pytest.raises(NothingToIngestError):
        service.start(session, IngestRequest(paths=(str(tmp_path / "none"),)))
    with pytest.raises(NothingToIngestError):
        service.start(session, IngestRequest())
    with pytest.raises(AudienceRuleError):
        service.start(session, IngestRequest(paths=(str(tmp_path),), audience="friends"))
    with pytest.raises(JobNotFoundError):
        service.job(session, 99)


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "file:///etc/passwd", "file:ab/cd", "ftp://example.com/a", ""]
)
def test_an_address_can_never_name_a_file_of_this_machine(session, url):
    with pytest.raises(NotAnAddressError):
        service.start(session, IngestRequest(urls=(url,)))


def test_files_whose_names_are_no_utf8_are_read_under_names_of_their_own(
    settings: Settings, folder: Path
) -> None:
    for name in (b"bad\xff.md", b"bad\xfe.md"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(GUIDE.format(title="编码"))
    for expected in (FileState.INGESTED, FileState.UNCHANGED):
        with write_session() as session:
            job_id = service.start(session, IngestRequest(paths=(str(folder),)))
        jobs.run(job_id)
        with read_session() as session:
            done = service.job(session, job_id)
        assert (done.state, done.failed, done.removed) == (JobState.DONE, 0, 0)
        found = {file.path: file.state for file in done.files}
        assert found["docs/bad\\xff.md"] == found["docs/bad\\xfe.md"] == expected
