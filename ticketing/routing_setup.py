"""Editing how tickets are routed: queues, teams, agents and what holds for the whole desk.

Whoever calls has made sure that the viewer may. What waits is handed out anew after each change; tickets that
lie in a queue stay there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from foundation.db import ReadSession, WriteSession
from ticketing import desk_routing, directory, dispatch_events, routing
from ticketing.directory_types import Agent, Team, Tier, Words
from ticketing.errors import AgentNotFoundError, BadRoutingError, UnknownSlugError
from ticketing.routing_types import DeskRouting
from ticketing.tables import AgentTable, TeamTable, TierTable
from ticketing.types import Queue

_LONGEST_WAIT = 30 * 24 * 60  # minutes


@dataclass(frozen=True, kw_only=True)
class AgentRouting:
    """What decides which tickets an agent is given."""

    team: str | None  # slug
    languages: tuple[str, ...]  # none: every language
    skills: tuple[str, ...]  # none: everything
    capacity: int  # 0: none are given


@dataclass(frozen=True, kw_only=True)
class TierCare:
    """What customers of a tier are promised beside its queue and its clocks."""

    bot_bypass: bool
    notifies_manager: bool
    silent_days: int | None


def save_queue(session: WriteSession, new: Queue) -> Queue:
    """Make the queue with this slug or bring it up to date. Raises UnknownSlugError, BadRoutingError."""
    _check_tiers(session, new.tiers)
    how = new.routing
    for minutes in (how.relax_after_minutes, how.fallback_after_minutes, how.ack_minutes):
        if minutes is not None and not 0 <= minutes <= _LONGEST_WAIT:
            raise BadRoutingError(f"a time is 0 to {_LONGEST_WAIT} minutes")
    if how.ack_minutes == 0:
        raise BadRoutingError("an agent has at least a minute to open a ticket")
    if (how.fallback_team is None) != (how.fallback_after_minutes is None):
        raise BadRoutingError("a fallback team and the time after which it helps go together")
    if how.fallback_team is not None and how.fallback_team == new.team:
        raise BadRoutingError("the fallback team is another than the queue's own")
    saved = routing.upsert_queue(session, new)
    dispatch_events.ask(session)
    return saved


def _check_tiers(session: ReadSession, wanted: Collection[str]) -> None:
    known = {tier.slug for tier in directory.tiers(session)}
    for slug in wanted:
        if slug not in known:
            raise UnknownSlugError("tier", slug)


def save_agent(session: WriteSession, agent_id: int, new: AgentRouting) -> Agent:
    """What an agent is given from now on; what he or she has stays. Raises AgentNotFoundError, UnknownSlugError."""
    row = session.get(AgentTable, agent_id)
    if row is None:
        raise AgentNotFoundError(agent_id)
    row.team_id = directory.id_of(session, TeamTable, "team", new.team)
    row.languages, row.skills = list(new.languages), list(new.skills)
    row.capacity = new.capacity
    session.flush()
    dispatch_events.ask(session)
    return directory.agent(session, agent_id)


def save_team(session: WriteSession, slug: str, name: Words) -> Team:
    """Make the team with this slug or rename it."""
    return directory.upsert_team(session, slug, name)


def save_tier(session: WriteSession, slug: str, care: TierCare) -> Tier:
    """What a tier's customers are promised. Raises UnknownSlugError."""
    tier_id = directory.id_of(session, TierTable, "tier", slug)
    row = session.get_one(TierTable, tier_id)
    row.bot_bypass, row.notifies_manager = care.bot_bypass, care.notifies_manager
    row.silent_days = care.silent_days
    session.flush()
    return directory.to_tier(row)


def save_desk(session: WriteSession, new: DeskRouting) -> DeskRouting:
    """What holds for every queue. Raises BadRoutingError."""
    saved = desk_routing.write(session, new)
    dispatch_events.ask(session)
    return saved
