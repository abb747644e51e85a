"""Webhooks over HTTP: set up by service managers, and their secrets told once."""

from __future__ import annotations

import pytest

from tests.portal_api.conftest import Browser

HOOK = {"name": "ERP", "url": "https://erp.example/in", "events": ["ticket.created"]}


def test_a_webhook_is_made_edited_and_deleted_and_its_secret_told_once(browser: Browser) -> None:
    client = browser.sign_in("manager@vendor.example").client
    made = client.post("/api/v1/webhooks", json=HOOK)
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    path = f"/api/v1/webhooks/{made.json()['id']}"
    edited = client.put(path, json=HOOK | {"events": [], "is_enabled": False}).json()
    assert (edited["events"], edited["is_enabled"]) == ([], False)
    listed = client.get("/api/v1/webhooks")
    assert listed.json()["total"] == 1 and "whsec_" not in listed.text
    assert client.get(f"{path}/deliveries").json() == {"items": [], "total": 0}
    assert client.delete(path).status_code == 204
    assert client.get(f"{path}/deliveries").json()["code"] == "webhook_not_found"


@pytest.mark.parametrize("change", [{"url": "file:///etc/passwd"}, {"events": ["ticket.exploded"]}])
def test_an_address_or_event_that_is_none_is_refused(browser: Browser, change: dict[str, object]) -> None:
    client = browser.sign_in("manager@vendor.example").client
    assert client.post("/api/v1/webhooks", json=HOOK | change).json()["code"] == "webhook_invalid"


@pytest.mark.parametrize("who", ["agent@vendor.example", "vip@acme.example", None])
def test_only_service_managers_see_and_touch_webhooks(browser: Browser, who: str | None) -> None:
    if who:
        browser.sign_in(who)
    asked = [browser.client.get("/api/v1/webhooks"), browser.client.post("/api/v1/webhooks", json=HOOK)]
    assert {one.status_code for one in asked} == ({403} if who else {401})
