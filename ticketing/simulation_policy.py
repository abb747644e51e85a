"""The routing policy of a simulation: the desk's own, or one that is only thought of.

A policy (part of a scenario, or a file of its own):

    queues:
      - {slug: vip, team: key, position: 1, conditions: {tiers: [vip]},
         routing: {relax_after_minutes: 10, fallback_team: care, fallback_after_minutes: 5}}
    routing: {weights: {widget: 2}, fair_share: 10, fair_window_minutes: 60}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from foundation.db import ReadSession
from ticketing import desk_routing, loading, routing
from ticketing.errors import ScenarioInvalidError
from ticketing.matching import wanted_skills
from ticketing.routing_types import DeskRouting
from ticketing.simulation_types import Scenario, SimTicket
from ticketing.types import Queue


@dataclass(frozen=True)
class Policy:
    """Queues with what they ask for, and what holds for all; without queues everybody takes everything."""

    queues: tuple[Queue, ...] = ()
    desk: DeskRouting = field(default_factory=DeskRouting)


def of_desk(session: ReadSession) -> Policy:
    """The policy the desk works by now."""
    return Policy(tuple(routing.queues(session)), desk_routing.read(session))


def read(written: Mapping[str, Any]) -> Policy:
    """A policy in words. Raises ScenarioInvalidError."""
    try:
        queues = tuple(
            replace(loading.read_queue({"name": {}, "position": at, **spec}), id=at)
            for at, spec in enumerate(written.get("queues") or (), 1)
        )
        desk = DeskRouting(**(written.get("routing") or {}))
        desk_routing.check(desk)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScenarioInvalidError(f"{type(error).__name__}: {error}") from error
    return Policy(queues, desk)


def under(policy: Policy, scenario: Scenario) -> Scenario:
    """The same arrivals and agents under a policy."""
    known = frozenset(skill for agent in scenario.agents for skill in agent.skills)
    tickets = tuple(_placed(ticket, policy, known) for ticket in scenario.tickets)
    return replace(scenario, tickets=tickets, desk=policy.desk)


def _placed(ticket: SimTicket, policy: Policy, known: frozenset[str]) -> SimTicket:
    queue = routing.choose(policy.queues, tier=ticket.tier, language=ticket.language, kind=ticket.kind)
    weight = policy.desk.weight(ticket.channel)
    if queue is None:
        skills = frozenset({ticket.product} if ticket.product else ()) & known
        return replace(ticket, weight=weight, skills=skills)
    return replace(
        ticket,
        weight=weight,
        team=queue.team,
        routing=queue.routing,
        skills=wanted_skills(ticket.product, queue.routing, known),
    )
