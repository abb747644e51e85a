"""Calls to addresses that people type in: nothing inside the operator's own network is ever asked."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

Resolve = Callable[[str, int], str]  # host, port → the IP address to connect to; raises to refuse

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Their last 32 bits are an IPv4 address: mapped, translated, compatible, and what NAT64 makes of one.
_WRAPPERS = [
    ipaddress.IPv6Network(one) for one in ("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96")
]


class UnsafeAddressError(Exception):
    """The host has an address that is not public."""


class NoAddressError(Exception):
    """The host has no address."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet, also when it is wrapped in another kind of address."""
    known = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_global(one) for one in (known, *_wrapped(known)))


def _is_global(known: _Address) -> bool:
    if any(known in network for network in _WRAPPERS if network.version == known.version):
        return True  # what it wraps decides
    return known.is_global and not known.is_multicast and not known.is_reserved


def _wrapped(known: _Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address may lead to by translation or through a tunnel."""
    if isinstance(known, ipaddress.IPv4Address):
        return []
    inside = [ipaddress.IPv4Address(known.packed[-4:])] if any(known in one for one in _WRAPPERS) else []
    return inside + [one for one in (known.sixtofour, *(known.teredo or ())) if one is not None]


def public_address(host: str, port: int, *, trusted: Iterable[str] = ()) -> str:
    """An IP address of `host` that may be connected to; `trusted` hosts may be inside.

    Raises UnsafeAddressError if any of its addresses is not public, NoAddressError if it has none.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NoAddressError(host) from error
    if host.lower() not in {one.lower() for one in trusted} and not all(is_public(one) for one in found):
        raise UnsafeAddressError(host)
    return min(found)


class GuardedBackend(httpcore.SyncBackend):
    """Connects to the very address that was checked, so that a second look-up cannot change it."""

    def __init__(self, resolve: Resolve) -> None:
        super().__init__()
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return super().connect_tcp(self._resolve(host, port), port, timeout, local_address, socket_options)


@contextmanager
def guarded_client(
    resolve: Resolve, *, timeout: httpx.Timeout, headers: Mapping[str, str], redirects: int
) -> Iterator[httpx.Client]:
    """An HTTP client whose every connection, also after a redirect, goes through `resolve`."""
    transport = httpx.HTTPTransport(trust_env=False)
    context = httpx.create_ssl_context(trust_env=False)
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=GuardedBackend(resolve))
    with httpx.Client(
        transport=transport,
        timeout=timeout,
        headers=dict(headers),
        follow_redirects=redirects > 0,
        max_redirects=redirects,
    ) as client:
        yield client
