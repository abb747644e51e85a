"""Originals and pictures of their pages over HTTP, as the article's readers see them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from ingest import service
from ingest.types import IngestRequest
from kb import service as kb
from tests.portal_api.conftest import Browser


def _ingest(path: Path, audience: str) -> int:
    """The article of a file, once the running application's own worker has published it."""
    with write_session() as session:
        service.start(session, IngestRequest(paths=(str(path),), audience=audience))
    for _ in range(1200):
        with read_session() as session:
            found, _total = kb.articles(session, SYSTEM, kb.ArticleFilter(), limit=10, offset=0)
        if found:
            return found[0].id
        time.sleep(0.1)
    raise AssertionError("the file was not ingested")


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    path = tmp_path / "manual.pdf"
    canvas = Canvas(str(path))
    for page in (1, 2):
        canvas.drawString(60, 700, f"The pump of page {page} must be vented before it is started.")
        canvas.showPage()
    canvas.save()
    return path


def test_a_page_is_a_picture_and_the_passage_on_it_changes_it(browser: Browser, manual: Path) -> None:
    article = _ingest(manual, "public")
    chunk = browser.client.get(f"/api/v1/articles/{article}").json()["chunks"][0]
    assert chunk["locator"]["box"]
    plain = browser.client.get(f"/api/v1/articles/{article}/pages/1")
    marked = browser.client.get(f"/api/v1/articles/{article}/pages/1?chunk={chunk['id']}")
    assert plain.headers["content-type"] == marked.headers["content-type"] == "image/png"
    assert plain.content.startswith(b"\x89PNG")
    assert plain.content != marked.content
    elsewhere = browser.client.get(f"/api/v1/articles/{article}/pages/2?chunk={chunk['id']}")
    assert elsewhere.content == browser.client.get(f"/api/v1/articles/{article}/pages/2").content


def test_a_picture_that_has_not_changed_is_not_sent_again(browser: Browser, manual: Path) -> None:
    url = f"/api/v1/articles/{_ingest(manual, 'public')}/pages/1"
    tag = browser.client.get(url).headers["etag"]
    again = browser.client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_that_is_not_there_has_its_own_code(browser: Browser, manual: Path) -> None:
    answer = browser.client.get(f"/api/v1/articles/{_ingest(manual, 'public')}/pages/3")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_page")


def test_pages_of_a_reserved_article_answer_like_those_of_none(browser: Browser, manual: Path) -> None:
    article = _ingest(manual, "tier:vip")
    for path in (f"/api/v1/articles/{article}/pages/1", "/api/v1/articles/987654/pages/1"):
        answer = browser.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "article_not_found")
    browser.sign_in("vip@acme.example")
    assert browser.client.get(f"/api/v1/articles/{article}/pages/1").status_code == 200
