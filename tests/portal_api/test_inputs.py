from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from foundation.access import Role
from foundation.db import write_session
from portal_api import authentication
from portal_api.inputs import MAX_BODY_BYTES
from tests.portal_api.conftest import Browser
from tests.portal_api.test_sockets import begin, desk, opened

__all__ = ["desk"]

UNSTORABLE = {
    "nul": r'"a\u0000b"',
    "half a pair": r'"a\ud800b"',
    "not a number": "NaN",
    "infinite": "1e999",
    "deep": "[" * 300 + "]" * 300,
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(desk: Browser) -> TestClient:
    """A visitor who is told of a crash by the status, as on the network."""
    return TestClient(desk.client.app, raise_server_exceptions=False)


@pytest.fixture
def key(desk: Browser) -> dict[str, str]:
    with write_session() as session:
        made = authentication.create_api_key(session, "tests", Role.ADMIN)
    return {"Authorization": f"Bearer {made.key}"}


def is_refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("value", UNSTORABLE.values(), ids=UNSTORABLE)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/conversations", '{"page": @}'),
        ("/api/v1/conversations", '{"context": {"fields": {"x": @}}}'),
        ("/api/v1/search", '{"query": @}'),
        ("/api/v1/suggestions", '{"page": "p", "fields": {"x": @}}'),
        ("/api/v1/tickets", '{"subject": @, "body": "b", "email": "a@b.example"}'),
        ("/api/v1/auth/login", '{"email": @, "password": "p"}'),
        ("/v1/chat/completions", '{"messages": [{"role": "user", "content": @}]}'),
    ],
)
def test_what_no_database_can_hold_is_refused_wherever_it_stands(
    client: TestClient, path: str, body: str, value: str
) -> None:
    assert is_refused(client.post(path, content=body.replace("@", value), headers=JSON))


def test_a_body_in_another_unicode_encoding_is_looked_through_as_well(client: TestClient) -> None:
    hostile = '{"query": "a\\u0000b"}'.encode("utf-16")
    assert is_refused(client.post("/api/v1/search", content=hostile, headers=JSON))


@pytest.mark.parametrize("address", ["/api/v1/forms/a%00b", "/api/v1/articles?q=%00", "/portal/%00"])
def test_an_address_with_a_nul_character_is_refused(client: TestClient, address: str) -> None:
    assert is_refused(client.get(address))


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
@pytest.mark.parametrize("path", ["articles/{}", "tickets/{}", "jobs/{}", "tickets?requester={}"])
def test_an_id_of_too_many_digits_is_no_crash(
    client: TestClient, key: dict[str, str], path: str, number: int
) -> None:
    answer = client.get(f"/api/v1/{path.format(number)}", headers=key)
    assert answer.status_code in {200, 404, 422}
    assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"


def test_a_page_name_longer_than_any_file_is_the_page_itself(client: TestClient) -> None:
    assert client.get("/portal/" + "x" * 5000).status_code in {200, 404}


def test_a_csrf_token_outside_ascii_is_only_a_wrong_one(client: TestClient, desk: Browser) -> None:
    desk.sign_in("agent@vendor.example")
    client.cookies = desk.client.cookies
    answer = client.post("/api/v1/tickets/1/read", headers={b"X-CSRF-Token": "é".encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_token_missing")


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_an_endless_body_is_cut_off(client: TestClient, media_type: str) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 8 * MAX_BODY_BYTES:
            sent += 2**18
            yield b" " * 2**18

    answer = client.post("/api/v1/search", content=endless(), headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_upload_without_a_length_is_cut_off_too(
    client: TestClient, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal_api.routes.sources._limit_bytes", lambda: 2**20)
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
    parts = iter([head, *[b"a" * 2**18] * 8, b"\r\n--x--\r\n"])
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/api/v1/sources", content=parts, headers={**key, **kind})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_turn_that_cannot_be_kept_is_refused_and_the_conversation_goes_on(desk: Browser) -> None:
    conversation = begin(desk)
    with opened(desk, conversation) as socket:
        socket.until("hello")
        socket.send(type="turn", text="a\0b", client_id="k1")
        assert socket.until("error")["client_id"] == "k1"
        socket.send(type="turn", text="hello", client_id="k2", context={"x": float("nan")})
        assert socket.until("error")["code"] == "invalid_input"
        socket.send(type="turn", text="hello", client_id="k3")
        assert socket.until("turn", role="user")["turn"]["client_id"] == "k3"


def test_a_socket_of_an_address_that_no_database_takes_is_refused(desk: Browser) -> None:
    found: Any = None
    try:
        with desk.client.websocket_connect("/ws?conversation=a%00b&token=t"):
            pass
    except Exception as error:
        found = error
    assert type(found).__name__ in {"WebSocketDisconnect", "WebSocketDenialResponse"}
