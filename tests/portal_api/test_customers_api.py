"""The directory over HTTP: who may change it, what is refused, and merging there and back."""

from __future__ import annotations

import pytest

from foundation.db import read_session
from tests.portal_api.conftest import Browser
from ticketing import directory

VIP, LAB = "vip@acme.example", "lab@acme.example"
NAME = {"zh": "新公司", "en": "New company"}


def person_id(email: str) -> int:
    with read_session() as session:
        return directory.person_by_email(session, email).id


def test_a_manager_makes_and_changes_a_company_and_what_is_left_out_stays(browser: Browser) -> None:
    client = browser.sign_in("manager@vendor.example").client
    body = {
        "name": NAME,
        "external_id": "C-7",
        "tags": ["oem", "key", "oem"],
        "contract": {
            "value": "1,200,000",
            "currency": "cny",
            "starts_on": "2026/01/01",
            "ends_on": "2026-12-31",
        },
        "attributes": {"country": "CN"},
    }
    made = client.put("/api/v1/companies/new-co", json=body).json()
    assert made["contract"] == {
        "value": 1_200_000,
        "currency": "CNY",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    assert made["tags"] == ["key", "oem"]
    again = client.put("/api/v1/companies/new-co", json={"name": {"zh": "改名", "en": "Renamed"}}).json()
    assert again == {**made, "name": {"zh": "改名", "en": "Renamed"}}
    assert client.get("/api/v1/companies", params={"q": "改名"}).json()["total"] == 1
    assert client.get("/api/v1/companies/nowhere").json()["code"] == "company_not_found"


@pytest.mark.parametrize(
    ("contract", "field"),
    [
        ({"value": "much"}, "value"),
        ({"value": -1}, "value"),
        ({"value": True}, "value"),
        ({"value": "NaN"}, "value"),
        ({"currency": "EURO"}, "currency"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"starts_on": "2026-02-01", "ends_on": "2026-01-01"}, "ends_on"),
    ],
)
def test_a_contract_that_cannot_be_read_is_refused_with_its_field(
    browser: Browser, contract: dict[str, object], field: str
) -> None:
    client = browser.sign_in("manager@vendor.example").client
    answer = client.put("/api/v1/companies/acme", json={"name": NAME, "contract": contract})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "bad_contract", field)


def test_agents_read_the_directory_and_only_managers_change_it(browser: Browser) -> None:
    client = browser.sign_in("agent@vendor.example").client
    assert client.get("/api/v1/companies/acme").json()["slug"] == "acme"
    for method, path, body in (
        ("PUT", "/api/v1/companies/acme", {"name": NAME}),
        ("PUT", "/api/v1/companies/acme/tier", {"tier": "vip"}),
        ("PUT", "/api/v1/companies/acme/departments/rd", NAME),
        ("DELETE", "/api/v1/companies/acme/departments/lab", {}),
        ("POST", "/api/v1/people", {"name": "X", "email": "x@acme.example"}),
    ):
        assert client.request(method, path, json=body).status_code == 403, path


def test_departments_are_made_named_and_removed(browser: Browser) -> None:
    client = browser.sign_in("manager@vendor.example").client
    assert client.put("/api/v1/companies/acme/departments/rd", json=NAME).json()["people"] == 0
    found = client.get("/api/v1/companies/acme/departments").json()
    assert [one["slug"] for one in found["items"]] == ["lab", "rd"]
    assert client.delete("/api/v1/companies/acme/departments/lab").json()["code"] == "department_in_use"
    assert client.delete("/api/v1/companies/acme/departments/rd").status_code == 204
    assert client.put("/api/v1/companies/acme/departments/a b", json=NAME).status_code == 422


def test_somebody_who_could_never_be_found_again_is_refused(browser: Browser) -> None:
    client = browser.sign_in("manager@vendor.example").client
    assert client.post("/api/v1/people", json={"name": "Nobody"}).json()["code"] == "invalid_input"
    made = client.post("/api/v1/people", json={"name": "微信用户", "external_id": "wx-1"}).json()
    assert made["email"] is None
    assert client.get(f"/api/v1/people/{made['id']}").json() == made


def test_a_contact_of_somebody_else_is_refused_with_whose_it_is(browser: Browser) -> None:
    client = browser.sign_in("agent@vendor.example").client
    vera, lena = person_id(VIP), person_id(LAB)
    given = client.post(f"/api/v1/people/{vera}/contacts", json={"channel": "wechat", "value": "openid-1"})
    assert given.status_code == 200
    refused = client.post(f"/api/v1/people/{lena}/contacts", json={"channel": "wechat", "value": "openid-1"})
    assert (refused.status_code, refused.json()["code"], refused.json()["person_id"]) == (
        409,
        "contact_taken",
        vera,
    )
    assert client.delete(f"/api/v1/people/{lena}/contacts/{given.json()['id']}").status_code == 404
    assert client.delete(f"/api/v1/people/{vera}/contacts/{given.json()['id']}").status_code == 204


def test_merging_moves_conversations_too_and_undoing_asks_whose_the_new_ones_are(browser: Browser) -> None:
    client = browser.sign_in(LAB).client
    begun = client.post("/api/v1/conversations", json={"locale": "en"}).json()
    agent = browser.sign_in("agent@vendor.example").client
    vera, lena = person_id(VIP), person_id(LAB)
    made = agent.post(f"/api/v1/people/{vera}/merges", json={"merged_id": lena, "reason": "same"})
    assert made.status_code == 201 and made.json()["moved"] == {"conversation": 1}
    own = browser.sign_in(VIP).client
    assert [one["id"] for one in own.get("/api/v1/conversations").json()["items"]] == [begun["id"]]
    new = own.post("/api/v1/conversations", json={"locale": "en"}).json()
    agent = browser.sign_in("agent@vendor.example").client
    merge_id = made.json()["id"]
    arrivals = agent.get(f"/api/v1/merges/{merge_id}/arrivals").json()["items"]
    assert [one["key"] for one in arrivals] == [f"conversation:{new['id']}"]
    refused = agent.post(f"/api/v1/merges/{merge_id}/undo", json={})
    assert (refused.status_code, refused.json()["undecided"]) == (409, [f"conversation:{new['id']}"])
    decisions = {f"conversation:{new['id']}": "kept"}
    undone = agent.post(f"/api/v1/merges/{merge_id}/undo", json={"decisions": decisions})
    assert undone.status_code == 200 and undone.json()["undone_by"] == "agent"
    lab = browser.sign_in(LAB).client
    assert [one["id"] for one in lab.get("/api/v1/conversations").json()["items"]] == [begun["id"]]
