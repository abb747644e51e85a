"""Messages to other systems: signed, once, tried again, and never into the operator's own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from foundation import clock, jobs
from foundation.db import read_session, write_session
from foundation.settings import Settings
from tests.ticketing.desk import SAM, both, opened
from ticketing import rule_events, rules, webhooks
from ticketing.errors import WebhookInvalidError, WebhookNotFoundError


class _Receiver(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://169.254.169.254/latest")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(desk: None, settings: Settings) -> Iterator[_Receiver]:
    settings.desk.webhook_hosts = ["127.0.0.1"]
    rule_events.subscribe()
    server = _Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
    settings.desk.webhook_hosts = []


def work() -> None:
    while jobs.run_one():
        pass


def hook(server: _Receiver, *events: str) -> tuple[int, str]:
    with write_session() as session:
        url = f"http://127.0.0.1:{server.server_port}/in"
        made, secret = webhooks.add(session, name="ERP", url=url, events=events)
        return made.id, secret


def log_of(webhook_id: int) -> list[webhooks.Delivery]:
    with read_session() as session:
        return webhooks.deliveries(session, webhook_id)


def header(headers: dict[str, str], name: str) -> str:
    return next(value for key, value in headers.items() if key.lower() == name)


def test_a_subscriber_gets_a_message_whose_signature_it_can_check(receiver: _Receiver) -> None:
    webhook_id, secret = hook(receiver, "ticket.created")
    with write_session() as session:
        number = opened(session, SAM).number
    work()
    ((headers, body),) = receiver.got
    told: dict[str, Any] = json.loads(body)
    assert (told["type"], told["data"]["ticket"]) == ("ticket.created", number)
    signed = f"{header(headers, 'webhook-id')}.{header(headers, 'webhook-timestamp')}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert header(headers, "webhook-signature") == "v1," + base64.b64encode(mac).decode()
    assert [(one.state, one.attempts, one.status_code) for one in log_of(webhook_id)] == [
        ("delivered", 1, 204)
    ]


def test_a_receiver_that_fails_is_tried_again_later_and_in_the_end_given_up(receiver: _Receiver) -> None:
    webhook_id, _secret = hook(receiver, "ticket.created")
    receiver.answers = [500] * 20
    with write_session() as session:
        opened(session, SAM)
    work()
    assert [(one.state, one.attempts) for one in log_of(webhook_id)] == [("waiting", 1)]
    for delay in webhooks.RETRY_AFTER:
        clock.advance(delay - timedelta(seconds=1))
        work()
        clock.advance(timedelta(seconds=2))
        work()
    assert [(one.state, one.attempts, one.error) for one in log_of(webhook_id)] == [
        ("failed", 6, "status 500")
    ]
    assert len(receiver.got) == 6


def test_a_rule_calls_a_webhook_once_for_one_occurrence(receiver: _Receiver) -> None:
    webhook_id, _secret = hook(receiver)
    spec = {
        "name": both("ERP"),
        "trigger": "ticket_created",
        "actions": [{"do": "webhook", "webhook": webhook_id}],
    }
    with write_session() as session:
        rules.add(session, spec, is_enabled=True)
        opened(session, SAM, product="YLP70")
    work()
    (_headers, body) = receiver.got[0]
    assert len(receiver.got) == 1
    assert json.loads(body)["data"]["facts"]["product.code"] == "YLP70"


def test_the_same_key_is_one_message(receiver: _Receiver) -> None:
    webhook_id, _secret = hook(receiver)
    with write_session() as session:
        first = webhooks.send(session, webhook_id, "rule.matched", "k", {})
        assert webhooks.send(session, webhook_id, "rule.matched", "k", {}) == first
    work()
    assert len(receiver.got) == 1


def test_a_private_address_is_not_called_unless_the_operator_named_its_host(
    receiver: _Receiver, settings: Settings
) -> None:
    settings.desk.webhook_hosts = []
    webhook_id, _secret = hook(receiver, "ticket.created")
    with write_session() as session:
        opened(session, SAM)
    work()
    assert receiver.got == []
    assert "unsafe_url" in (log_of(webhook_id)[0].error or "")


def test_a_redirect_is_not_followed(receiver: _Receiver) -> None:
    webhook_id, _secret = hook(receiver)
    receiver.answers = [302]
    with write_session() as session:
        webhooks.send(session, webhook_id, "rule.matched", "k", {})
    work()
    assert log_of(webhook_id)[0].error == "status 302"


@pytest.mark.parametrize(
    "url", ["ftp://erp.example", "erp.example", "http://", "https://u:p@erp.example/", "http://[x"]
)
def test_an_address_that_is_none_is_refused(desk: None, url: str) -> None:
    with write_session() as session, pytest.raises(WebhookInvalidError):
        webhooks.add(session, name="x", url=url)


def test_a_webhook_that_is_off_takes_no_message(receiver: _Receiver) -> None:
    webhook_id, _secret = hook(receiver, "ticket.created")
    with write_session() as session:
        was = webhooks.webhook(session, webhook_id)
        webhooks.change(session, webhook_id, name=was.name, url=was.url, events=was.events, is_enabled=False)
        opened(session, SAM)
        with pytest.raises(WebhookNotFoundError):
            webhooks.send(session, webhook_id, "rule.matched", "k", {})
    work()
    assert receiver.got == []
