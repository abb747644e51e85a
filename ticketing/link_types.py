"""Values of links between tickets that cross the room's door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ticketing.types import TicketSummary


class LinkKind(StrEnum):
    """How a ticket stands to the other."""

    RELATED = "related"  # about the same; the same in both directions
    CHILD = "child"  # a part of it: the other is solved after it
    FOLLOW_UP = "follow_up"  # goes on where the other was closed
    SPLIT = "split"  # was a part of it


class LinkSide(StrEnum):
    """A link as one of its two tickets sees it."""

    RELATED = "related"
    PARENT = "parent"  # the other is the whole of which this is a part
    CHILD = "child"
    FOLLOWS = "follows"  # the other was closed and this goes on
    FOLLOWED_BY = "followed_by"
    SPLIT_FROM = "split_from"
    SPLIT_INTO = "split_into"


@dataclass(frozen=True)
class Link:
    """A ticket that belongs to this one."""

    side: LinkSide
    ticket: TicketSummary
