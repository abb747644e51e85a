"""The directory in and out over HTTP: tables are tried first, messages are signed and taken once, tiers follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from foundation import clock
from foundation.settings import get_settings, use_settings
from tests.portal_api.conftest import Browser
from ticketing import webhooks

PEOPLE = "姓名,邮箱,公司,部门,电话,标签\n王芳,fang@acme.example,acme,研发,+86 138 0000 0001,采购; 关键人\n"
COMPANIES = "external_id,name_zh,contract_value,contract_ends_on\nC-1,新客户,600000,2027-12-31\n"
SECRET = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=="
NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)


def imported(browser: Browser, kind: str, table: str | bytes, **query: Any) -> httpx.Response:
    raw = table.encode() if isinstance(table, str) else table
    return browser.client.post(
        f"/api/v1/directory/imports/{kind}", content=raw, params=query, headers={"Content-Type": "text/csv"}
    )


@pytest.fixture
def manager(browser: Browser) -> Browser:
    return browser.sign_in("manager@vendor.example")


def test_a_preview_says_what_would_be_and_changes_nothing(manager: Browser) -> None:
    found = imported(manager, "people", PEOPLE)
    assert found.status_code == 200, found.text
    assert {name: found.json()[name] for name in ("created", "updated", "failed")} == {
        "created": 1,
        "updated": 0,
        "failed": 0,
    }
    assert manager.client.get("/api/v1/people", params={"q": "fang@"}).json()["total"] == 0
    departments = manager.client.get("/api/v1/companies/acme/departments").json()["items"]
    assert [one["slug"] for one in departments] == ["lab"]


def test_taken_again_a_table_changes_nothing(manager: Browser) -> None:
    assert imported(manager, "people", PEOPLE, mode="apply").json()["created"] == 1
    fang = manager.client.get("/api/v1/people", params={"q": "+8613800000001"}).json()["items"][0]
    assert (fang["department"], fang["tags"]) == ("研发", ["关键人", "采购"])
    again = imported(manager, "people", PEOPLE.encode("gbk"), mode="apply").json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1)
    changed = imported(manager, "people", PEOPLE.replace("王芳", "王方"), mode="apply").json()
    assert changed["updated"] == 1
    assert len(manager.client.get(f"/api/v1/people/{fang['id']}/contacts").json()["items"]) == 2


def test_wrong_rows_are_named_with_column_and_code_and_stop_the_table(manager: Browser) -> None:
    table = (
        "email,name,company,locale,phone,is_active\n"
        "good@acme.example,Good,acme,en,,\n"
        "bad,Bad,acme,en,,\n"
        "b@acme.example,,acme,en,,\n"
        "c@acme.example,C,nowhere,en,,\n"
        "d@acme.example,D,acme,fr,,\n"
        "e@acme.example,E,acme,en,call me,\n"
        "f@acme.example,F,acme,en,,perhaps\n"
        ",G,acme,en,,\n"
    )
    found = imported(manager, "people", table).json()
    assert (found["created"], found["failed"]) == (1, 7)
    wrong = [(one["row"], one["code"], one["column"]) for one in found["rows"] if one["outcome"] is None]
    assert wrong == [
        (3, "bad_contact", None),
        (4, "missing", "name"),
        (5, "unknown_company", "company"),
        (6, "bad_choice", "locale"),
        (7, "bad_contact", None),
        (8, "bad_choice", "is_active"),
        (9, "missing", "email"),
    ]
    refused = imported(manager, "people", table, mode="apply")
    assert (refused.status_code, refused.json()["code"]) == (409, "import_refused")
    assert manager.client.get("/api/v1/people", params={"q": "good@"}).json()["total"] == 0
    assert imported(manager, "people", table, mode="apply", skip_failed=True).json()["created"] == 1
    assert manager.client.get("/api/v1/people", params={"q": "good@"}).json()["total"] == 1
    assert manager.client.get("/api/v1/people", params={"q": "e@acme"}).json()["total"] == 0


def test_companies_are_known_by_the_other_systems_id_whatever_they_are_called_here(manager: Browser) -> None:
    assert imported(manager, "companies", COMPANIES, mode="apply").json()["created"] == 1
    made = manager.client.get("/api/v1/companies/C-1").json()
    assert (made["contract"], made["tier"]) == ({"value": 600000, "ends_on": "2027-12-31"}, None)
    table = "external_id,slug,name_en,tier,tags\nC-1,other-slug,New customer,vip,oem\n"
    assert imported(manager, "companies", table, mode="apply").json()["updated"] == 1
    now = manager.client.get("/api/v1/companies/C-1").json()
    assert (now["name"], now["tier"], now["tags"]) == ({"zh": "新客户", "en": "New customer"}, "vip", ["oem"])
    assert now["contract"] == made["contract"], "what a table does not say stays"


def test_what_was_exported_imports_to_the_same(manager: Browser) -> None:
    imported(manager, "companies", COMPANIES, mode="apply")
    imported(manager, "people", PEOPLE, mode="apply")
    imported(manager, "products", "company,product,batch,quantity\nC-1,YLD300,=B-7,12\n", mode="apply")
    for kind in ("companies", "people", "products"):
        table = manager.client.get(f"/api/v1/directory/exports/{kind}")
        assert table.status_code == 200 and "attachment" in table.headers["content-disposition"]
        again = imported(manager, kind, table.content, mode="apply").json()
        assert (again["created"], again["updated"], again["failed"]) == (0, 0, 0), (kind, again)
        assert again["unchanged"] > 0
    assert b",'=B-7," in manager.client.get("/api/v1/directory/exports/products").content


def test_a_table_of_something_else_is_refused(manager: Browser) -> None:
    found = imported(manager, "people", "colour,size\nred,4\n")
    assert (found.status_code, found.json()["code"], found.json()["reason"]) == (
        422,
        "table_unreadable",
        "columns",
    )
    assert imported(manager, "people", PEOPLE.replace("标签", "colour")).json()["ignored_columns"] == [
        "colour"
    ]


@pytest.mark.parametrize("email", ["agent@vendor.example", "vip@acme.example"])
def test_only_managers_exchange_tables(browser: Browser, email: str) -> None:
    browser.sign_in(email)
    assert imported(browser, "people", PEOPLE).status_code == 403
    assert browser.client.get("/api/v1/directory/exports/people").status_code == 403


# Tiers by rule


def by_value(tier: str, value: int) -> dict[str, Any]:
    return {"tier": tier, "conditions": {"field": "company.contract.value", "op": "gte", "value": value}}


def test_tiers_follow_the_value_of_the_contract_unless_set_by_hand(manager: Browser) -> None:
    imported(manager, "companies", COMPANIES, mode="apply")
    rules = {"items": [by_value("vip", 500_000), by_value("standard", 1)]}
    put = manager.client.put("/api/v1/tier-rules", json=rules)
    assert (put.status_code, put.json()["moved"]) == (200, 1)
    assert manager.client.get("/api/v1/companies/C-1").json()["tier"] == "vip"
    imported(manager, "companies", COMPANIES.replace("600000", "400000"), mode="apply")
    assert manager.client.get("/api/v1/companies/C-1").json()["tier"] == "standard"
    assert manager.client.get("/api/v1/companies/acme").json()["tier"] == "vip", "set by hand"
    manager.client.put("/api/v1/companies/C-1/tier", json={"tier": "vip"})
    imported(manager, "companies", COMPANIES.replace("600000", "300000"), mode="apply")
    assert manager.client.get("/api/v1/companies/C-1").json()["tier"] == "vip"
    released = manager.client.put("/api/v1/companies/C-1/tier", json={"tier": None}).json()
    assert (released["tier"], released["tier_is_pinned"]) == ("standard", False)


@pytest.mark.parametrize(
    "conditions",
    [
        {"field": "ticket.state", "op": "is", "value": "new"},
        {"field": "company.tier", "op": "is", "value": "vip"},
        {"field": "company.nothing", "op": "is", "value": 1},
        {"not": {"field": "person.name", "op": "is", "value": "x"}},
    ],
)
def test_a_tier_rule_that_asks_for_what_no_company_has_is_refused(
    manager: Browser, conditions: dict[str, Any]
) -> None:
    answer = manager.client.put(
        "/api/v1/tier-rules", json={"items": [{"tier": "vip", "conditions": conditions}]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "rule_invalid")
    assert manager.client.get("/api/v1/tier-rules").json()["total"] == 0


# Messages of other systems


@pytest.fixture
def erp(browser: Browser) -> Iterator[Browser]:
    settings = get_settings()
    desk = settings.desk.model_copy(update={"sync_secrets": {"erp": SecretStr(SECRET)}})
    use_settings(settings.model_copy(update={"desk": desk}))
    with clock.fixed(NOON):
        yield browser


def send(
    browser: Browser, event: str, data: Any, *, message_id: str = "m1", at: datetime = NOON, **more: Any
) -> httpx.Response:
    body = json.dumps({"type": event, "data": data}, ensure_ascii=False).encode()
    timestamp = int(at.timestamp())
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.signature(SECRET, message_id, timestamp, body),
        "content-type": "application/json",
    } | more
    return browser.client.post("/api/v1/directory/sync/erp", content=body, headers=headers)


COMPANY = {
    "external_id": "C-9",
    "name_zh": "九号",
    "tags": ["oem"],
    "contract_value": 5,
    "updated_at": NOON.isoformat(),
}


def company(browser: Browser) -> Any:
    return browser.sign_in("agent@vendor.example").client.get("/api/v1/companies/C-9").json()


def test_a_signed_message_is_taken_once(erp: Browser) -> None:
    assert send(erp, "company.upserted", COMPANY).json() == {"outcome": "created"}
    assert send(erp, "company.upserted", COMPANY).json() == {"outcome": "created"}, "the first answer again"
    other = {**COMPANY, "name_zh": "十号"}
    assert send(erp, "company.upserted", other).json() == {"outcome": "created"}, "a replay under a known id"
    assert company(erp)["name"]["zh"] == "九号"
    assert send(erp, "company.upserted", COMPANY, message_id="m2").json() == {"outcome": "unchanged"}


def test_a_message_that_was_overtaken_is_left_aside(erp: Browser) -> None:
    newer = {**COMPANY, "name_zh": "新", "updated_at": (NOON + timedelta(minutes=2)).isoformat()}
    assert send(erp, "company.upserted", newer).json() == {"outcome": "created"}
    assert send(erp, "company.upserted", COMPANY, message_id="late").json() == {"outcome": "unchanged"}
    assert company(erp)["name"]["zh"] == "新"


def test_people_and_products_are_told_too_and_people_leave(erp: Browser) -> None:
    send(erp, "company.upserted", COMPANY)
    person = {
        "external_id": "P-1",
        "email": "p1@nine.example",
        "name": "甲",
        "company": "C-9",
        "phone": "5551234",
    }
    assert send(erp, "person.upserted", person, message_id="p1").json() == {"outcome": "created"}
    product = {"company": "C-9", "product": "YLD300", "serial": "S-1", "warranty_until": "2027-01-01"}
    assert send(erp, "product.upserted", product, message_id="x1").json() == {"outcome": "created"}
    assert send(erp, "person.removed", {"external_id": "P-1"}, message_id="p2").json() == {
        "outcome": "updated"
    }
    client = erp.sign_in("agent@vendor.example").client
    found = client.get("/api/v1/people", params={"company": "C-9"}).json()["items"]
    assert [(one["name"], one["is_active"], one["company"]["slug"]) for one in found] == [
        ("甲", False, "C-9")
    ]
    assert client.get("/api/v1/companies/C-9/products").json()["items"][0]["serial"] == "S-1"


@pytest.mark.parametrize(
    ("headers", "at", "reason"),
    [
        ({"webhook-signature": "v1,AAAA"}, NOON, "bad_signature"),
        ({"webhook-id": "another"}, NOON, "bad_signature"),
        ({"webhook-timestamp": str(int(NOON.timestamp()) + 1)}, NOON, "bad_signature"),
        ({"webhook-timestamp": "soon"}, NOON, "bad_timestamp"),
        ({}, NOON - timedelta(minutes=6), "too_old"),
        ({}, NOON + timedelta(minutes=6), "too_old"),
    ],
)
def test_what_is_not_signed_just_now_is_refused(
    erp: Browser, headers: dict[str, str], at: datetime, reason: str
) -> None:
    answer = send(erp, "company.upserted", COMPANY, at=at, **headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
        403,
        "sync_refused",
        reason,
    )


def test_a_source_nobody_set_up_is_refused(browser: Browser) -> None:
    answer = send(browser, "company.upserted", COMPANY, at=datetime.now(UTC))
    assert (answer.status_code, answer.json()["reason"]) == (403, "unknown_source")


@pytest.mark.parametrize(
    ("event", "data", "column"),
    [
        ("company.eaten", COMPANY, "type"),
        ("company.upserted", {**COMPANY, "tags": {"a": 1}}, "tags"),
        ("company.upserted", {**COMPANY, "updated_at": "yesterday"}, "updated_at"),
        ("company.upserted", {**COMPANY, "updated_at": "2026-01-01T00:00:00"}, "updated_at"),
        ("company.upserted", {"external_id": "C-9"}, "name_zh"),
    ],
)
def test_a_message_that_says_nonsense_is_refused_and_may_come_again_mended(
    erp: Browser, event: str, data: Any, column: str
) -> None:
    answer = send(erp, event, data)
    assert (answer.status_code, answer.json()["column"]) == (422, column)
    assert send(erp, "company.upserted", COMPANY).json() == {"outcome": "created"}
