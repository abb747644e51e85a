"""Routing: queues, teams, agents and who is there; read by agents, edited by service managers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from foundation.db import ReadSession
from foundation.errors import ForbiddenError
from portal_api.dependencies import AsAgent, AsManager, InTransaction, Reading
from portal_api.routes.words import WordsOut
from ticketing import desk_routing, directory, green_channel, presence, routing_setup, workload
from ticketing import service as ticketing
from ticketing.directory_types import Agent, Presence, Team, Tier
from ticketing.routing_setup import AgentRouting, TierCare
from ticketing.routing_types import DeskRouting
from ticketing.types import Queue, QueueLoad, QueueRouting

router = APIRouter(prefix="/api/v1", tags=["routing"])

Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
SlugIn = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=100)]
AgentId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Minutes = Annotated[int, Field(ge=0, le=43_200)] | None


class NameIn(BaseModel):
    """The same name in Chinese and English."""

    zh: Word
    en: Word


class HandingOut(BaseModel):
    """Whether and how a queue's tickets are given to agents; see the fields of the console's form."""

    is_automatic: bool = False
    skills: Words = []
    relax_after_minutes: Minutes = None
    fallback_team: SlugIn | None = None
    fallback_after_minutes: Minutes = None
    ack_minutes: Minutes = None


class QueueIn(BaseModel):
    """A queue: an empty condition means any."""

    name: NameIn
    position: Annotated[int, Field(ge=0, le=10_000)]
    team: SlugIn | None = None
    tiers: Annotated[list[SlugIn], Field(max_length=50)] = []
    languages: Annotated[list[Annotated[str, Field(pattern="^(zh|en)$")]], Field(max_length=2)] = []
    kinds: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)] = []
    routing: HandingOut = HandingOut()


class QueueOut(BaseModel):
    """A queue with what lies in it now."""

    slug: str
    name: WordsOut
    position: int
    team: str | None
    tiers: list[str]
    languages: list[str]
    kinds: list[str]
    routing: HandingOut
    is_green: bool  # serves only customers who are promised special care
    waiting: int
    open: int
    breached: int


class QueuesOut(BaseModel):
    """All queues by position."""

    items: list[QueueOut]
    total: int


class AgentIn(BaseModel):
    """What decides which tickets an agent is given."""

    team: SlugIn | None
    languages: Annotated[list[Annotated[str, Field(pattern="^(zh|en)$")]], Field(max_length=2)]
    skills: Words
    capacity: Annotated[int, Field(ge=0, le=1000)]


class AgentOut(BaseModel):
    """A member of staff at the desk, and how much of the capacity is taken."""

    id: int
    name: str
    email: str
    role: str
    team: str | None
    languages: list[str]
    skills: list[str]
    capacity: int
    load: int
    presence: str


class AgentsOut(BaseModel):
    """All agents."""

    items: list[AgentOut]
    total: int


class PresenceIn(BaseModel):
    """Whether the agent can take work now."""

    presence: Presence


class TeamOut(BaseModel):
    """Agents who work one or more queues together."""

    id: int
    slug: str
    name: WordsOut


class TeamsOut(BaseModel):
    """All teams."""

    items: list[TeamOut]
    total: int


class TeamIn(BaseModel):
    """A team's name."""

    name: NameIn


class TierCareIn(BaseModel):
    """What customers of a tier are promised beside its queue and its clocks."""

    bot_bypass: bool
    notifies_manager: bool
    silent_days: Annotated[int, Field(ge=1, le=3650)] | None


class TierOut(TierCareIn):
    """A class of contract; `gaps` are promises of special care that the desk's set-up does not keep."""

    slug: str
    name: WordsOut
    gaps: list[str]


class TiersOut(BaseModel):
    """All tiers, the one served first at the top."""

    items: list[TierOut]
    total: int


class DeskRoutingBody(BaseModel):
    """What holds for every queue: see `ticketing.routing_types`."""

    weights: Annotated[
        dict[str, Annotated[int, Field(ge=1, le=100)]],
        Field(max_length=50, examples=[{"widget": 2, "form": 1}]),
    ]
    fair_share: Annotated[int, Field(ge=1, le=10_000)] | None
    fair_window_minutes: Annotated[int, Field(ge=1, le=10_080)]
    absent_after_s: Annotated[int, Field(ge=45, le=3600)]


def _handing_out(queue: Queue) -> HandingOut:
    how = queue.routing
    return HandingOut(**{**vars(how), "skills": list(how.skills)})


def _queue_out(load: QueueLoad, green: set[str]) -> QueueOut:
    queue = load.queue
    return QueueOut(
        slug=queue.slug,
        name=WordsOut(**queue.name),
        position=queue.position,
        team=queue.team,
        tiers=list(queue.tiers),
        languages=list(queue.languages),
        kinds=list(queue.kinds),
        routing=_handing_out(queue),
        is_green=queue.slug in green,
        waiting=load.waiting,
        open=load.open,
        breached=load.breached,
    )


@router.get("/queues")
def list_queues(_agent: AsAgent, session: Reading) -> QueuesOut:
    """All queues by position, with what waits, is open and has broken its promise."""
    green = green_channel.queues(session)
    items = [_queue_out(load, green) for load in ticketing.queue_loads(session)]
    return QueuesOut(items=items, total=len(items))


