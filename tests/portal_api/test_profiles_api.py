"""The whole view of a customer: everything that happened, in one order, however it is paged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatbot import service as chatbot
from foundation import clock
from foundation.access import Viewer
from foundation.db import write_session
from kb import reads
from kb import service as kb
from kb.types import Locator, NewArticle, NewChunk, NewSource
from retrieval import impressions
from retrieval.context_queries import PageContext
from tests.portal_api.conftest import Browser
from ticketing import directory, merging
from ticketing import service as ticketing
from ticketing.loading import load_desk
from ticketing.types import NewTicket

VIP, LAB, STD = "vip@acme.example", "lab@acme.example", "std@globex.example"
NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
QUEUE = {"slug": "all", "name": {"zh": "all", "en": "all"}, "position": 1, "conditions": {}}


@pytest.fixture
def article(browser: Browser) -> Iterator[int]:
    """An article of the knowledge base, on a day when the clock stands still."""
    chunk = NewChunk(text="Press stop.", locator=Locator("a.md"), lang="en")
    new = NewArticle(key="a", title="Resetting the drive", chunks=(chunk,), lang="en", audience="public")
    source = NewSource(uri="a.md", content_hash="1", pipeline_version="1")
    with clock.fixed(NOON):
        with write_session() as session:
            shelf = kb.ensure_collection(session, "docs")
            made = kb.publish_source(session, shelf.id, source, [new], {}, "none").changed_articles[0]
            load_desk(session, {"queues": [QUEUE]})
        yield made


def who(email: str) -> Viewer:
    with write_session() as session:
        return directory.viewer_by_email(session, email)


def live(email: str, article_id: int) -> int:
    """A ticket, a conversation, a suggestion that was opened, and an article read, of this person; now."""
    viewer = who(email)
    assert viewer.person_id is not None
    with write_session() as session:
        new = NewTicket(subject=f"ticket of {email}", requester_id=viewer.person_id)
        ticket_id = ticketing.open_ticket(session, new).id
        chatbot.start(session, viewer, locale="en", page=None, context=None)
        shown = impressions.record(session, viewer, PageContext(page="/configure"), [article_id])
        impressions.record_opened(session, shown, article_id)
        reads.record(session, viewer, article_id)
    return ticket_id


def pages(browser: Browser, path: str, limit: int, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": limit, **more, **({"cursor": cursor} if cursor else {})}
        answer = browser.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found
        assert len(answer.json()["items"]) == limit


def test_a_companys_time_holds_what_its_people_did_and_nothing_of_others(
    browser: Browser, article: int
) -> None:
    for email in (VIP, LAB, STD):
        live(email, article)
    browser.sign_in("agent@vendor.example")
    found = pages(browser, "/api/v1/companies/acme/timeline", 100)
    by_kind = sorted((one["kind"], one["person_name"]) for one in found if one["kind"] != "change")
    kinds = ("article", "conversation", "suggestion", "ticket")
    assert by_kind == sorted((kind, name) for kind in kinds for name in ("Vera", "Lena"))
    suggestion = next(one for one in found if one["kind"] == "suggestion")
    assert suggestion["detail"]["articles"] == [
        {"id": article, "title": "Resetting the drive", "opened": True}
    ]
    assert next(one for one in found if one["kind"] == "article")["title"] == "Resetting the drive"


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_neither_skip_nor_repeat_though_much_happened_at_one_instant(
    browser: Browser, article: int, limit: int
) -> None:
    for day in range(3):
        with clock.fixed(NOON + timedelta(days=day)):
            for email in (VIP, LAB, VIP):
                live(email, article)
    browser.sign_in("agent@vendor.example")
    whole = pages(browser, "/api/v1/companies/acme/timeline", 100)
    assert len(whole) > 30
    assert pages(browser, "/api/v1/companies/acme/timeline", limit) == whole
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    assert len({(one["kind"], one["ref"]) for one in whole}) == len(whole)


def test_a_persons_time_is_their_own_and_that_of_the_entries_merged_into_it(
    browser: Browser, article: int
) -> None:
    live(VIP, article)
    live(LAB, article)
    vera, lena = who(VIP).person_id, who(LAB).person_id
    assert vera is not None and lena is not None
    browser.sign_in("agent@vendor.example")
    path = f"/api/v1/people/{vera}/timeline"
    own = [one for one in pages(browser, path, 100) if one["kind"] != "change"]
    assert {one["person_name"] for one in own} == {"Vera"} and len(own) == 4
    with write_session() as session:
        made = merging.merge(session, Viewer(name="Ann"), vera, lena)
    together = [one for one in pages(browser, path, 100) if one["kind"] != "change"]
    assert len(together) == 8
    merged = [one for one in pages(browser, path, 100) if one["title"] == "merged"]
    assert merged and merged[0]["detail"]["actor"] == "Ann"
    clock_at = NOON + timedelta(minutes=1)
    with clock.fixed(clock_at), write_session() as session:
        keys = [one.key for one in merging.arrivals(session, made.id)]
        merging.undo(session, Viewer(name="Ann"), made.id, dict.fromkeys(keys, "kept"))
    assert [one for one in pages(browser, path, 100) if one["kind"] != "change"] == own


def test_kinds_can_be_asked_for(browser: Browser, article: int) -> None:
    live(VIP, article)
    browser.sign_in("agent@vendor.example")
    found = pages(browser, "/api/v1/companies/acme/timeline", 1, kind=["ticket", "article"])
    assert [one["kind"] for one in found] == ["article", "ticket"]


@pytest.mark.parametrize("cursor", ["x", "~~", "2026-01-01~ticket~i1", "2026-01-01T00:00:00+00:00~ticket~ix"])
def test_a_cursor_nobody_gave_is_refused(browser: Browser, cursor: str) -> None:
    browser.sign_in("agent@vendor.example")
    answer = browser.client.get("/api/v1/companies/acme/timeline", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_reading_an_article_is_noted_once_for_customers_and_never_for_staff(
    browser: Browser, article: int
) -> None:
    for email in (VIP, "agent@vendor.example"):
        client = browser.sign_in(email).client
        for _ in range(3):
            assert client.get(f"/api/v1/articles/{article}").status_code == 200
    found = pages(browser, f"/api/v1/people/{who(VIP).person_id}/timeline", 10, kind=["article"])
    assert len(found) == 1
    agent = pages(browser, f"/api/v1/people/{who('agent@vendor.example').person_id}/timeline", 10)
    assert [one for one in agent if one["kind"] == "article"] == []


def test_health_says_what_to_worry_about(browser: Browser, article: int) -> None:
    agent, vera = who("agent@vendor.example"), who(VIP)
    with write_session() as session:
        for rating in (5, 5, 4, 2, 2, 1):
            at = NOON - timedelta(days=120 if rating > 3 else 10)
            with clock.fixed(at):
                new = NewTicket(subject="x", requester_id=vera.person_id)
                one = ticketing.open_ticket(session, new).id
                ticketing.resolve(session, agent, one)
                ticketing.rate_ticket(session, one, rating=rating)
    browser.sign_in("agent@vendor.example")
    path = "/api/v1/companies/acme/health"
    found = browser.client.get(path).json()
    assert found["satisfaction"]["trend"] == "down"
    assert (found["satisfaction"]["average"], found["satisfaction"]["average_before"]) == (1.67, 4.67)
    assert found["satisfaction"]["months"] == [None, 4.67, None, None, None, 1.67]
    assert (found["verdict"], found["reasons"]) == ("risk", ["csat_low", "csat_falling"])
    assert (found["contacts"], found["contacts_before"], found["open_tickets"]) == (3, 0, 0)
    with clock.fixed(NOON + timedelta(days=40)):
        browser.sign_in("agent@vendor.example")
        assert "silent" in browser.client.get(path).json()["reasons"]
    live(VIP, article)
    browser.sign_in("agent@vendor.example")
    assert browser.client.get(path).json()["contacts"] == 5  # and one conversation


def test_a_company_nothing_is_known_of_is_no_worry(browser: Browser) -> None:
    browser.sign_in("agent@vendor.example")
    found = browser.client.get("/api/v1/companies/globex/health").json()
    assert (found["verdict"], found["last_heard_at"], found["satisfaction"]["trend"]) == (
        "good",
        None,
        "unknown",
    )


def test_without_a_system_of_orders_the_page_says_so(browser: Browser) -> None:
    browser.sign_in("agent@vendor.example")
    found = browser.client.get("/api/v1/companies/acme/orders").json()
    assert found == {"state": "not_set_up", "system": None, "items": [], "total": 0}


@pytest.mark.parametrize("path", ["timeline", "health", "orders"])
def test_customers_see_nobodys_profile_not_even_their_own(browser: Browser, path: str) -> None:
    client = browser.sign_in(VIP).client
    assert client.get(f"/api/v1/companies/acme/{path}").status_code == 403
    if path != "orders":
        assert client.get(f"/api/v1/people/{who(VIP).person_id}/{path}").status_code == 403
