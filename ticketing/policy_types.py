"""Values of promises that cross the room's door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ticketing.directory_types import Words
from ticketing.types import Priority


class Alerted(StrEnum):
    """Who is told when a promise stays broken."""

    ASSIGNEE = "assignee"
    TEAM = "team"  # the agents of the queue's team
    MANAGERS = "managers"
    ACCOUNT_MANAGER = "account_manager"


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder that a broken promise climbs while it is not fulfilled."""

    after_minutes: int  # of working time since it broke
    notify: tuple[Alerted, ...]


@dataclass(frozen=True, kw_only=True)
class SlaPolicy:
    """A promise and the tickets it is made for; an empty condition means any."""

    id: int
    slug: str
    name: Words
    position: int  # the first policy that matches counts
    tier: str | None
    priority: Priority | None
    kind: str | None
    calendar: str
    first_response_minutes: int | None
    resolution_minutes: int | None
    next_response_minutes: int | None = None
    warn_percent: int = 75  # of the target: when the one who has the ticket is warned
    escalations: tuple[Rung, ...] = ()
