"""Nobody sees what is not for them, by any route: every way in is tried with every hidden article."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import service as ingest
from ingest.types import Upload
from kb import service as kb
from kb.types import Locator, NewArticle, NewChunk, NewSource
from portal_api.openapi import document
from tests.portal_api.conftest import Browser

RULES = {
    "open": "public",
    "signedin": "signed-in",
    "viponly": "tier:vip",
    "acmeonly": "company:acme",
    "labonly": "company:acme+department:lab",
    "staffonly": "staff",
}
SECRET = {name: f"zanzibar{name}" for name in RULES}  # a word that stands in one article only
MAY_READ = {
    "anonymous": {"open"},
    "std@globex.example": {"open", "signedin"},
    "vip@acme.example": {"open", "signedin", "viponly", "acmeonly"},
    "lab@acme.example": {"open", "signedin", "viponly", "acmeonly", "labonly"},
    "lab@globex.example": {"open", "signedin"},  # a department of the same name, in another company
    "agent@vendor.example": set(RULES),
}
VIEWERS = list(MAY_READ)  # customers first, then staff


@dataclass
class World:
    browser: Browser
    articles: dict[str, int] = field(default_factory=dict)
    chunks: dict[str, int] = field(default_factory=dict)

    def hidden_from(self, viewer: str) -> list[str]:
        return [name for name in RULES if name not in MAY_READ[viewer]]

    def leaks(self, viewer: str, text: str) -> list[str]:
        return [name for name in self.hidden_from(viewer) if SECRET[name] in text.lower()]


def _upload(text: str) -> Upload:
    import io

    return ingest.receive_upload("note.txt", io.BytesIO(text.encode()))


@pytest.fixture
def world(browser: Browser, settings: Settings, tmp_path: Path) -> World:
    made = World(browser)
    for name, rule in RULES.items():
        text = f"The pump code {SECRET[name]} resets the drive after fault E-77 within 5 minutes."
        upload = _upload(text)
        chunk = NewChunk(text=text, locator=Locator(f"{name}.md"), lang="en", heading_path=("Reset",))
        article = NewArticle(
            key="a",
            title=f"Resetting the drive {SECRET[name]}",
            chunks=(chunk,),
            lang="en",
            audience=rule,
            translation_key="reset",
        )
        source = NewSource(
            uri=f"{name}-{SECRET[name]}.md", content_hash=name, pipeline_version="1", file_key=upload.file_key
        )
        with write_session() as session:
            shelf = kb.ensure_collection(session, "docs")
            published = kb.publish_source(session, shelf.id, source, [article], {}, "none")
            made.articles[name] = published.changed_articles[0]
            made.chunks[name] = kb.article_chunks(session, SYSTEM, published.changed_articles[0])[0].id
    return made


def as_viewer(world: World, viewer: str) -> World:
    if viewer != "anonymous":
        world.browser.sign_in(viewer)
    return world


@pytest.mark.parametrize("viewer", VIEWERS)
def test_search_finds_exactly_what_the_viewer_may_read(world: World, viewer: str) -> None:
    as_viewer(world, viewer)
    for name, secret in SECRET.items():
        answer = world.browser.client.post("/api/v1/search", json={"query": secret, "explain": True})
        found = {hit["article_id"] for hit in answer.json()["hits"]}
        assert world.leaks(viewer, json.dumps(answer.json()["hits"])) == []
        assert (world.articles[name] in found) == (name in MAY_READ[viewer])


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_conversation_never_answers_from_what_is_hidden(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    begun = client.post("/api/v1/conversations", json={"locale": "en"}).json()
    headers = {"X-Conversation-Token": begun["token"]}
    for name in world.hidden_from(viewer):
        said = client.post(
            f"/api/v1/conversations/{begun['id']}/turns",
            json={"text": f"What does {SECRET[name]} reset after fault E-77?", "client_id": name},
            headers=headers,
        )
        assert said.status_code == 200, said.text
        for turn in said.json()["turns"][1:]:
            cited = {citation["article_id"] for citation in turn["citations"]}
            assert world.articles[name] not in cited
            assert "within 5 minutes" not in turn["text"] or cited <= {
                world.articles[known] for known in MAY_READ[viewer]
            }


@pytest.mark.parametrize("viewer", VIEWERS)
def test_suggestions_never_name_what_is_hidden(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    for name in world.hidden_from(viewer):
        fields = {"error_code": "E-77", "code": SECRET[name]}
        answer = client.post(
            "/api/v1/suggestions",
            json={"page": "/configure", "fields": fields, "draft": "drive reset pump code", "locale": "en"},
        )
        assert answer.status_code == 200, answer.text
        shown = {one["article_id"] for one in answer.json()["articles"]}
        assert world.articles[name] not in shown
        assert world.leaks(viewer, json.dumps([one["title"] for one in answer.json()["articles"]])) == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_openai_protocol_answers_only_from_what_its_caller_may_read(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    for name in world.hidden_from(viewer):
        question = f"What does {SECRET[name]} do after E-77?"
        for stream in (False, True):
            answer = client.post(
                "/v1/chat/completions",
                json={"messages": [{"role": "user", "content": question}], "stream": stream},
            )
            assert answer.status_code == 200, answer.text
            assert f'"article_id": {world.articles[name]}' not in answer.text.replace('":', '": ')


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_hidden_article_answers_like_one_that_does_not_exist(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    for name, article_id in world.articles.items():
        for path in (f"/api/v1/articles/{article_id}", f"/api/v1/articles/{article_id}/file"):
            answer = client.get(path)
            if name in MAY_READ[viewer]:
                assert answer.status_code == 200, (viewer, path, answer.text)
                continue
            missing = client.get(path.replace(str(article_id), "987654"))
            assert (answer.status_code, missing.status_code) == (404, 404)
            assert answer.json()["code"] == missing.json()["code"] == "article_not_found"
            assert world.leaks(viewer, answer.text) == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_lists_and_counts_tell_nothing_of_hidden_articles(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    listed = client.get("/api/v1/articles", params={"state": "all", "limit": 200}).json()
    assert {one["id"] for one in listed["items"]} == {world.articles[name] for name in MAY_READ[viewer]}
    assert listed["total"] == len(MAY_READ[viewer])
    collections = client.get("/api/v1/collections").json()["items"]
    assert [one["articles"] for one in collections] == [len(MAY_READ[viewer])]
    translations = client.get(f"/api/v1/articles/{world.articles['open']}").json()["translations"]
    assert world.leaks(viewer, json.dumps(translations)) == []


@pytest.mark.parametrize("viewer", VIEWERS[:-1])
def test_no_documented_read_shows_hidden_text_whatever_id_is_put_into_it(world: World, viewer: str) -> None:
    """Every GET of the API joins this test by being documented."""
    client = as_viewer(world, viewer).browser.client
    tried = 0
    for path, operations in json.loads(document())["paths"].items():
        if "get" not in operations or path.endswith("/events"):
            continue
        for hidden in world.hidden_from(viewer):
            for known in (world.articles[hidden], world.chunks[hidden]):
                address = path
                for parameter in operations["get"].get("parameters", []):
                    if parameter["in"] == "path":
                        address = address.replace("{" + parameter["name"] + "}", str(known))
                answer = client.get(address, params={"q": SECRET[hidden], "state": "all"})
                assert world.leaks(viewer, answer.text.replace(SECRET[hidden] + '"', "")) == [], address
                tried += 1
    assert tried > 50


@pytest.mark.parametrize("viewer", VIEWERS[:-1])
def test_customers_cannot_change_the_knowledge_base(world: World, viewer: str) -> None:
    client = as_viewer(world, viewer).browser.client
    target = world.articles["open"]
    for method, path in (
        ("DELETE", f"/api/v1/articles/{target}"),
        ("POST", f"/api/v1/articles/{target}/restore"),
        ("POST", "/api/v1/glossary"),
        ("POST", "/api/v1/sources"),
        ("GET", "/api/v1/jobs"),
        *(("POST", f"/api/v1/jobs/1/{verb}") for verb in ("pause", "resume", "cancel", "retry", "removals")),
        ("GET", "/api/v1/gaps"),
        ("GET", "/api/v1/queues"),
        ("GET", "/api/v1/people"),
        ("GET", "/api/v1/people/1"),
        ("POST", "/api/v1/people"),
        ("GET", "/api/v1/people/1/contacts"),
        ("POST", "/api/v1/people/1/contacts"),
        ("DELETE", "/api/v1/people/1/contacts/1"),
        ("GET", "/api/v1/people/1/merges"),
        ("POST", "/api/v1/people/1/merges"),
        ("GET", "/api/v1/merges/1/arrivals"),
        ("POST", "/api/v1/merges/1/undo"),
        ("GET", "/api/v1/companies"),
        ("GET", "/api/v1/companies/acme"),
        ("PUT", "/api/v1/companies/acme"),
        ("PUT", "/api/v1/companies/acme/tier"),
        ("POST", "/api/v1/directory/imports/people"),
        ("GET", "/api/v1/directory/exports/people"),
        ("POST", "/api/v1/directory/sync/erp"),
        ("GET", "/api/v1/tier-rules"),
        ("PUT", "/api/v1/tier-rules"),
        ("GET", "/api/v1/companies/acme/products"),
        ("POST", "/api/v1/companies/acme/products"),
        ("DELETE", "/api/v1/companies/acme/products/1"),
        ("GET", "/api/v1/companies/acme/timeline"),
        ("GET", "/api/v1/companies/acme/health"),
        ("GET", "/api/v1/companies/acme/orders"),
        ("GET", "/api/v1/people/1/timeline"),
        ("GET", "/api/v1/people/1/health"),
        ("GET", "/api/v1/companies/acme/departments"),
        ("PUT", "/api/v1/companies/acme/departments/lab"),
        ("DELETE", "/api/v1/companies/acme/departments/lab"),
        ("GET", "/api/v1/reports/overview"),
    ):
        signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
        answer = client.request(
            method, path, json={"term": "x", "lang": "zh", "url": "https://x.example"}, headers=signed
        )
        assert answer.status_code in {401, 403}, (method, path, answer.status_code)


def test_deleting_an_article_removes_it_from_every_answer_at_once(world: World) -> None:
    client = world.browser.sign_in("editor@vendor.example").client
    target, secret = world.articles["open"], SECRET["open"]
    assert client.delete(f"/api/v1/articles/{target}").status_code == 204
    hits = client.post("/api/v1/search", json={"query": secret}).json()["hits"]
    assert target not in {hit["article_id"] for hit in hits}
    shown = client.post("/api/v1/suggestions", json={"page": "/", "draft": secret, "locale": "en"}).json()
    assert target not in {one["article_id"] for one in shown["articles"]}
    assert client.post(f"/api/v1/articles/{target}/restore").status_code == 200
    hits = client.post("/api/v1/search", json={"query": secret}).json()["hits"]
    assert target in {hit["article_id"] for hit in hits}


def test_one_row_reserved_hides_the_whole_file_of_a_table(browser: Browser, settings: Settings) -> None:
    """A FAQ table's file holds all its rows, also those of another audience."""
    upload = _upload("question,answer,audience")
    rows = [
        NewArticle(
            key=rule,
            title=f"Row {rule}",
            chunks=(NewChunk(text=f"text {rule}", locator=Locator("faq.csv"), lang="en"),),
            lang="en",
            audience=rule,
        )
        for rule in ("public", "tier:vip")
    ]
    source = NewSource(uri="faq.csv", content_hash="1", pipeline_version="1", file_key=upload.file_key)
    with write_session() as session:
        shelf = kb.ensure_collection(session, "docs")
        public, _vip = kb.publish_source(session, shelf.id, source, rows, {}, "none").changed_articles
    assert browser.client.get(f"/api/v1/articles/{public}").status_code == 200
    assert browser.client.get(f"/api/v1/articles/{public}/file").status_code == 404
    with read_session() as session:
        assert kb.article(session, SYSTEM, public).source is not None
    browser.sign_in("vip@acme.example")
    assert browser.client.get(f"/api/v1/articles/{public}/file").status_code == 200
