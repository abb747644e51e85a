"""Who is there: what agents say of themselves, believed as long as their console gives signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, update

from foundation import clock, events, live
from foundation.db import ReadSession, WriteSession
from ticketing import desk_routing, directory
from ticketing.directory_types import Agent, Presence
from ticketing.errors import AgentNotFoundError
from ticketing.events import AgentCameIn
from ticketing.routing_types import DeskRouting
from ticketing.tables import AgentTable


def is_heard(seen_at: datetime | None, now: datetime, desk: DeskRouting) -> bool:
    """Whether the console has been heard of lately; one that never promised to be heard of counts as heard."""
    return seen_at is None or now - seen_at < desk.absent_after


def effective(row: AgentTable, now: datetime, desk: DeskRouting) -> Presence:
    """What the agent said, or offline where the console fell silent."""
    return Presence(row.presence) if is_heard(row.seen_at, now, desk) else Presence.OFFLINE


def online(now: datetime, desk: DeskRouting) -> ColumnElement[bool]:
    """The agents who can take work now, as SQL."""
    heard = or_(AgentTable.seen_at.is_(None), AgentTable.seen_at > now - desk.absent_after)
    return and_(AgentTable.presence == Presence.ONLINE, heard)


def agents(session: ReadSession) -> list[Agent]:
    """All agents by name, each with the presence that counts."""
    desk, now = desk_routing.read(session), clock.now()
    return [_seen(one, now, desk) for one in directory.agents(session)]


def agent(session: ReadSession, agent_id: int) -> Agent:
    """One agent with the presence that counts. Raises AgentNotFoundError."""
    return _seen(directory.agent(session, agent_id), clock.now(), desk_routing.read(session))


def _seen(one: Agent, now: datetime, desk: DeskRouting) -> Agent:
    return one if is_heard(one.seen_at, now, desk) else one.absent()


def set_presence(session: WriteSession, agent_id: int, presence: Presence) -> Agent:
    """Say whether an agent can take work; from now on signs of life are expected. Raises AgentNotFoundError."""
    directory.set_presence(session, agent_id, presence)
    _note_sign_of_life(session, agent_id)
    if presence is Presence.ONLINE:
        events.publish(session, AgentCameIn(agent_id=agent_id))
    return agent(session, agent_id)


def send_away(session: WriteSession, agent_id: int) -> None:
    """An agent who is online did not react: away until he or she says otherwise."""
    row = session.get(AgentTable, agent_id, populate_existing=True)
    if row is not None and row.presence == Presence.ONLINE:
        directory.set_presence(session, agent_id, Presence.AWAY)


def heartbeat(session: WriteSession, agent_id: int) -> Agent:
    """A sign of life. Who comes back from silence is as he or she said last. Raises AgentNotFoundError."""
    row = session.get(AgentTable, agent_id)
    if row is None:
        raise AgentNotFoundError(agent_id)
    was_silent = not is_heard(row.seen_at, clock.now(), desk_routing.read(session))
    _note_sign_of_life(session, agent_id)
    if was_silent and row.presence != Presence.OFFLINE:
        news = {"event": "presence", "agent_id": agent_id, "presence": row.presence}
        live.tell_after_commit(session, "tickets", news)
        if row.presence == Presence.ONLINE:
            events.publish(session, AgentCameIn(agent_id=agent_id))
    return agent(session, agent_id)


def _note_sign_of_life(session: WriteSession, agent_id: int) -> None:
    # one short statement: who hands out tickets holds this row's lock for a moment
    session.execute(update(AgentTable).where(AgentTable.id == agent_id).values(seen_at=clock.now()))
