"""What a simulation of routing takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ticketing.calendar import ALWAYS, Calendar
from ticketing.matching import BY_HAND, Hand, Why, Work
from ticketing.routing_types import DeskRouting
from ticketing.types import QueueRouting


class SimOrder(StrEnum):
    """In which order waiting tickets are taken."""

    PROMISE = "promise"  # the desk's own, ticketing.queue_order
    ARRIVAL = "arrival"  # first come, first served: to compare with
    TIER = "tier"  # tiers strictly, nobody is lifted: to see what starving looks like


@dataclass(frozen=True)
class SimTicket:
    """A ticket that arrives, in a queue that says whose it is."""

    id: int
    at: datetime
    place: int  # of its tier; 0 is served first
    tier: str
    language: str
    due_at: datetime  # of the first response
    handling_minutes: float
    product: str | None = None
    has_promise: bool = True
    kind: str = "general"
    channel: str = "form"
    # what the policy makes of it, see ticketing.simulation_policy
    skills: frozenset[str] = frozenset()
    team: str | None = None  # of the queue; None: every agent's
    routing: QueueRouting = BY_HAND
    weight: int = 1  # of an agent's capacity
    manager: int | None = None  # index of the agent who looks after the company

    def work(self) -> Work:
        """The ticket as those who match see it."""
        return Work(
            id=self.id,
            waiting_since=self.at,
            language=self.language,
            team=self.team,
            skills=self.skills,
            weight=self.weight,
            manager=self.manager,
            routing=self.routing,
        )


@dataclass(frozen=True)
class SimAgent:
    """Someone who takes tickets while the shift lasts, `capacity` at a time."""

    name: str
    languages: frozenset[str] = frozenset()  # empty: every language
    skills: frozenset[str] = frozenset()  # empty: everything
    capacity: int = 1
    shift: Calendar = ALWAYS
    team: str | None = None
    agent_id: int | None = None  # of the desk, where it is one of its agents

    def hand(self, number: int) -> Hand:
        """The agent as those who match see him or her, with nothing to do."""
        return Hand(
            id=number,
            capacity=self.capacity,
            team=self.team,
            languages=self.languages,
            skills=self.skills,
        )


@dataclass(frozen=True)
class Scenario:
    """Everything a run depends on; equal scenarios give equal results."""

    tiers: tuple[str, ...]  # the one served first at the top
    tickets: tuple[SimTicket, ...]  # by arrival
    agents: tuple[SimAgent, ...]
    order: SimOrder = SimOrder.PROMISE
    desk: DeskRouting = field(default_factory=DeskRouting)
    notes: dict[str, Any] = field(default_factory=dict)  # how it came about, for people


@dataclass(frozen=True)
class Start:
    """A ticket was taken."""

    ticket: SimTicket
    agent: SimAgent
    at: datetime
    number: int  # of the agent
    room: int  # the agent had before
    why: Why

    def could_have_taken(self, other: SimTicket) -> bool:
        """Whether the agent might have taken another ticket instead."""
        hand, work = self.agent.hand(self.number), other.work()
        return self.room >= min(work.weight, hand.capacity) and hand.why(work, self.at) is not None


@dataclass(frozen=True, kw_only=True)
class TierWaits:
    """How long the tickets of a tier waited until somebody took them; minutes by the wall clock."""

    tier: str
    tickets: int
    unserved: int  # nobody who could take them was ever free
    mean: float | None
    p50: float | None
    p95: float | None
    max: float | None
    kept: float | None  # share of promises kept; None where nothing was promised


@dataclass(frozen=True, kw_only=True)
class BoundCheck:
    """The guarantee of `ticketing.queue_order`, looked at ticket by ticket.

    From its promise and as many days as its tier's place on, a ticket is overtaken by none that an agent who
    could have taken it takes with a later promise.
    """

    lifted: int  # tickets that waited so long that it counted as first tier
    overtaken: int  # times one of them was passed over wrongly: 0 if the guarantee holds
    longest_overdue_days: float  # of all tickets, at the moment they were taken

    @property
    def holds(self) -> bool:
        return self.overtaken == 0


@dataclass(frozen=True, kw_only=True)
class SimResult:
    order: SimOrder
    waits: tuple[TierWaits, ...]
    bound: BoundCheck
    agents: int
    load: float | None  # work that arrived / work that could be done while it arrived
    busiest_hour_load: float | None
    why: dict[str, int]  # how many tickets were taken for which reason, see ticketing.matching.Why
    notes: dict[str, Any]


KeyOf = Callable[[SimTicket, datetime], Any]
