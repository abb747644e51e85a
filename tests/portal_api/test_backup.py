from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from foundation import db
from foundation.access import ANONYMOUS
from foundation.db import read_session, write_session
from foundation.settings import Settings, use_settings
from ingest import service as ingest
from kb import service as kb
from kb.types import Locator, NewArticle, NewChunk, NewSource
from portal_api import backup, database
from retrieval import service as retrieval


@pytest.fixture
def filled(tmp_path: Path) -> Settings:
    """An embedded installation with one article and its original."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", embedder="fake:16")
    use_settings(settings)
    database.upgrade()
    settings.signing_key()
    upload = ingest.receive_upload("note.txt", io.BytesIO(b"original"))
    chunk = NewChunk(text="Reset the zanzibar valve", locator=Locator("a.md"), lang="en")
    article = NewArticle(key="a", title="Reset", chunks=(chunk,), lang="en")
    source = NewSource(uri="a.md", content_hash="1", pipeline_version="1", file_key=upload.file_key)
    with write_session() as session:
        shelf = kb.ensure_collection(session, "docs")
        kb.publish_source(session, shelf.id, source, [article], {}, "none")
    yield settings
    db.dispose_engines()
    use_settings(None)


def test_what_was_backed_up_answers_again_elsewhere(filled: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "jieda.tar.gz"
    assert backup.backup(archive) == ["jieda.db", "files", "secret_key"]
    key = filled.signing_key()
    elsewhere = Settings(_env_file=None, data_dir=tmp_path / "elsewhere", embedder="fake:16")
    use_settings(elsewhere)
    assert backup.restore(archive) == ["files", "jieda.db", "secret_key"]
    database.prepare()
    assert elsewhere.signing_key() == key
    with read_session() as session:
        hits = retrieval.search(session, ANONYMOUS, "zanzibar").hits
        source = kb.article(session, ANONYMOUS, hits[0].article_id).source
    assert hits[0].title == "Reset"
    assert source is not None
    assert source.file_key is not None
    assert ingest.original(source.file_key).read_bytes() == b"original"


def test_nothing_is_ever_overwritten(filled: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "jieda.tar.gz"
    backup.backup(archive)
    before = archive.read_bytes()
    with pytest.raises(backup.TargetExistsError):
        backup.backup(archive)
    with pytest.raises(backup.TargetExistsError):
        backup.restore(archive)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("name", ["../outside", "etc/passwd", "files/../../outside"])
def test_a_hostile_archive_writes_nothing_outside(filled: Settings, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "bad.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        made.addfile(entry, io.BytesIO(b"x"))
    use_settings(Settings(_env_file=None, data_dir=tmp_path / "empty"))
    with pytest.raises(backup.BadArchiveError):
        backup.restore(archive)
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_no_archive_is_refused(filled: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "bad.tar.gz"
    archive.write_bytes(b"not a tar")
    use_settings(Settings(_env_file=None, data_dir=tmp_path / "empty"))
    with pytest.raises(backup.BadArchiveError) as caught:
        backup.restore(archive)
    assert caught.value.code == "bad_archive"
