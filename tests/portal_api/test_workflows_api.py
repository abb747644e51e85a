"""Workflows over HTTP: managers edit them, agents go their way, customers see the line and may call off."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from foundation.db import write_session
from tests.portal_api.conftest import Browser
from tests.ticketing.ways import RETURNS
from ticketing import directory, workflows
from ticketing import service as ticketing
from ticketing.types import NewTicket

SPEC = deepcopy(RETURNS)
for _step in SPEC["steps"]:
    _step.pop("queue", None)
AGENT, MANAGER, VERA, STAN = (
    "agent@vendor.example",
    "manager@vendor.example",
    "vip@acme.example",
    "std@globex.example",
)


@pytest.fixture
def ticket(browser: Browser) -> str:
    """The path of a ticket of Vera's that goes by the workflow."""
    with write_session() as session:
        workflows.add(session, "returns", SPEC, is_enabled=True)
        vera = directory.person_by_email(session, VERA)
        made = ticketing.open_ticket(
            session, NewTicket(body="back with it", kind="return", requester_id=vera.id)
        )
    return f"/api/v1/tickets/{made.id}"


def test_a_workflow_is_made_read_edited_switched_ordered_and_deleted(browser: Browser) -> None:
    client = browser.sign_in(MANAGER).client
    made = client.post("/api/v1/workflows", json={"slug": "returns", "spec": SPEC})
    assert made.status_code == 201, made.text
    assert (made.json()["is_enabled"], made.json()["version"], made.json()["made_by"]) == (
        False,
        1,
        "manager",
    )
    again = client.post("/api/v1/workflows", json={"slug": "returns", "spec": SPEC})
    assert (again.status_code, again.json()["code"]) == (409, "workflow_conflict")
    path = "/api/v1/workflows/returns"
    edited = client.put(path, json={"spec": SPEC | {"kinds": ["return", "swap"]}, "version": 1})
    assert (edited.json()["version"], edited.json()["spec"]["kinds"]) == (2, ["return", "swap"])
    stale = client.put(path, json={"spec": SPEC, "version": 1})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (409, "workflow_conflict", 2)
    assert client.patch(path, json={"is_enabled": True}).json()["is_enabled"] is True
    assert client.post("/api/v1/workflows/order", json={"slugs": ["returns"]}).json()["total"] == 1
    assert [one["version"] for one in client.get(f"{path}/versions").json()["items"]] == [2, 1]
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["code"] == "workflow_not_found"


def test_what_is_read_can_be_sent_back_and_faults_are_named_at_their_place(browser: Browser) -> None:
    client = browser.sign_in(MANAGER).client
    for one in client.get("/api/v1/workflows/templates").json()["items"]:
        checked = client.post("/api/v1/workflows/check", json={"spec": one["spec"]})
        assert checked.status_code == 200 and checked.json()["spec"] == one["spec"]
    broken = client.post("/api/v1/workflows/check", json={"spec": SPEC | {"moves": []}})
    assert (broken.status_code, broken.json()["code"]) == (422, "workflow_invalid")
    assert {one["path"] for one in broken.json()["faults"]} >= {"steps.1", "steps.4"}


@pytest.mark.parametrize("who", [AGENT, VERA, None])
def test_only_service_managers_edit_workflows(browser: Browser, who: str | None) -> None:
    client = (browser.sign_in(who) if who else browser).client
    asked = [
        client.post("/api/v1/workflows", json={"slug": "x", "spec": SPEC}),
        client.put("/api/v1/workflows/x", json={"spec": SPEC}),
        client.patch("/api/v1/workflows/x", json={"is_enabled": True}),
        client.delete("/api/v1/workflows/x"),
        client.get("/api/v1/workflows/x/versions"),
    ]
    assert {one.status_code for one in asked} == ({403} if who else {401})
    assert client.get("/api/v1/workflows").status_code == {AGENT: 200, VERA: 403, None: 401}[who]


def test_a_ticket_goes_its_way_with_an_approval_by_somebody_else(browser: Browser, ticket: str) -> None:
    client = browser.sign_in(AGENT).client
    seen = client.post(f"{ticket}/step", json={"to": "checking", "version": 1}).json()
    assert (seen["state"]["slug"], seen["way"]["step"]["slug"]) == ("checking", "checking")
    lacking = client.post(f"{ticket}/step", json={"to": "boss"})
    assert (lacking.status_code, lacking.json()["code"]) == (409, "move_needs_fields")
    assert lacking.json()["missing"] == ["verdict", "refund"]
    stale = client.post(f"{ticket}/step", json={"to": "sending", "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    wrong = client.patch(f"{ticket}/values", json={"values": {"refund": -5}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "form_invalid")
    client.post(f"{ticket}/step", json={"to": "boss", "values": {"verdict": "ok", "refund": 700}})
    own = client.post(f"{ticket}/approval", json={"decision": "approved"})
    assert (own.status_code, own.json()["code"]) == (403, "approval_not_yours")
    assert client.get("/api/v1/approvals").json()["total"] == 0
    client = browser.sign_in(MANAGER).client
    waiting = client.get("/api/v1/approvals").json()["items"]
    assert [(one["approval"]["amount"], one["ticket"]["subject"]) for one in waiting] == [
        (700, "back with it")
    ]
    done = client.post(f"{ticket}/approval", json={"decision": "approved", "comment": "ok"}).json()
    assert done["way"]["step"]["slug"] == "paying" and done["way"]["approval"]["decided_by"] == "manager"
    back = client.post(f"{ticket}/step-back", json={"reason": "too early"}).json()
    assert back["way"]["step"]["slug"] == "checking"


def test_customers_see_the_line_and_nothing_of_the_inside(browser: Browser, ticket: str) -> None:
    browser.sign_in(AGENT).client.post(f"{ticket}/step", json={"to": "checking"})
    client = browser.sign_in(VERA).client
    way = client.get(ticket).json()["way"]
    assert [one["state"] for one in way["progress"]] == ["done", "current", "todo", "todo", "todo"]
    inside = {key: way[key] for key in ("step", "values", "moves", "step_back_to", "approval", "can_decide")}
    assert inside == {
        "step": None,
        "values": {},
        "moves": [],
        "step_back_to": None,
        "approval": None,
        "can_decide": False,
    }
    refused: list[Any] = [
        client.post(f"{ticket}/step", json={"to": "sending"}),
        client.patch(f"{ticket}/values", json={"values": {}}),
        client.post(f"{ticket}/step-back", json={}),
        client.post(f"{ticket}/approval", json={"decision": "approved"}),
        client.get("/api/v1/approvals"),
    ]
    assert {one.status_code for one in refused} == {403}
    off = client.post(f"{ticket}/cancel", json={"reason": "kept it"})
    assert off.status_code == 200 and off.json()["way"]["progress"][-1]["state"] == "stopped"


def test_another_companys_ticket_looks_as_if_it_were_not_there(browser: Browser, ticket: str) -> None:
    client = browser.sign_in(STAN).client
    off = client.post(f"{ticket}/cancel", json={"reason": "not mine"})
    assert (off.status_code, off.json()["code"]) == (404, "ticket_not_found")
