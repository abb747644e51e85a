"""Fetching pages, and what must never be fetched."""

from __future__ import annotations

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
    ],
)
def test_addresses_inside_the_network_are_refused(settings, host):
    assert code_of(f"http://{host}/") == "unsafe_url"


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
