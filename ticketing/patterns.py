"""Patterns that people write for fields: only those that are quick to try, whatever is typed."""

from __future__ import annotations

import re

LONGEST = 200  # characters of a pattern, and of a value that one is tried on
MOST_REPEATS = 5  # the work of trying one grows with the length of the value to this power

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|.", re.DOTALL)
_REPEATS = frozenset("*+")
_CHOICES = frozenset("?|")


def check(pattern: str) -> str:
    """The pattern, if it can be read and trying it stays cheap. Raises ValueError.

    A repeat of something that repeats or offers a choice, as in `(a+)+`, takes a time that doubles with every
    character, and is refused; so are more than a few repeats in a row.
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST} characters")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this pattern cannot be read: {error}") from error
    _check_cost(pattern)
    return pattern


def _check_cost(pattern: str) -> None:
    varies = [False]  # of each open group: whether what is in it can match in several ways
    just_closed, repeats = (
        False,
        0,
    )  # whether the group that just ended can; how many repeats there are in all
    for piece in _PIECE.findall(pattern):
        is_repeat = piece in _REPEATS or (piece.startswith("{") and len(piece) > 1)
        if is_repeat and just_closed:
            raise ValueError(
                "a repeat of something that varies can take for ever; write it without the inner one"
            )
        just_closed = False
        if piece == "(":
            varies.append(False)
        elif piece == ")":
            just_closed = varies.pop()
            varies[-1] |= just_closed
        elif is_repeat or piece in _CHOICES:
            varies[-1] = True
            repeats += is_repeat and not piece.strip("{}").isdigit()
    if repeats > MOST_REPEATS:
        raise ValueError(f"at most {MOST_REPEATS} repeats")


def fits(pattern: str, value: str) -> bool:
    """Whether the whole value matches."""
    return len(value) <= LONGEST and re.fullmatch(pattern, value) is not None
