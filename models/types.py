"""Values that cross the room's door."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """What an answer may rest on: the text, and the number it is cited by, from 1."""

    number: int
    title: str
    text: str