@router.put("/queues/{slug}")
def save_queue(slug: Slug, body: QueueIn, _manager: AsManager, session: InTransaction) -> QueueOut:
    """Make a queue or bring it up to date; tickets that lie in it stay, and are handed out as it says now."""
    how = QueueRouting(**{**body.routing.model_dump(), "skills": tuple(body.routing.skills)})
    routing_setup.save_queue(
        session,
        Queue(
            id=0,
            slug=slug,
            name=body.name.model_dump(),
            position=body.position,
            team=body.team,
            tiers=tuple(body.tiers),
            languages=tuple(body.languages),
            kinds=tuple(body.kinds),
            routing=how,
        ),
    )
    saved = next(load for load in ticketing.queue_loads(session) if load.queue.slug == slug)
    return _queue_out(saved, green_channel.queues(session))


def _agents_out(session: ReadSession, agents: list[Agent]) -> list[AgentOut]:
    loads = workload.loads(session, [one.id for one in agents], desk_routing.read(session))
    return [
        AgentOut(
            id=agent.id,
            name=agent.name,
            email=agent.email,
            role=agent.role,
            team=agent.team,
            languages=list(agent.languages),
            skills=list(agent.skills),
            capacity=agent.capacity,
            load=loads.get(agent.id, 0),
            presence=agent.presence,
        )
        for agent in agents
    ]


@router.get("/agents")
def list_agents(_agent: AsAgent, session: Reading) -> AgentsOut:
    """All agents: who is there, and how much each has in hand."""
    items = _agents_out(session, presence.agents(session))
    return AgentsOut(items=items, total=len(items))


@router.patch("/agents/me")
def set_presence(body: PresenceIn, viewer: AsAgent, session: InTransaction) -> AgentOut:
    """Say whether one can take work now; it counts as long as signs of life come."""
    return _agents_out(session, [presence.set_presence(session, _own(viewer.agent_id), body.presence)])[0]


@router.post("/agents/me/heartbeat")
def heartbeat(viewer: AsAgent, session: InTransaction) -> AgentOut:
    """A sign of life, for programs that hold no `/ws/agent` socket open; every thirty seconds is enough."""
    return _agents_out(session, [presence.heartbeat(session, _own(viewer.agent_id))])[0]


def _own(agent_id: int | None) -> int:
    if agent_id is None:
        raise ForbiddenError("only an agent has a presence")
    return agent_id


@router.put("/agents/{agent_id}")
def save_agent(agent_id: AgentId, body: AgentIn, _manager: AsManager, session: InTransaction) -> AgentOut:
    """Which tickets an agent is given from now on; what the agent has stays."""
    new = AgentRouting(
        team=body.team,
        languages=tuple(dict.fromkeys(body.languages)),
        skills=tuple(dict.fromkeys(body.skills)),
        capacity=body.capacity,
    )
    routing_setup.save_agent(session, agent_id, new)
    return _agents_out(session, [presence.agent(session, agent_id)])[0]


def _team_out(team: Team) -> TeamOut:
    return TeamOut(id=team.id, slug=team.slug, name=WordsOut(**team.name))


@router.get("/teams")
def list_teams(_agent: AsAgent, session: Reading) -> TeamsOut:
    """All teams."""
    items = [_team_out(one) for one in directory.teams(session)]
    return TeamsOut(items=items, total=len(items))


@router.put("/teams/{slug}")
def save_team(slug: Slug, body: TeamIn, _manager: AsManager, session: InTransaction) -> TeamOut:
    """Make a team or rename it."""
    return _team_out(routing_setup.save_team(session, slug, body.name.model_dump()))


def _tier_out(tier: Tier, gaps: dict[str, list[str]]) -> TierOut:
    return TierOut(
        slug=tier.slug,
        name=WordsOut(**tier.name),
        bot_bypass=tier.bot_bypass,
        notifies_manager=tier.notifies_manager,
        silent_days=tier.silent_days,
        gaps=gaps.get(tier.slug, []),
    )


@router.get("/tiers")
def list_tiers(_agent: AsAgent, session: Reading) -> TiersOut:
    """All tiers with the care they are promised, and where the set-up does not keep it."""
    gaps = green_channel.gaps(session)
    items = [_tier_out(one, gaps) for one in directory.tiers(session)]
    return TiersOut(items=items, total=len(items))


@router.put("/tiers/{slug}")
def save_tier(slug: Slug, body: TierCareIn, _manager: AsManager, session: InTransaction) -> TierOut:
    """What customers of a tier are promised beside its queue and its clocks."""
    saved = routing_setup.save_tier(session, slug, TierCare(**body.model_dump()))
    return _tier_out(saved, green_channel.gaps(session))


@router.get("/routing")
def read_routing(_agent: AsAgent, session: Reading) -> DeskRoutingBody:
    """What holds for every queue."""
    return DeskRoutingBody(**vars(desk_routing.read(session)))


@router.put("/routing")
def save_routing(body: DeskRoutingBody, _manager: AsManager, session: InTransaction) -> DeskRoutingBody:
    """Change what holds for every queue."""
    saved = routing_setup.save_desk(session, DeskRouting(**body.model_dump()))
    return DeskRoutingBody(**vars(saved))
