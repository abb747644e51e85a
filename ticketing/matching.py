"""Who of those who are there takes a waiting ticket. The desk and its simulation decide with this code alone.

Tickets are offered in the order of `ticketing.queue_order`; each goes to the best of the agents who may take it
and have room. **A ticket is never passed over by an agent who could have taken it:** where those who may take it
lack room for its weight, the one with the most room is kept free for it and takes nothing that stands behind.
That one's room only grows until the ticket fits, so heavy tickets do not starve behind light ones.

What chooses among agents (the account manager, skills, fair shares) never makes a ticket wait: it only says who
goes first of those who are free.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ticketing.routing_types import DeskRouting
from ticketing.types import QueueRouting

_MINUTE = timedelta(minutes=1)
BY_HAND = QueueRouting()


class Why(StrEnum):
    """Why this agent may take the ticket; the first that holds."""

    MANAGER = "manager"  # looks after the customer's company
    SKILLED = "skilled"
    RELAXED = "relaxed"  # lacks a skill, but the ticket has waited long enough
    FALLBACK = "fallback"  # of the team that helps out


@dataclass(frozen=True, kw_only=True)
class Work:
    """A waiting ticket, as far as it matters who takes it."""

    id: int
    waiting_since: datetime
    language: str
    team: str | None = None  # of its queue; None: every agent's
    skills: frozenset[str] = frozenset()  # only such as some agent has, see `wanted_skills`
    weight: int = 1
    manager: int | None = None  # the agent who looks after the company
    routing: QueueRouting = BY_HAND

    def has_waited(self, minutes: int | None, now: datetime) -> bool:
        return minutes is not None and now - self.waiting_since >= minutes * _MINUTE


@dataclass(kw_only=True)
class Hand:
    """An agent who is there. `load` and what was given last change as tickets are taken."""

    id: int
    capacity: int
    team: str | None = None
    languages: frozenset[str] = frozenset()  # empty: every language
    skills: frozenset[str] = frozenset()  # empty: everything
    load: int = 0
    recent: int = 0  # tickets given within the fairness window
    last_at: datetime | None = None  # when one was given last
    is_kept: bool = False  # for a ticket that stands before all others

    @property
    def room(self) -> int:
        return max(0, self.capacity - self.load)

    def fits(self, work: Work) -> bool:
        """Whether there is room; a ticket heavier than the whole capacity fits when nothing else is there."""
        return self.room >= min(work.weight, self.capacity) > 0

    def why(self, work: Work, now: datetime) -> Why | None:
        """Why this agent may take the ticket, room aside; None: may not."""
        if self.languages and work.language not in self.languages:
            return None
        if work.manager == self.id:
            return Why.MANAGER
        is_skilled = not self.skills or work.skills <= self.skills
        if not is_skilled and not work.has_waited(work.routing.relax_after_minutes, now):
            return None
        if work.team is None or self.team == work.team:
            return Why.SKILLED if is_skilled else Why.RELAXED
        helps = self.team is not None and self.team == work.routing.fallback_team
        return Why.FALLBACK if helps and work.has_waited(work.routing.fallback_after_minutes, now) else None


@dataclass(frozen=True)
class Match:
    hand: Hand
    why: Why


class Matcher:
    """Finds agents for tickets that are offered in their order."""

    def __init__(self, hands: Iterable[Hand], desk: DeskRouting) -> None:
        self._hands = list(hands)
        self._desk = desk

    @property
    def is_full(self) -> bool:
        """Whether nobody could take anything any more."""
        return all(hand.is_kept or not hand.room for hand in self._hands)

    def offer(self, work: Work, now: datetime) -> Match | None:
        """Who takes the ticket; None keeps the agent with the most room free for it. See `take`."""
        able = [(hand, why) for hand in self._hands if hand.capacity and (why := hand.why(work, now))]
        free = [(hand, why) for hand, why in able if hand.fits(work) and not hand.is_kept]
        if free:
            return Match(*min(free, key=lambda one: self._preference(*one)))
        partly = [hand for hand, _why in able if hand.room and not hand.is_kept]
        if partly:
            max(partly, key=lambda hand: (hand.room, -hand.id)).is_kept = True
        return None

    def take(self, match: Match, work: Work, now: datetime) -> None:
        """Count the ticket as the agent's."""
        hand = match.hand
        hand.load += min(work.weight, hand.capacity)
        hand.recent, hand.last_at = hand.recent + 1, now

    def _preference(self, hand: Hand, why: Why) -> tuple[Any, ...]:
        share = self._desk.fair_share
        last = hand.last_at.timestamp() if hand.last_at else 0.0
        return (
            list(Why).index(why),
            share is not None and hand.recent >= share,
            hand.load / hand.capacity,
            hand.recent,
            last,
            hand.id,
        )


def wanted_skills(product: str | None, queue: QueueRouting, known: frozenset[str]) -> frozenset[str]:
    """The skills a ticket asks for: its product and its queue's, as far as any agent of the desk lists them.

    What nobody can do must not keep a ticket waiting for somebody who can.
    """
    wanted = {*queue.skills, product} if product is not None else set(queue.skills)
    return known & wanted
