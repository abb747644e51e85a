"""News over HTTP: one's own, and nobody else's."""

from __future__ import annotations

import pytest

from foundation.db import write_session
from tests.portal_api.conftest import Browser
from ticketing import directory, notifications


@pytest.fixture
def news(browser: Browser) -> None:
    with write_session() as session:
        for role in ("agent", "manager"):
            person = directory.person_by_email(session, f"{role}@vendor.example")
            notifications.notify(session, person.id, "rule", text={"zh": role, "en": role})


def test_one_reads_ones_own_news_and_marks_it_as_read(browser: Browser, news: None) -> None:
    client = browser.sign_in("agent@vendor.example").client
    told = client.get("/api/v1/notifications").json()
    assert ([one["detail"]["text"]["en"] for one in told["items"]], told["unread"]) == (["agent"], 1)
    assert client.post("/api/v1/notifications/read", json={"up_to_id": 2**31 - 1}).status_code == 204
    assert client.get("/api/v1/notifications").json()["unread"] == 0
    assert client.get("/api/v1/notifications?unread_only=true").json()["items"] == []


def test_marking_as_read_touches_nobody_elses_news(browser: Browser, news: None) -> None:
    browser.sign_in("agent@vendor.example").client.post(
        "/api/v1/notifications/read", json={"up_to_id": 10**6}
    )
    assert browser.sign_in("manager@vendor.example").client.get("/api/v1/notifications").json()["unread"] == 1


@pytest.mark.parametrize("who", ["vip@acme.example", None])
def test_customers_and_visitors_have_no_news_here(browser: Browser, who: str | None) -> None:
    if who:
        browser.sign_in(who)
    assert browser.client.get("/api/v1/notifications").status_code == (403 if who else 401)
