"""Company, department, person: by no route does a customer reach a ticket beyond the own scope."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from foundation.access import TicketScope
from foundation.db import write_session
from portal_api.openapi import document
from tests.portal_api.conftest import Browser
from ticketing import directory
from ticketing.directory_types import NewPerson
from ticketing.loading import load_desk
from ticketing.service import open_ticket
from ticketing.types import NewTicket

VIP, LAB, OTHER_LAB, STD = "vip@acme.example", "lab@acme.example", "lab@globex.example", "std@globex.example"
COLLEAGUE = "lab2@acme.example"
OWNERS = (VIP, LAB, COLLEAGUE, OTHER_LAB, STD)
SEES = {
    (LAB, TicketScope.PERSON): {LAB},
    (LAB, TicketScope.DEPARTMENT): {LAB, COLLEAGUE},
    (LAB, TicketScope.COMPANY): {LAB, COLLEAGUE, VIP},
    (VIP, TicketScope.DEPARTMENT): {VIP},
    (OTHER_LAB, TicketScope.DEPARTMENT): {OTHER_LAB},
}
QUEUE = {"slug": "all", "name": {"zh": "all", "en": "all"}, "position": 1, "conditions": {}}


@dataclass
class World:
    browser: Browser
    tickets: dict[str, int]

    def secret(self, owner: str) -> str:
        return f"zanzibar-{owner.partition('.')[0]}"


@pytest.fixture
def world(browser: Browser) -> Iterator[World]:
    made = World(browser, {})
    with write_session() as session:
        load_desk(session, {"queues": [QUEUE]})
        colleague = NewPerson(email=COLLEAGUE, name="Lou", company="acme", department="lab")
        directory.upsert_person(session, colleague)
        for owner in OWNERS:
            person_id = directory.person_by_email(session, owner).id
            new = NewTicket(subject=made.secret(owner), body=made.secret(owner), requester_id=person_id)
            made.tickets[owner] = open_ticket(session, new).id
    return made


def signed_in(world: World, email: str, scope: TicketScope) -> World:
    with write_session() as session:
        known = directory.person_by_email(session, email)
        new = NewPerson(
            email=email,
            name=known.name,
            company=known.company,
            department=known.department,
            ticket_scope=scope,
        )
        directory.upsert_person(session, new)
    world.browser.sign_in(email)
    return world


@pytest.mark.parametrize(("viewer", "scope"), list(SEES))
def test_the_portals_list_and_its_count_hold_what_the_scope_reaches(
    world: World, viewer: str, scope: TicketScope
) -> None:
    client = signed_in(world, viewer, scope).browser.client
    answer = client.get("/api/v1/tickets", params={"limit": 200}).json()
    assert {one["id"] for one in answer["items"]} == {world.tickets[one] for one in SEES[viewer, scope]}
    assert answer["total"] == len(SEES[viewer, scope])
    for owner in set(OWNERS) - SEES[viewer, scope]:
        searched = client.get("/api/v1/tickets", params={"q": world.secret(owner)}).json()
        assert searched["total"] == 0


@pytest.mark.parametrize(("viewer", "scope"), list(SEES))
def test_a_ticket_beyond_the_scope_answers_like_one_that_does_not_exist(
    world: World, viewer: str, scope: TicketScope
) -> None:
    """Every operation of the API that names a ticket joins this test by being documented."""
    client = signed_in(world, viewer, scope).browser.client
    paths = json.loads(document())["paths"]
    routes = [
        (method, path)
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/v1/tickets/{ticket_id}")
    ]
    assert len(routes) > 5
    for owner in set(OWNERS) - SEES[viewer, scope]:
        for method, path in routes:
            address = path.replace("{ticket_id}", str(world.tickets[owner]))
            while "{" in address:
                address = address[: address.index("{")] + "1" + address[address.index("}") + 1 :]
            answer = client.request(method, address, json={"text": "x", "rating": 1, "agent_id": None})
            assert answer.status_code in {403, 404, 422}, (method, address, answer.text)
            assert world.secret(owner) not in answer.text, (method, address)
            if answer.status_code == 422:
                missing = client.request(
                    method, address.replace(str(world.tickets[owner]), "987654"), json={}
                )
                assert missing.status_code == 422, (method, address)
    for owner in SEES[viewer, scope]:
        assert client.get(f"/api/v1/tickets/{world.tickets[owner]}").status_code == 200


def test_scopes_differ_in_what_staff_see_in_nothing(world: World) -> None:
    client = world.browser.sign_in("agent@vendor.example").client
    assert client.get("/api/v1/tickets", params={"limit": 200}).json()["total"] == len(OWNERS)
