"""Solving, changing and merging tickets: what an agent decides. Callers of `move_by_agent` hold the lock."""

from __future__ import annotations

from foundation import events
from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import clocks, history, lifecycle, links, moves, repository, routing, step_moves, workflows
from ticketing.errors import MergeRefusedError, MoveNotAllowedError, NoConversationError
from ticketing.events import TicketGivenBack, TicketMerged
from ticketing.tables import TicketTable
from ticketing.types import State, Status, TicketChange


def move_by_agent(session: WriteSession, ticket: TicketTable, status: Status, viewer: Viewer) -> None:
    """Move a ticket as its workflow allows; solving it asks the customer for a rating. Merging needs a target.

    Raises MoveNotAllowedError, StepNotAllowedError, MoveNeedsFieldsError, ChildrenOpenError.
    """
    if status.type is State.MERGED:
        allowed = [str(state) for state in lifecycle.MOVES[State(ticket.state)] if state != State.MERGED]
        raise MoveNotAllowedError(ticket.id, ticket.state, status.type, allowed)
    spec = workflows.spec_of(session, ticket)
    if spec is not None and status.slug != ticket.status:
        step_moves.check(spec, ticket, status)
    if status.type is State.SOLVED and ticket.state != State.SOLVED:
        links.check_children(session, ticket.id)
    step_moves.go(session, ticket, status, viewer)


def change(
    session: WriteSession, viewer: Viewer, ticket_id: int, wanted: TicketChange, *, version: int | None
) -> None:
    """Change state, priority and queue in one step, all or nothing.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError,
    UnknownSlugError, and MoveNotAllowedError too for any change of a closed or merged ticket.
    """
    moves.require_agent(viewer)
    ticket = repository.lock(session, ticket_id)
    moves.check_version(ticket, version)
    apply(session, ticket, wanted, viewer)


def apply(session: WriteSession, ticket: TicketTable, wanted: TicketChange, actor: Viewer) -> None:
    """Make a change that the caller has made sure of, on a ticket whose lock it holds.

    Raises MoveNotAllowedError, also for any change of a closed or merged ticket, and UnknownSlugError.
    """
    if State(ticket.state) in lifecycle.FINAL:
        raise MoveNotAllowedError(ticket.id, ticket.state, wanted.state or ticket.state, [])
    if wanted.priority is not None and wanted.priority != ticket.priority:
        _set_field(session, ticket, "priority", wanted.priority, actor)
        clocks.plan(session, ticket)
    if wanted.queue is not None:
        _set_queue(session, ticket, wanted.queue, actor)
    if wanted.state is not None:
        move_by_agent(session, ticket, workflows.read_status(session, ticket, wanted.state), actor)
    clocks.sync(session, ticket)
    moves.tell(session, ticket, "updated")


def _set_field(session: WriteSession, ticket: TicketTable, field: str, value: str, viewer: Viewer) -> None:
    before = getattr(ticket, field)
    setattr(ticket, field, str(value))
    ticket.version += 1
    history.add(session, ticket, f"{field}_changed", viewer, before=before, after=str(value))


def _set_queue(session: WriteSession, ticket: TicketTable, slug: str, viewer: Viewer | None) -> None:
    after = routing.queue(session, slug)
    if after.id == ticket.queue_id:
        return
    before = next(known.slug for known in routing.queues(session) if known.id == ticket.queue_id)
    ticket.queue_id, ticket.version = after.id, ticket.version + 1
    history.add(session, ticket, "queue_changed", viewer, before=before, after=after.slug)


def resolve(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None) -> None:
    """Solve a ticket and ask the customer for a rating; solving a solved one changes nothing.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError.
    """
    moves.require_agent(viewer)
    ticket = repository.lock(session, ticket_id)
    if ticket.state == State.SOLVED:
        return
    moves.check_version(ticket, version)
    move_by_agent(session, ticket, workflows.read_status(session, ticket, State.SOLVED), viewer)
    clocks.sync(session, ticket)


def give_back(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None) -> None:
    """Solve a ticket by giving its conversation back to the bot; no rating is asked, the talk goes on.

    A workflow does not hold it back: the matter is called off there. Giving back what is solved changes nothing.
    Raises AgentRequiredError, TicketNotFoundError, NoConversationError, VersionConflictError,
    MoveNotAllowedError, ChildrenOpenError.
    """
    moves.require_agent(viewer)
    ticket = repository.lock(session, ticket_id)
    if ticket.conversation_id is None:
        raise NoConversationError(ticket_id)
    if ticket.state == State.SOLVED:
        return
    moves.check_version(ticket, version)
    links.check_children(session, ticket.id)
    spec = workflows.spec_of(session, ticket)
    called_off = spec.step(spec.cancel.target) if spec and spec.cancel else None
    status = called_off.status if called_off else workflows.read_status(session, ticket, State.SOLVED)
    step_moves.go(session, ticket, status, viewer, is_called_off=True)
    history.add(session, ticket, "given_back", viewer)
    events.publish(session, TicketGivenBack(ticket_id=ticket.id, conversation_id=ticket.conversation_id))
    clocks.sync(session, ticket)


def merge(
    session: WriteSession, viewer: Viewer, ticket_id: int, into_id: int, *, version: int | None
) -> None:
    """Make a ticket part of another: its later messages go there, nothing is copied, its clocks stop.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError if it is
    closed or merged, MergeRefusedError if the other is, is the same, or is another company's.
    """
    moves.require_agent(viewer)
    # in the order of their ids, so that two who merge in opposite directions do not wait for each other
    locked = {one: repository.lock(session, one) for one in sorted({ticket_id, into_id})}
    ticket, into = locked[ticket_id], locked[into_id]
    moves.check_version(ticket, version)
    lifecycle.check_move(ticket_id, State(ticket.state), State.MERGED)
    if ticket is into or State(into.state) in lifecycle.FINAL or ticket.company_id != into.company_id:
        raise MergeRefusedError(ticket_id, into_id)
    merged = lifecycle.read_status(session, State.MERGED)
    moves.move(session, ticket, merged, viewer)
    ticket.merged_into_id, ticket.waiting_since = into_id, None
    history.add(session, ticket, "merged", viewer, into=repository.number(into_id))
    history.add(session, into, "merged", viewer, merged=repository.number(ticket_id))
    news = TicketMerged(ticket_id=ticket_id, into_id=into_id, conversation_id=ticket.conversation_id)
    events.publish(session, news)
    for one in locked.values():
        clocks.sync(session, one)
        moves.tell(session, one, "updated")
