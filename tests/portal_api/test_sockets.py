from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from foundation import live
from foundation.db import write_session
from foundation.settings import Settings
from portal_api import agent_socket, turn_limit
from portal_api.socket_frames import Frame
from tests.portal_api.conftest import Browser
from ticketing.loading import load_desk

DESK = {
    "queues": [
        {
            "slug": "vip",
            "name": {"zh": "VIP", "en": "VIP"},
            "position": 1,
            "conditions": {"tiers": ["vip"], "languages": [], "kinds": []},
        },
        {
            "slug": "general",
            "name": {"zh": "普通", "en": "General"},
            "position": 2,
            "conditions": {"tiers": [], "languages": [], "kinds": []},
        },
    ],
}


@pytest.fixture
def desk(browser: Browser, settings: Settings) -> Browser:
    with write_session() as session:
        load_desk(session, DESK, [])
    return browser


def begin(browser: Browser) -> dict[str, Any]:
    started: dict[str, Any] = browser.client.post("/api/v1/conversations", json={"locale": "en"}).json()
    return started


class Socket:
    """A widget's socket that keeps what it heard."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.heard: list[Frame] = []

    def send(self, **frame: Any) -> None:
        self._session.send_json(frame)

    def until(self, frame_type: str, **fields: Any) -> Frame:
        """The next frame of this kind with these fields."""
        while True:
            frame: Frame = self._session.receive_json()
            self.heard.append(frame)
            if frame["type"] == frame_type and all(
                _find(frame, name) == value for name, value in fields.items()
            ):
                return frame

    def seqs(self) -> list[int]:
        return [frame["turn"]["seq"] for frame in self.heard if frame["type"] == "turn"]


def _find(frame: Frame, name: str) -> Any:
    inner = frame.get("turn") or frame.get("conversation") or frame
    return inner.get(name, frame.get(name))


@contextmanager
def opened(browser: Browser, conversation: dict[str, Any], after: int = 0) -> Iterator[Socket]:
    address = f"/ws?conversation={conversation['id']}&token={conversation['token']}&after={after}"
    with browser.client.websocket_connect(address) as session:
        yield Socket(session)


def test_a_turn_is_acknowledged_answered_and_kept_in_order(desk: Browser) -> None:
    conversation = begin(desk)
    with opened(desk, conversation) as socket:
        assert socket.until("hello")["conversation"]["turns"] == []
        socket.send(type="turn", client_id="k1", text="Hello there")
        ack = socket.until("ack", client_id="k1")
        answer = socket.until("turn", role="assistant")
        assert ack["seq"] == 1
        assert answer["turn"]["seq"] == 2
        assert socket.seqs() == [1, 2]


def test_a_turn_sent_again_after_a_lost_line_is_not_doubled(desk: Browser) -> None:
    conversation = begin(desk)
    with opened(desk, conversation) as socket:
        socket.until("hello")
        socket.send(type="turn", client_id="k1", text="Hello there")
        socket.until("turn", role="assistant")
    with opened(desk, conversation, after=1) as socket:
        missed = socket.until("hello")["conversation"]["turns"]
        assert [turn["seq"] for turn in missed] == [2]
        socket.send(type="turn", client_id="k1", text="Hello there")
        assert socket.until("ack", client_id="k1")["seq"] == 1
    turns = desk.client.get(
        f"/api/v1/conversations/{conversation['id']}",
        headers={"X-Conversation-Token": conversation["token"]},
    ).json()["turns"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"]


def test_two_pages_of_one_conversation_hear_the_same_turns(desk: Browser) -> None:
    conversation = begin(desk)
    with opened(desk, conversation) as first, opened(desk, conversation) as second:
        first.until("hello")
        second.until("hello")
        first.send(type="turn", client_id="k1", text="Hello")
        first.until("turn", role="assistant")
        second.until("turn", role="assistant")
        assert first.seqs() == second.seqs() == [1, 2]


def test_an_agents_reply_reaches_the_widget_and_the_rating_reaches_the_desk(desk: Browser) -> None:
    conversation = begin(desk)
    with opened(desk, conversation) as socket:
        socket.until("hello")
        socket.send(type="turn", client_id="k1", text="The display of the drive flickers, E-999")
        socket.until("turn", role="assistant")
        socket.send(type="handoff", client_id="h1")
        state = socket.until("conversation", state="waiting")["conversation"]
        ticket_id = state["ticket"]["id"]
        desk.sign_in("agent@vendor.example")
        ticket = desk.client.post(f"/api/v1/tickets/{ticket_id}/claim", json={}).json()
        assert "flickers" in " ".join(message["text"] for message in ticket["messages"])
        sent = desk.client.post(
            f"/api/v1/tickets/{ticket_id}/replies", json={"text": "Switch it off, please."}
        )
        assert sent.status_code == 200, sent.text
        assert socket.until("turn", role="agent")["turn"]["text"] == "Switch it off, please."
        assert desk.client.post(f"/api/v1/tickets/{ticket_id}/resolve", json={}).status_code == 200
        socket.until("turn", kind="survey")
        assert socket.until("conversation", state="resolved")["conversation"]["survey"]["rating"] is None
        socket.send(type="rating", rating=5, comment="quick")
        socket.until("conversation", state="resolved")
        assert sorted(socket.seqs()) == list(range(1, len(socket.seqs()) + 1))
    survey = desk.client.get(f"/api/v1/tickets/{ticket_id}").json()["survey"]
    assert (survey["rating"], survey["comment"]) == (5, "quick")


def test_the_desk_hears_of_a_new_ticket_without_asking(desk: Browser) -> None:
    conversation = begin(desk)
    headers = {"X-Conversation-Token": conversation["token"]}
    desk.sign_in("agent@vendor.example")
    with desk.client.websocket_connect("/ws/agent") as session:
        assert session.receive_json()["type"] == "hello"
        desk.client.headers.pop("X-CSRF-Token")
        cookies = dict(desk.client.cookies)
        desk.client.cookies.clear()
        handed = desk.client.post(
            f"/api/v1/conversations/{conversation['id']}/handoff", json={"reason": "burnt"}, headers=headers
        )
        assert handed.status_code == 200, handed.text
        desk.client.cookies.update(cookies)
        frame = session.receive_json()
        assert (frame["type"], frame["event"]) == ("ticket", "created")
        assert frame["ticket"]["id"] == handed.json()["ticket"]["id"]
        assert frame["ticket"]["queue"]["slug"] == "general"


@pytest.mark.parametrize("token", ["", "guess", None])
def test_a_conversation_opens_only_with_its_token(desk: Browser, token: str | None) -> None:
    conversation = begin(desk)
    address = f"/ws?conversation={conversation['id']}" + (f"&token={token}" if token is not None else "")
    with desk.client.websocket_connect(address) as session:
        assert session.receive_json()["code"] == "conversation_not_found"
        with pytest.raises(WebSocketDisconnect):
            session.receive_json()


def test_a_page_of_another_site_cannot_use_the_visitors_cookie(desk: Browser) -> None:
    desk.sign_in("vip@acme.example")
    conversation = begin(desk)
    address = f"/ws?conversation={conversation['id']}"
    with desk.client.websocket_connect(address, headers={"Origin": "http://testserver"}) as session:
        assert session.receive_json()["type"] == "hello"
    with desk.client.websocket_connect(address, headers={"Origin": "https://evil.example"}) as session:
        assert session.receive_json()["code"] == "conversation_not_found"


def test_only_staff_may_watch_the_desk(desk: Browser) -> None:
    desk.sign_in("vip@acme.example")
    with desk.client.websocket_connect("/ws/agent") as session, pytest.raises(WebSocketDisconnect):
        session.receive_json()


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "nonsense"},
        {"type": ["turn"]},
        {"type": "turn"},
        {"type": "turn", "text": 5, "client_id": "x"},
        {"type": "turn", "text": "", "client_id": "x"},
        {"type": "turn", "text": "x" * 5000, "client_id": "x"},
        {"type": "rating", "rating": 99},
        {},
    ],
)
def test_a_bad_frame_is_refused_with_a_code_and_the_conversation_goes_on(desk: Browser, frame: Frame) -> None:
    with opened(desk, begin(desk)) as socket:
        socket.until("hello")
        socket.send(**frame)
        assert socket.until("error")["code"]
        socket.send(type="ping")
        socket.until("pong")


def test_an_agent_who_signed_out_hears_of_no_ticket(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_socket, "_CHECK_EVERY_S", 0.0)
    customer = begin(desk)
    desk.sign_in("agent@vendor.example")
    with desk.client.websocket_connect("/ws/agent") as session:
        assert session.receive_json()["type"] == "hello"
        desk.client.post("/api/v1/auth/logout")
        hand_off(desk, customer)
        frame = session.receive_json()
        assert (frame["type"], frame["code"]) == ("error", "role_required")
        with pytest.raises(WebSocketDisconnect):
            session.receive_json()


def test_a_page_that_may_embed_the_widget_is_no_console(desk: Browser, settings: Settings) -> None:
    settings.web.allowed_origins = ["https://www.example.com"]
    desk.sign_in("agent@vendor.example")
    try:
        with (
            pytest.raises(WebSocketDisconnect) as caught,
            desk.client.websocket_connect(
                "/ws/agent", headers={"Origin": "https://www.example.com"}
            ) as session,
        ):
            session.receive_json()
    finally:
        settings.web.allowed_origins = []
    assert caught.value.code == 1008


def test_a_visitor_cannot_flood_the_desk_with_typing(desk: Browser) -> None:
    customer = begin(desk)
    hand_off(desk, customer)
    heard: list[Frame] = []
    stop = live.listen(["tickets"], lambda _topic, message: heard.append(message))
    with opened(desk, customer) as socket:
        socket.until("hello")
        for _ in range(50):
            socket.send(type="typing")
        socket.send(type="ping")
        socket.until("pong")
    stop()
    assert [message["event"] for message in heard] == ["typing"]


def test_news_of_jobs_is_for_those_who_may_see_jobs(desk: Browser) -> None:
    for role, expected in (("agent", "presence"), ("editor", "job")):
        desk.sign_in(f"{role}@vendor.example")
        with desk.client.websocket_connect("/ws/agent") as session:
            assert session.receive_json()["type"] == "hello"
            live.tell("jobs", {"type": "job"})
            live.tell("tickets", {"type": "presence"})
            assert session.receive_json()["type"] == expected


def hand_off(desk: Browser, conversation: dict[str, Any]) -> None:
    """As the visitor whose conversation it is, without anybody's cookie."""
    visitor = TestClient(desk.client.app)
    path = f"/api/v1/conversations/{conversation['id']}/handoff"
    answer = visitor.post(path, json={}, headers={"X-Conversation-Token": conversation["token"]})
    assert answer.status_code == 200, answer.text


def test_a_visitor_who_says_too_much_is_told_so_and_the_socket_stays(
    desk: Browser, settings: Settings
) -> None:
    settings.web.turns_per_minute = 3
    try:
        turn_limit.forget()
        customer = begin(desk)
        with opened(desk, customer) as socket:
            socket.until("hello")
            for n in range(5):
                socket.send(type="turn", text=f"hello {n}", client_id=f"k{n}")
            refused = socket.until("error", code="too_many_turns")
            assert refused["client_id"] == "k3" and refused["retry_after_s"] >= 1
            socket.send(type="ping")
            socket.until("pong")
        path = f"/api/v1/conversations/{customer['id']}/turns"
        answer = TestClient(desk.client.app).post(
            path, json={"text": "hello"}, headers={"X-Conversation-Token": customer["token"]}
        )
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_turns")
    finally:
        settings.web.turns_per_minute = 60
        turn_limit.forget()
