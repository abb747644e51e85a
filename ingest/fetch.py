"""Pages from addresses, with a guard: nothing inside the operator's own network is ever asked."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, cast

import httpcore
import httpx

from foundation.outgoing import guarded_client
from foundation.outgoing import is_public as _is_public
from foundation.settings import get_settings
from ingest import files
from ingest.errors import UnreadableFileError
from ingest.files import Staged

_REDIRECTS = 5
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_BUSY = frozenset({408, 425, 429})
_MAY_HEAL = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
)
_HEADERS = {
    "User-Agent": "Jieda-ingest/1",
    "Accept-Encoding": "identity",  # what is unpacked on the way is no measure of what was sent
    "Accept": "text/html,application/pdf;q=0.9,*/*;q=0.5",
}


def public_address(host: str, port: int) -> str:
    """An IP address of `host` that may be connected to.

    Raises UnreadableFileError `unsafe_url` if any of its addresses is not public, `fetch_failed` if it has none.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        busy = getattr(error, "errno", None) == socket.EAI_AGAIN
        raise UnreadableFileError("fetch_failed", f"no address for {host}", heals=busy) from error
    if not get_settings().ingest.allow_private_urls:
        for address in found:
            if not _is_public(address):
                raise UnreadableFileError("unsafe_url", host)
    return min(found)


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


def _client() -> AbstractContextManager[httpx.Client]:
    return guarded_client(public_address, timeout=_TIMEOUT, headers=_HEADERS, redirects=_REDIRECTS)


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
        status = error.response.status_code
        raise UnreadableFileError(
            "fetch_failed", f"status {status}", heals=status in _BUSY or status >= 500
        ) from error
    except _MAY_HEAL as error:
        raise UnreadableFileError("fetch_failed", type(error).__name__, heals=True) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreadableFileError("fetch_failed", type(error).__name__) from error
