"""Pages from addresses, with a guard: nothing inside the operator's own network is ever asked."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import httpcore
import httpx

from foundation.settings import get_settings
from ingest import files
from ingest.errors import UnreadableFileError
from ingest.files import Staged

_REDIRECTS = 5
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_HEADERS = {"User-Agent": "Jieda-ingest/1", "Accept": "text/html,application/pdf;q=0.9,*/*;q=0.5"}


class _GuardedBackend(httpcore.SyncBackend):
    """Connects only to public addresses, and to the very address it has checked (no DNS rebinding)."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return super().connect_tcp(public_address(host, port), port, timeout, local_address, socket_options)


def public_address(host: str, port: int) -> str:
    """An IP address of `host` that may be connected to.

    Raises UnreadableFileError `unsafe_url` if any of its addresses is not public, `fetch_failed` if it has none.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UnreadableFileError("fetch_failed", f"no address for {host}") from error
    if not get_settings().ingest.allow_private_urls:
        for address in found:
            if not _is_public(address):
                raise UnreadableFileError("unsafe_url", host)
    return min(found)


def _is_public(address: str) -> bool:
    known = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(known, "ipv4_mapped", None) or getattr(known, "sixtofour", None)
    known = mapped or known
    return known.is_global and not known.is_multicast and not known.is_reserved


class _BodyReader:
    """A response's body as a file to read, for as long as one file may take."""

    def __init__(self, pieces: Iterator[bytes], seconds: float) -> None:
        self._pieces = pieces
        self._deadline = time.monotonic() + seconds

    def read(self, _size: int = -1) -> bytes:
        # A server that sends a byte now and then never runs into a timeout of the connection.
        if time.monotonic() > self._deadline:
            raise UnreadableFileError("timeout")
        return next(self._pieces, b"")


@contextmanager
def _client() -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(trust_env=False)
    context = httpx.create_ssl_context(trust_env=False)
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_GuardedBackend())
    with httpx.Client(
        transport=transport,
        timeout=_TIMEOUT,
        headers=_HEADERS,
        follow_redirects=True,
        max_redirects=_REDIRECTS,
    ) as client:
        yield client


def fetch(url: str, *, max_bytes: int) -> tuple[Staged, str]:
    """The bytes behind an address, staged, and the media type the server told.

    Raises UnreadableFileError `fetch_failed`, `unsafe_url`, `too_large`, `timeout`.
    """
    try:
        with _client() as client, client.stream("GET", url) as response:
            response.raise_for_status()
            seconds = get_settings().ingest.file_timeout_s
            body = cast(IO[bytes], _BodyReader(response.iter_bytes(), seconds))
            return files.stage(body, max_bytes=max_bytes), response.headers.get("content-type", "")
    except httpx.HTTPStatusError as error:
        raise UnreadableFileError("fetch_failed", f"status {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise UnreadableFileError("fetch_failed", type(error).__name__) from error
