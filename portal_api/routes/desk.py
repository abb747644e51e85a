"""The desk: queues, people, companies, promises and ratings, for staff to read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foundation.errors import ForbiddenError
from portal_api.dependencies import AsAgent, InTransaction, Reading
from portal_api.routes.words import WordsOut
from ticketing import directory
from ticketing import service as ticketing
from ticketing.directory_types import Agent, Presence
from ticketing.policy_types import Alerted

router = APIRouter(prefix="/api/v1", tags=["desk"])

Limit = Annotated[int, Query(ge=1, le=500)]


class QueueOut(BaseModel):
    """A queue with what lies in it now."""

    slug: str
    name: WordsOut
    position: int
    team: str | None
    tiers: list[str]
    languages: list[str]
    kinds: list[str]
    waiting: int
    open: int
    breached: int


class QueuesOut(BaseModel):
    """All queues by position."""

    items: list[QueueOut]
    total: int


class AgentOut(BaseModel):
    """A member of staff at the desk."""

    id: int
    name: str
    email: str
    role: str
    team: str | None
    languages: list[str]
    skills: list[str]
    capacity: int
    presence: str


class AgentsOut(BaseModel):
    """All agents."""

    items: list[AgentOut]
    total: int


class TeamOut(BaseModel):
    """Agents who work one or more queues together."""

    id: int
    slug: str
    name: WordsOut


class TeamsOut(BaseModel):
    """All teams."""

    items: list[TeamOut]
    total: int


class RungOut(BaseModel):
    """One rung of the ladder after a broken promise."""

    after_minutes: int
    notify: list[Alerted]


class PolicyOut(BaseModel):
    """A promise and the tickets it is made for; a null condition means any."""

    slug: str
    name: WordsOut
    tier: str | None
    priority: str | None
    kind: str | None
    calendar: str
    first_response_minutes: int | None
    resolution_minutes: int | None
    next_response_minutes: int | None
    warn_percent: int
    escalations: list[RungOut]


class PoliciesOut(BaseModel):
    """All promises; the first that matches counts."""

    items: list[PolicyOut]
    total: int


class RatingOut(BaseModel):
    """A survey and what came of it."""

    id: int
    ticket_id: int
    asked_at: datetime
    agent_name: str | None
    team: str | None
    rating: int | None
    comment: str
    rated_at: datetime | None


class RatingsOut(BaseModel):
    """Surveys, newest first."""

    items: list[RatingOut]
    total: int


class PresenceIn(BaseModel):
    """Whether the agent can take work now."""

    presence: Presence


@router.get("/queues")
def list_queues(_agent: AsAgent, session: Reading) -> QueuesOut:
    """All queues by position, with what waits, is open and has broken its promise."""
    items = [
        QueueOut(
            slug=load.queue.slug,
            name=WordsOut(**load.queue.name),
            position=load.queue.position,
            team=load.queue.team,
            tiers=list(load.queue.tiers),
            languages=list(load.queue.languages),
            kinds=list(load.queue.kinds),
            waiting=load.waiting,
            open=load.open,
            breached=load.breached,
        )
        for load in ticketing.queue_loads(session)
    ]
    return QueuesOut(items=items, total=len(items))


def _agent_out(agent: Agent) -> AgentOut:
    return AgentOut(
        id=agent.id,
        name=agent.name,
        email=agent.email,
        role=agent.role,
        team=agent.team,
        languages=list(agent.languages),
        skills=list(agent.skills),
        capacity=agent.capacity,
        presence=agent.presence,
    )


@router.get("/agents")
def list_agents(_agent: AsAgent, session: Reading) -> AgentsOut:
    """All agents."""
    items = [_agent_out(one) for one in directory.agents(session)]
    return AgentsOut(items=items, total=len(items))


@router.patch("/agents/me")
def set_presence(body: PresenceIn, viewer: AsAgent, session: InTransaction) -> AgentOut:
    """Say whether one can take work now."""
    if viewer.agent_id is None:
        raise ForbiddenError("only an agent has a presence")
    return _agent_out(directory.set_presence(session, viewer.agent_id, body.presence))


@router.get("/teams")
def list_teams(_agent: AsAgent, session: Reading) -> TeamsOut:
    """All teams."""
    items = [TeamOut(id=one.id, slug=one.slug, name=WordsOut(**one.name)) for one in directory.teams(session)]
    return TeamsOut(items=items, total=len(items))


@router.get("/sla-policies")
def list_policies(_agent: AsAgent, session: Reading) -> PoliciesOut:
    """All promises, in the order in which they are tried."""
    items = [
        PolicyOut(
            slug=one.slug,
            name=WordsOut(**one.name),
            tier=one.tier,
            priority=one.priority,
            kind=one.kind,
            calendar=one.calendar,
            first_response_minutes=one.first_response_minutes,
            resolution_minutes=one.resolution_minutes,
            next_response_minutes=one.next_response_minutes,
            warn_percent=one.warn_percent,
            escalations=[
                RungOut(after_minutes=rung.after_minutes, notify=list(rung.notify))
                for rung in one.escalations
            ],
        )
        for one in ticketing.sla_policies(session)
    ]
    return PoliciesOut(items=items, total=len(items))


@router.get("/surveys")
def list_surveys(_agent: AsAgent, session: Reading, limit: Limit = 100) -> RatingsOut:
    """Ratings, newest first."""
    found, total = ticketing.list_surveys(session, limit=limit)
    items = [
        RatingOut(
            id=one.id,
            ticket_id=one.ticket_id,
            asked_at=one.asked_at,
            agent_name=one.agent_name,
            team=one.team,
            rating=one.rating,
            comment=one.comment,
            rated_at=one.rated_at,
        )
        for one in found
    ]
    return RatingsOut(items=items, total=total)
