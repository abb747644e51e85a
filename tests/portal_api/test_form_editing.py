"""Forms are edited over HTTP by service managers; tickets keep the form they came with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal_api.conftest import Browser

SPEC: dict[str, Any] = {
    "slug": "repair",
    "title": {"zh": "报修", "en": "Repair"},
    "kind": "ticket",
    "fields": [
        {
            "name": "what",
            "type": "text",
            "label": {"zh": "什么", "en": "What"},
            "help": "型号",
            "required": True,
        }
    ],
}
MANAGER, AGENT, VERA = "manager@vendor.example", "agent@vendor.example", "vip@acme.example"


def renamed(label: str) -> dict[str, Any]:
    return SPEC | {"fields": [SPEC["fields"][0] | {"label": label}]}


def test_a_form_is_made_offered_edited_and_taken_back(browser: Browser) -> None:
    client = browser.sign_in(MANAGER).client
    made = client.post("/api/v1/form-specs", json={"spec": SPEC})
    assert made.status_code == 201, made.text
    assert (made.json()["version"], made.json()["is_enabled"], made.json()["made_by"]) == (
        1,
        False,
        "manager",
    )
    assert client.get("/api/v1/forms").json()["total"] == 0
    path = "/api/v1/form-specs/repair"
    assert client.patch(path, json={"is_enabled": True}).json()["is_enabled"] is True
    assert client.get("/api/v1/forms").json()["items"][0]["slug"] == "repair"
    again = client.post("/api/v1/form-specs", json={"spec": SPEC})
    assert (again.status_code, again.json()["code"]) == (409, "form_conflict")
    edited = client.put(path, json={"spec": renamed("Which"), "version": 1}).json()
    assert (edited["version"], edited["spec"]["fields"][0]["label"]["en"]) == (2, "Which")
    stale = client.put(path, json={"spec": SPEC, "version": 1})
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert client.put(path, json={"spec": renamed("Which")}).json()["version"] == 2  # the same again
    client.patch(path, json={"is_enabled": False})
    assert client.get("/api/v1/forms/repair").status_code == 404


def test_a_ticket_is_read_beside_the_form_it_came_with(browser: Browser) -> None:
    client = browser.sign_in(MANAGER).client
    client.post("/api/v1/form-specs", json={"spec": SPEC})
    client.patch("/api/v1/form-specs/repair", json={"is_enabled": True})
    ticket = browser.sign_in(VERA).client.post(
        "/api/v1/tickets", json={"form": "repair", "values": {"what": "pump"}, "body": "broken"}
    )
    form = client.get(f"/api/v1/tickets/{ticket.json()['id']}").json()["form"]
    assert form == {"slug": "repair", "version": 1, "values": {"what": "pump"}}
    browser.sign_in(MANAGER).client.put("/api/v1/form-specs/repair", json={"spec": renamed("Which")})
    labels = [
        client.get(f"/api/v1/forms/repair{version}").json()["fields"][0]["label"]["en"]
        for version in ("?version=1", "")
    ]
    assert labels == ["What", "Which"]
    assert client.get("/api/v1/forms/repair?version=9").status_code == 404


def test_faults_are_named_at_their_place(browser: Browser) -> None:
    client = browser.sign_in(MANAGER).client
    fields = [
        {"name": "a", "type": "select", "label": "A"},
        {"name": "b", "type": "text", "label": "B", "pattern": "(a+)+", "visible_when": {"c": "x"}},
    ]
    refused = client.post("/api/v1/form-specs", json={"spec": SPEC | {"fields": fields}})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_form")
    assert [one["path"] for one in refused.json()["faults"]] == ["fields.1.pattern"]
    del fields[1]["pattern"]
    refused = client.post("/api/v1/form-specs", json={"spec": SPEC | {"fields": fields}})
    assert {one["path"] for one in refused.json()["faults"]} == {"fields.0.options", "fields.1.visible_when"}


@pytest.mark.parametrize("who", [AGENT, VERA, None])
def test_only_service_managers_edit_forms(browser: Browser, who: str | None) -> None:
    client = (browser.sign_in(who) if who else browser).client
    asked = [
        client.get("/api/v1/form-specs"),
        client.post("/api/v1/form-specs", json={"spec": SPEC}),
        client.put("/api/v1/form-specs/repair", json={"spec": SPEC}),
        client.patch("/api/v1/form-specs/repair", json={"is_enabled": True}),
        client.post("/api/v1/form-specs/order", json={"slugs": []}),
    ]
    assert {one.status_code for one in asked} == ({403} if who else {401})
