"""Who takes care of a ticket: every change of the assignee goes through here, compared and set."""

from __future__ import annotations

from sqlalchemy import select

from foundation import clock, events
from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import (
    clocks,
    desk_routing,
    directory,
    given,
    history,
    moves,
    notifications,
    presence,
    repository,
)
from ticketing.directory_types import Presence
from ticketing.errors import TicketClosedError, TicketTakenError
from ticketing.events import TicketAssigned
from ticketing.lifecycle import FINAL
from ticketing.tables import AgentTable, PersonTable, QueueTable, TicketTable
from ticketing.types import State


def claim(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None) -> None:
    """Take a ticket that nobody has; taking one's own again changes nothing.

    Raises AgentRequiredError, TicketNotFoundError, TicketTakenError if a colleague has it,
    VersionConflictError if it has otherwise changed since `version`, TicketClosedError.
    """
    agent_id = moves.require_agent(viewer)
    ticket = repository.lock(session, ticket_id)
    if ticket.assignee_id == agent_id:
        given.acknowledge(session, ticket_id, agent_id)
        return
    if ticket.assignee_id is not None:
        raise TicketTakenError(
            ticket_id, ticket.assignee_id, _name(session, ticket.assignee_id) or "", ticket.version
        )
    moves.check_version(ticket, version)
    set_assignee(session, ticket, agent_id, viewer)
    clocks.sync(session, ticket)


def assign(
    session: WriteSession, viewer: Viewer, ticket_id: int, *, agent_id: int | None, version: int | None
) -> None:
    """Give a ticket to an agent, or with None back to its queue, whoever has it now.

    Raises AgentRequiredError, TicketNotFoundError, AgentNotFoundError, VersionConflictError,
    TicketClosedError.
    """
    moves.require_agent(viewer)
    if agent_id is not None:
        directory.agent(session, agent_id)
    ticket = repository.lock(session, ticket_id)
    if ticket.assignee_id == agent_id:
        return
    moves.check_version(ticket, version)
    set_assignee(session, ticket, agent_id, viewer)
    clocks.sync(session, ticket)


def set_assignee(
    session: WriteSession,
    ticket: TicketTable,
    agent_id: int | None,
    actor: Viewer | None,
    *,
    why: str | None = None,
) -> None:
    """Write the new assignee of a locked ticket; a new ticket that someone takes is open.

    `why` says why the house chose this agent. Raises TicketClosedError for one that is closed or merged.
    """
    if State(ticket.state) in FINAL:
        raise TicketClosedError(ticket.id)
    if agent_id is not None:
        _lock_agent(session, agent_id)
    name = _name(session, agent_id) if agent_id else None
    ticket.assignee_id, ticket.version = agent_id, ticket.version + 1
    chosen = {"why": str(why)} if why else {}
    history.add(session, ticket, "assigned", actor, agent_id=agent_id, agent=name, **chosen)
    if agent_id is not None:
        if ticket.state == State.NEW:
            moves.move_to(session, ticket, State.OPEN, actor)
        if actor is None or actor.agent_id != agent_id:
            _notify(session, ticket, agent_id)
    moves.tell(session, ticket, "updated")
    news = TicketAssigned(
        ticket_id=ticket.id, conversation_id=ticket.conversation_id, agent_id=agent_id, agent_name=name
    )
    events.publish(session, news)


def _lock_agent(session: WriteSession, agent_id: int) -> None:
    """One at a time gives tickets to an agent, so that who counts them counts right; see ticketing.dispatch.

    Always after the ticket's lock. Foreign keys that point to the agent are not held up.
    """
    mine = select(AgentTable.id).where(AgentTable.id == agent_id)
    session.execute(mine.with_for_update(key_share=True))


def release_if_absent(session: WriteSession, ticket: TicketTable) -> None:
    """A ticket that comes back stays with the agent who had it only if that agent is there.

    Where tickets are handed out, someone who is away is not there: others are.
    """
    agent = session.get(AgentTable, ticket.assignee_id) if ticket.assignee_id else None
    if agent is None:
        return
    is_automatic = session.scalar(select(QueueTable.is_automatic).where(QueueTable.id == ticket.queue_id))
    gone = (Presence.OFFLINE, Presence.AWAY) if is_automatic else (Presence.OFFLINE,)
    if presence.effective(agent, clock.now(), desk_routing.read(session)) in gone:
        set_assignee(session, ticket, None, None)


def _name(session: WriteSession, agent_id: int) -> str | None:
    statement = (
        select(PersonTable.name)
        .join(AgentTable, AgentTable.person_id == PersonTable.id)
        .where(AgentTable.id == agent_id)
    )
    return session.scalar(statement)


def _notify(session: WriteSession, ticket: TicketTable, agent_id: int) -> None:
    person_id = session.scalar(select(AgentTable.person_id).where(AgentTable.id == agent_id))
    if person_id is not None:
        notifications.notify(session, person_id, "assigned", ticket_id=ticket.id, subject=ticket.subject)
