"""The steps that several acts on a ticket share: moving its state, telling of it. The caller holds the lock."""

from __future__ import annotations

from foundation import events, live
from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import history, lifecycle
from ticketing.errors import AgentRequiredError, VersionConflictError
from ticketing.events import TicketStateChanged
from ticketing.tables import TicketTable
from ticketing.types import State, Status


def require_agent(viewer: Viewer) -> int:
    """The viewer's agent id. Raises AgentRequiredError for everybody who is no agent."""
    if not viewer.is_staff or viewer.agent_id is None:
        raise AgentRequiredError
    return viewer.agent_id


def check_version(ticket: TicketTable, version: int | None) -> None:
    """Refuse to write over what the caller has not seen; None does not ask. Raises VersionConflictError."""
    if version is not None and version != ticket.version:
        raise VersionConflictError(ticket.id, ticket.version)


def move(session: WriteSession, ticket: TicketTable, status: Status, actor: Viewer | None) -> bool:
    """Bring a ticket to a status; False if it is there already. Raises MoveNotAllowedError.

    Call `clocks.sync` before the transaction ends.
    """
    before = State(ticket.state)
    if status.type is before and status.slug == (ticket.status or status.slug):
        return False
    if status.type is not before:
        lifecycle.check_move(ticket.id, before, status.type)
    ticket.state, ticket.status, ticket.version = status.type, status.slug, ticket.version + 1
    at = history.add(
        session, ticket, "state_changed", actor, before=before, after=status.type, status=status.slug
    )
    if status.type is State.SOLVED:
        ticket.solved_at, ticket.waiting_since = at, None
    elif status.type in lifecycle.UNFINISHED:
        ticket.solved_at = None
    if status.type is not before:
        news = TicketStateChanged(
            ticket_id=ticket.id, conversation_id=ticket.conversation_id, before=before, after=status.type
        )
        events.publish(session, news)
    return True


def move_to(session: WriteSession, ticket: TicketTable, state: State, actor: Viewer | None) -> bool:
    """Bring a ticket to the first status of a type, unless it is in that type already."""
    if ticket.state == state:
        return False
    known = lifecycle.statuses(session)
    return move(session, ticket, lifecycle.find_status(known, state, None), actor)


def tell(session: WriteSession, ticket: TicketTable, event: str, **more: str | int | None) -> None:
    """Tell open consoles: `created`, `updated`, `turn` or `breach`."""
    news = {"event": event, "ticket_id": ticket.id, "conversation_id": ticket.conversation_id, **more}
    live.tell_after_commit(session, "tickets", news)
