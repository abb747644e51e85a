"""Rules over HTTP: for service managers, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal_api.conftest import Browser

RULE: dict[str, Any] = {
    "name": {"zh": "差评回访", "en": "Call back"},
    "trigger": {"on": "ticket_rated"},
    "conditions": {"all": [{"field": "event.rating", "op": "lt", "value": 3}]},
    "actions": [{"do": "task", "subject": {"zh": "回访", "en": "Call"}, "kind": "callback", "to": "manager"}],
}


@pytest.fixture
def manager(browser: Browser) -> Browser:
    return browser.sign_in("manager@vendor.example")


def test_a_rule_is_made_read_edited_switched_ordered_and_deleted(manager: Browser) -> None:
    client = manager.client
    made = client.post("/api/v1/rules", json=RULE)
    assert made.status_code == 201, made.text
    rule = made.json()
    assert (rule["is_enabled"], rule["version"], rule["made_by"]) == (False, 1, "manager")
    path = f"/api/v1/rules/{rule['id']}"
    edited = client.put(path, json=RULE | {"limit_per_day": 5, "version": 1})
    assert (edited.json()["version"], edited.json()["limit_per_day"]) == (2, 5)
    stale = client.put(path, json=RULE | {"version": 1})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (409, "rule_conflict", 2)
    assert client.patch(path, json={"is_enabled": True}).json()["is_enabled"] is True
    second = client.post("/api/v1/rules", json=RULE).json()["id"]
    ordered = client.post("/api/v1/rules/order", json={"ids": [second]}).json()
    assert [one["id"] for one in ordered["items"]] == [second, rule["id"]]
    assert [one["version"] for one in client.get(f"{path}/versions").json()["items"]] == [2, 1]
    assert client.get(f"{path}/runs").json() == {"items": [], "total": 0}
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["code"] == "rule_not_found"
    assert client.get("/api/v1/rules").json()["total"] == 1


def test_a_faulty_rule_is_refused_with_the_place_of_every_fault(manager: Browser) -> None:
    broken = RULE | {
        "conditions": {"field": "ticket.secret", "op": "is", "value": 1},
        "actions": [{"do": "explode"}],
    }
    answer = manager.client.post("/api/v1/rules", json=broken)
    assert (answer.status_code, answer.json()["code"]) == (422, "rule_invalid")
    assert {one["path"] for one in answer.json()["faults"]} == {"conditions.field", "actions.0.do"}


def test_a_dry_run_tells_and_changes_nothing(manager: Browser) -> None:
    told = manager.client.post("/api/v1/rules/dry-run", json={"rule": RULE, "days": 7})
    assert told.status_code == 200, told.text
    assert (told.json()["looked"], told.json()["matched"], told.json()["examples"]) == (0, 0, [])
    assert manager.client.get("/api/v1/rules").json()["total"] == 0


def test_the_catalogue_offers_only_what_a_rule_may_say(manager: Browser) -> None:
    told = manager.client.get("/api/v1/rules/catalogue").json()
    for field in told["fields"]:
        assert field["kind"] in told["operators_by_kind"]
        assert field["choices"] is None or field["choices"] in told["choices"]
        assert field["words"]["zh"] and field["words"]["en"]
    assert {op for ops in told["operators_by_kind"].values() for op in ops} == set(told["operators"])


@pytest.mark.parametrize("who", ["agent@vendor.example", "editor@vendor.example", "vip@acme.example", None])
def test_only_service_managers_see_and_touch_rules(browser: Browser, who: str | None) -> None:
    if who:
        browser.sign_in(who)
    asked = [
        browser.client.get("/api/v1/rules"),
        browser.client.get("/api/v1/rules/catalogue"),
        browser.client.get("/api/v1/rules/1/runs"),
        browser.client.post("/api/v1/rules", json=RULE),
        browser.client.post("/api/v1/rules/dry-run", json={"rule": RULE}),
    ]
    assert {one.status_code for one in asked} == ({403} if who else {401})
