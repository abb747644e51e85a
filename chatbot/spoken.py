"""Sentences out of a stream of pieces, as soon as each is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from chatbot.sentences import split

_MARKS: Final = r"(?:\s*[\[【][\d,，、 ]+[\]】])*"
_COMPLETE: Final = re.compile(rf".*[。！？!?\n]{_MARKS}|.*\.{_MARKS}(?=\s)", re.DOTALL)
_MARKS_BEHIND: Final = re.compile(r"([。！？.!?])((?:\s*[\[【][\d,，、 ]+[\]】])+)")


def sentences_of(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences as soon as they are whole; the marks after a full stop belong to it."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        match = _COMPLETE.match(waiting)
        # The last character may be followed by a mark that has not come yet.
        if match and match.end() < len(waiting):
            yield from _split(waiting[: match.end()])
            waiting = waiting[match.end() :]
    yield from _split(waiting)


def _split(text: str) -> Iterator[str]:
    for line in _MARKS_BEHIND.sub(r"\2\1", text).splitlines():  # marks into their sentence
        yield from split(line)
