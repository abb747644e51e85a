"""Public ids and secrets: unguessable in service, repeatable in tests."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u to misread


def _random_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))  # 110 bits


_next_id: Callable[[], str] = _random_id


def new_id(prefix: str) -> str:
    """A new public id such as `c_7m3…`; 110 random bits, letters and digits only."""
    return f"{prefix}_{_next_id()}"


def new_secret() -> str:
    """A new secret for a URL or header: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


@contextmanager
def counting() -> Iterator[None]:
    """Hand out 1, 2, 3 … as ids instead of random ones; for tests that read them."""
    global _next_id  # noqa: PLW0603
    counter = itertools.count(1)
    before, _next_id = _next_id, lambda: f"{next(counter):022d}"
    try:
        yield
    finally:
        _next_id = before
