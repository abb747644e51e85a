"""Editing how tickets are routed, and saying who is there, over HTTP and the agents' socket."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, update

from foundation import clock, jobs
from foundation.db import read_session, write_session
from tests.portal_api.conftest import Browser
from ticketing import directory, routing
from ticketing import service as ticketing
from ticketing.routing_types import DeskRouting
from ticketing.tables import AgentTable, TicketTable
from ticketing.types import NewTicket, Queue

QUEUE: dict[str, Any] = {
    "name": {"zh": "贵宾", "en": "VIP"},
    "position": 1,
    "team": "care",
    "tiers": ["vip"],
    "languages": ["zh", "en"],
    "kinds": [],
    "routing": {
        "is_automatic": True,
        "skills": ["pump"],
        "relax_after_minutes": 10,
        "fallback_team": "key",
        "fallback_after_minutes": 5,
        "ack_minutes": 2,
    },
}
AGENT: dict[str, Any] = {"team": "care", "languages": ["zh"], "skills": ["pump"], "capacity": 5}
DESK: dict[str, Any] = {
    "weights": {"widget": 3},
    "fair_share": 5,
    "fair_window_minutes": 30,
    "absent_after_s": 120,
}
CARE: dict[str, Any] = {"bot_bypass": True, "notifies_manager": True, "silent_days": 14}


@pytest.fixture
def manager(browser: Browser) -> Browser:
    with write_session() as session:
        for slug in ("care", "key"):
            directory.upsert_team(session, slug, {"zh": slug, "en": slug})
        routing.upsert_queue(session, Queue(0, "rest", {"zh": "其他", "en": "Rest"}, 9, None))
    return browser.sign_in("manager@vendor.example")


def put(browser: Browser, path: str, body: Any) -> Any:
    return browser.client.put(f"/api/v1{path}", json=body)


def get(browser: Browser, path: str) -> Any:
    answer = browser.client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def agent_id(email: str) -> int:
    with read_session() as session:
        return directory.viewer_by_email(session, email).agent_id or 0


def test_what_a_manager_sets_is_what_is_read_back(manager: Browser) -> None:
    saved = put(manager, "/queues/vip", QUEUE)
    assert saved.status_code == 200, saved.text
    told = next(one for one in get(manager, "/queues")["items"] if one["slug"] == "vip")
    assert {key: told[key] for key in QUEUE} == QUEUE
    number = agent_id("agent@vendor.example")
    assert put(manager, f"/agents/{number}", AGENT).status_code == 200
    told = next(one for one in get(manager, "/agents")["items"] if one["id"] == number)
    assert {key: told[key] for key in AGENT} == AGENT and told["load"] == 0
    assert put(manager, "/routing", DESK).json() == get(manager, "/routing") == DESK
    assert put(manager, "/teams/night", {"name": {"zh": "夜班", "en": "Night"}}).status_code == 200
    assert "night" in [one["slug"] for one in get(manager, "/teams")["items"]]
    assert put(manager, "/tiers/vip", CARE).status_code == 200
    told = next(one for one in get(manager, "/tiers")["items"] if one["slug"] == "vip")
    assert {key: told[key] for key in CARE} == CARE


def test_what_a_queue_lacks_to_be_a_green_channel_is_named(manager: Browser) -> None:
    put(manager, "/tiers/vip", CARE | {"bot_bypass": False, "silent_days": None})

    def gaps() -> Any:
        return next(one["gaps"] for one in get(manager, "/tiers")["items"] if one["slug"] == "vip")

    assert gaps() == ["no_bypass", "no_queue", "no_shorter_promise", "no_silence_alert"]
    put(manager, "/tiers/vip", CARE)
    assert put(manager, "/queues/vip", QUEUE).json()["is_green"] is True
    assert gaps() == ["no_shorter_promise"]
    assert put(manager, "/queues/vip", QUEUE | {"tiers": ["vip", "standard"]}).json()["is_green"] is False


@pytest.mark.parametrize("email", [None, "vip@acme.example", "agent@vendor.example", "editor@vendor.example"])
def test_only_managers_edit_routing(manager: Browser, email: str | None) -> None:
    manager.client.cookies.clear()
    if email:
        manager.sign_in(email)
    wanted = 403 if email else 401
    for path, body in (
        ("/queues/vip", QUEUE),
        (f"/agents/{agent_id('agent@vendor.example')}", AGENT),
        ("/routing", DESK),
        ("/teams/night", {"name": {"zh": "夜", "en": "N"}}),
        ("/tiers/vip", CARE),
    ):
        assert put(manager, path, body).status_code == wanted
    if email in (None, "vip@acme.example"):
        for path in ("/queues", "/agents", "/teams", "/tiers", "/routing"):
            assert manager.client.get(f"/api/v1{path}").status_code == wanted
        for answer in (
            manager.client.patch("/api/v1/agents/me", json={"presence": "online"}),
            manager.client.post("/api/v1/agents/me/heartbeat"),
        ):
            assert answer.status_code == wanted


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("/queues/vip", QUEUE | {"team": "nobody"}, "unknown_slug"),
    ("/queues/vip", QUEUE | {"tiers": ["platinum"]}, "unknown_slug"),
    ("/queues/VIP%20", QUEUE, "invalid_input"),
    ("/queues/vip", QUEUE | {"name": {"zh": "", "en": "x"}}, "invalid_input"),
    ("/queues/vip", QUEUE | {"languages": ["fr"]}, "invalid_input"),
    ("/queues/vip", QUEUE | {"routing": {"fallback_team": "key"}}, "bad_routing"),
    (
        "/queues/vip",
        QUEUE | {"routing": {"fallback_team": "care", "fallback_after_minutes": 1}},
        "bad_routing",
    ),
    ("/queues/vip", QUEUE | {"routing": {"ack_minutes": 0}}, "bad_routing"),
    ("/queues/vip", QUEUE | {"routing": {"ack_minutes": -1}}, "invalid_input"),
    ("/queues/vip", QUEUE | {"routing": {"skills": ["x" * 101]}}, "invalid_input"),
    ("/agents/999999", AGENT, "agent_not_found"),
    ("/agents/1", AGENT | {"capacity": 1001}, "invalid_input"),
    ("/routing", DESK | {"weights": {"pigeon": 1}}, "bad_routing"),
    ("/routing", DESK | {"weights": {"widget": 0}}, "invalid_input"),
    ("/routing", DESK | {"absent_after_s": 1}, "invalid_input"),
    ("/tiers/nothing", CARE, "unknown_slug"),
    ("/tiers/vip", CARE | {"silent_days": 0}, "invalid_input"),
]


def test_what_makes_no_sense_is_refused_and_changes_nothing(manager: Browser) -> None:
    before = [get(manager, one) for one in ("/queues", "/agents", "/routing", "/tiers")]
    for path, body, code in REFUSED:
        answer = put(manager, path, body)
        assert (answer.json()["code"], answer.status_code in (404, 422)) == (code, True), path
    assert [get(manager, one) for one in ("/queues", "/agents", "/routing", "/tiers")] == before


def test_switching_a_queue_on_hands_out_what_waits(manager: Browser) -> None:
    with write_session() as session:
        waiting = ticketing.open_ticket(session, NewTicket(subject="It beeps", body="Help", language="zh")).id
    presence(manager, "agent@vendor.example", "online")
    assert holder(waiting) is None
    manager.sign_in("manager@vendor.example")
    rest = {"name": {"zh": "其他", "en": "Rest"}, "position": 9, "routing": {"is_automatic": True}}
    assert put(manager, "/queues/rest", rest).status_code == 200
    deadline = time.monotonic() + 20
    while holder(waiting) is None and time.monotonic() < deadline:
        jobs.run_one()
    assert holder(waiting) == agent_id("agent@vendor.example")


def holder(ticket_id: int) -> int | None:
    with read_session() as session:
        return session.scalar(select(TicketTable.assignee_id).where(TicketTable.id == ticket_id))


def presence(browser: Browser, email: str, value: str) -> Any:
    browser.sign_in(email)
    answer = browser.client.patch("/api/v1/agents/me", json={"presence": value})
    assert answer.status_code == 200, answer.text
    return answer.json()["presence"]


def shown(browser: Browser, email: str) -> str:
    found: str = next(one["presence"] for one in get(browser, "/agents")["items"] if one["email"] == email)
    return found


def test_who_is_online_is_seen_until_the_signs_of_life_end_and_again_when_they_come_back(
    manager: Browser,
) -> None:
    agent = "agent@vendor.example"
    with clock.fixed(clock.now()):
        assert presence(manager, agent, "online") == "online"
        clock.advance(DeskRouting().absent_after)
        assert shown(manager, agent) == "offline"
        assert manager.client.post("/api/v1/agents/me/heartbeat").json()["presence"] == "online"
        assert shown(manager, agent) == "online"


def test_an_open_console_is_a_sign_of_life(manager: Browser) -> None:
    agent = "agent@vendor.example"
    presence(manager, agent, "online")
    number = agent_id(agent)
    with write_session() as session:
        long_ago = clock.now() - 10 * DeskRouting().absent_after
        session.execute(update(AgentTable).where(AgentTable.id == number).values(seen_at=long_ago))
    assert shown(manager, agent) == "offline"
    with manager.client.websocket_connect("/ws/agent") as socket:
        assert socket.receive_json()["type"] == "hello"
        assert socket.receive_json() == {"event": "presence", "agent_id": number, "presence": "online"}
    assert shown(manager, agent) == "online"
    with read_session() as session:
        assert session.scalar(select(AgentTable.seen_at).where(AgentTable.id == number)) is not None
