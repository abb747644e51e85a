"""Search page, console test page, command line and chat are one path: the same hits for the same viewer."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from chatbot import lookup
from chatbot.decide import TOP_K
from foundation.db import read_session
from foundation.settings import Settings
from portal_api import database
from portal_api.commands import search as search_command
from retrieval import service as retrieval
from retrieval.types import Hit
from tests.portal_api.conftest import Browser
from tests.retrieval.knowledge import article, publish
from ticketing.directory import viewer_by_email

RULES = ("public", "signed-in", "tier:vip", "company:acme", "staff")
VIEWERS = (None, "std@globex.example", "vip@acme.example")
QUESTIONS = ("Which pump code resets the drive after fault E-77?", "E-77", "pupm code", "asdfqwer zxcv")


@pytest.fixture
def shelf(settings: Settings) -> None:
    publish(
        *(
            article(
                f"Resetting the drive {rule}",
                f"The pump code {at} resets the drive after E-77.",
                lang="en",
                audience=rule,
            )
            for at, rule in enumerate(RULES)
        ),
        *(
            article(f"Page {at}", f"The pump has part number {at} in its drive", lang="en")
            for at in range(12)
        ),
    )


def over_http(browser: Browser, query: str, *, explain: bool) -> list[int]:
    body = {"query": query, "top_k": TOP_K, "explain": explain}
    return [hit["chunk_id"] for hit in browser.client.post("/api/v1/search", json=body).json()["hits"]]


@pytest.mark.parametrize("email", VIEWERS)
@pytest.mark.parametrize("query", QUESTIONS)
def test_every_way_to_search_gives_the_same_hits(
    browser: Browser, shelf: None, monkeypatch: pytest.MonkeyPatch, email: str | None, query: str
) -> None:
    monkeypatch.setattr(database, "prepare", lambda: None)
    if email:
        browser.sign_in(email)
    expected = over_http(browser, query, explain=False)
    assert over_http(browser, query, explain=True) == expected  # what the console's test page asks for
    app = typer.Typer()
    app.command()(search_command.search)
    told = CliRunner().invoke(app, [query, "--json", *(["--as", email] if email else [])])
    assert [hit["chunk_id"] for hit in json.loads(told.stdout)["hits"]] == expected


@pytest.mark.parametrize("email", VIEWERS)
def test_the_chat_looks_at_the_same_hits(
    browser: Browser, shelf: None, monkeypatch: pytest.MonkeyPatch, email: str | None
) -> None:
    seen: list[tuple[str, tuple[Hit, ...]]] = []

    def watched(session, viewer, query, **more):  # type: ignore[no-untyped-def]
        found = retrieval.search(session, viewer, query, **more)
        if not more.get("filters"):
            seen.append((query, found.hits))
        return found

    monkeypatch.setattr(lookup, "search", watched)
    if email:
        browser.sign_in(email)
    begun = browser.client.post("/api/v1/conversations", json={"locale": "en"}).json()
    answer = browser.client.post(
        f"/api/v1/conversations/{begun['id']}/turns",
        json={"text": QUESTIONS[0], "client_id": "one"},
        headers={"X-Conversation-Token": begun["token"]},
    )
    assert answer.status_code == 200, answer.text
    assert seen
    for query, hits in seen:
        assert [hit.chunk_id for hit in hits] == over_http(browser, query, explain=False)


def test_viewers_do_find_different_things(browser: Browser, shelf: None) -> None:
    with read_session() as session:
        vip = viewer_by_email(session, "vip@acme.example")
        found = retrieval.search(session, vip, QUESTIONS[0], top_k=TOP_K).hits
    assert [hit.chunk_id for hit in found] != over_http(browser, QUESTIONS[0], explain=False)
