"""Lets a parser say which page it turns to: progress for people, and the place where a hostile page stopped it.

Used inside a parser process, which reads one file at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

Listener = Callable[[int, int], None]  # number of the page, from 1, and how many there are

_listener: Listener | None = None
_left_out: frozenset[int] = frozenset()


def listen(listener: Listener | None, left_out: Collection[int] = ()) -> None:
    """Choose who hears of pages, and which pages of the next file are not to be read."""
    global _listener, _left_out
    _listener, _left_out = listener, frozenset(left_out)


def begin(number: int, count: int) -> bool:
    """Say that page `number` of `count` is read now; False if it must be left out, as it broke a parser before."""
    if number in _left_out:
        return False
    if _listener is not None:
        _listener(number, count)
    return True


@contextmanager
def silenced() -> Iterator[None]:
    """Inside, pages are those of a file within the file, which nobody hears of and none is left out of."""
    global _listener, _left_out
    before = _listener, _left_out
    _listener, _left_out = None, frozenset()
    try:
        yield
    finally:
        _listener, _left_out = before
