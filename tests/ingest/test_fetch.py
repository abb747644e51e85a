"""Fetching pages, and what must never be fetched."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from foundation.db import read_session, write_session
from foundation.settings import Settings
from ingest import fetch, jobs, service
from ingest.errors import UnreadableFileError
from ingest.types import IngestRequest

PAGE = "<html lang=zh><title>泵</title><main><h1>泵</h1><p>先排气，再启动。</p></main></html>".encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/to-metadata":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()
            return
        if self.path == "/to-file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        if self.path in {"/busy", "/slow-down"}:
            self.send_error(503 if self.path == "/busy" else 429)
            return
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x")
            return
        if self.path == "/drip":
            self._drip()
            return
        body = b"x" * 3_000_000 if self.path == "/big" else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def inside(settings: Settings) -> Settings:
    settings.ingest.allow_private_urls = True
    yield settings
    settings.ingest.allow_private_urls = False


def code_of(url: str, max_bytes: int = 10**6) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        fetch.fetch(url, max_bytes=max_bytes)
    return caught.value.code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "172.16.0.1",
        "[::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
        "100.64.0.1",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:7f00:1::]",
        "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]",
        "[fe80::1]",
        "[ff02::1]",
    ],
)
def test_addresses_inside_the_network_are_refused(settings, host):
    assert code_of(f"http://{host}/") == "unsafe_url"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("2002:808:808::1", True),
        ("64:ff9b::a00:1", False),
        ("2001:0:808:808::f5ff:fffe", False),  # Teredo, whose client is 10.0.0.1
    ],
)
def test_an_address_inside_another_decides(address, expected):
    assert fetch._is_public(address) is expected


def test_a_name_is_connected_to_where_it_was_checked_whatever_it_says_later(site, settings, monkeypatch):
    """DNS rebinding: the second answer, inside the network, is never asked for."""
    port, asked = int(site.rpartition(":")[2]), []
    real = socket.getaddrinfo

    def answers(host, *arguments, **more):
        if host != "rebind.example":
            return real(host, *arguments, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) > 1 else "192.0.2.1", *arguments, **more)

    connected = []
    monkeypatch.setattr(socket, "getaddrinfo", answers)
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "192.0.2.1")
    monkeypatch.setattr(
        socket, "create_connection", lambda address, *_rest, **_more: connected.append(address) or refuse()
    )
    assert code_of(f"http://rebind.example:{port}/") == "fetch_failed"
    assert (connected, asked) == ([("192.0.2.1", port)], ["rebind.example"])


def refuse() -> None:
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("path", "heals"), [("/gone", False), ("/busy", True), ("/slow-down", True), ("/cut", True)]
)
def test_only_what_can_heal_is_worth_another_try(site, inside, path, heals):
    with pytest.raises(UnreadableFileError) as caught:
        fetch.fetch(f"{site}{path}", max_bytes=10**6)
    assert (caught.value.code, caught.value.heals) == ("fetch_failed", heals)


def test_a_redirect_to_another_kind_of_address_is_refused(site, inside):
    assert code_of(f"{site}/to-file") == "fetch_failed"


def test_a_page_that_has_not_changed_is_not_read_again(site, inside):
    states = []
    for _ in range(2):
        with write_session() as session:
            job_id = service.start(session, IngestRequest(urls=(f"{site}/pump",)))
        jobs.run(job_id)
        with read_session() as session:
            states.append(str(service.job(session, job_id).files[0].state))
    assert states == ["ingested", "unchanged"]


def test_a_redirect_into_the_network_is_refused(site, settings, monkeypatch):
    original = fetch._is_public
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "127.0.0.1" or original(address))
    assert code_of(f"{site}/to-metadata") == "unsafe_url"


def test_answers_that_are_no_page_have_codes(site, inside):
    assert code_of(f"{site}/gone") == "fetch_failed"
    assert code_of(f"{site}/big") == "too_large"
    assert code_of("http://127.0.0.1:1/") == "fetch_failed"
    assert code_of("ftp://example.com/a") == "fetch_failed"


def test_a_page_becomes_an_article_under_its_address(site, inside):
    with write_session() as session:
        job_id = service.start(session, IngestRequest(urls=(f"{site}/pump",)))
    jobs.run(job_id)
    with read_session() as session:
        job = service.job(session, job_id)
    assert (job.ingested, job.articles, job.collection) == (1, 1, "default")
    assert job.files[0].path == f"{site}/pump"


def test_a_server_that_sends_a_byte_now_and_then_is_left(
    site: str, inside: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside.ingest, "file_timeout_s", 1)
    began = time.monotonic()
    assert code_of(f"{site}/drip") == "timeout"
    assert time.monotonic() - began < 4
