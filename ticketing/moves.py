"""The steps that several acts on a ticket share: moving its state, telling of it. The caller holds the lock."""

from __future__ import annotations

from foundation import events, live
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import approvals, clocks, history, lifecycle, ways, workflows
from ticketing.errors import AgentRequiredError, VersionConflictError
from ticketing.events import TicketStateChanged
from ticketing.tables import TicketTable
from ticketing.types import State, Status
from ticketing.workflow_types import WorkflowSpec, WorkflowStep


def require_agent(viewer: Viewer) -> int:
    """The viewer's agent id. Raises AgentRequiredError for everybody who is no agent."""
    if not viewer.is_staff or viewer.agent_id is None:
        raise AgentRequiredError
    return viewer.agent_id


def check_version(ticket: TicketTable, version: int | None) -> None:
    """Refuse to write over what the caller has not seen; None does not ask. Raises VersionConflictError."""
    if version is not None and version != ticket.version:
        raise VersionConflictError(ticket.id, ticket.version)


def move(
    session: WriteSession, ticket: TicketTable, status: Status, actor: Viewer | None, *, is_back: bool = False
) -> bool:
    """Bring a ticket to a status; False if it is there already. Raises MoveNotAllowedError.

    Only the closed types are looked at; what a workflow allows is the caller's to check. `is_back` marks in the
    history that this takes an earlier move back. Call `clocks.sync` before the transaction ends.
    """
    before = State(ticket.state)
    if status.type is before and status.slug == (ticket.status or status.slug):
        return False
    if status.type is not before:
        lifecycle.check_move(ticket.id, before, status.type)
    ticket.state, ticket.status, ticket.version = status.type, status.slug, ticket.version + 1
    back = {"back": True} if is_back else {}
    at = history.add(
        session, ticket, "state_changed", actor, before=before, after=status.type, status=status.slug, **back
    )
    if status.type is State.SOLVED:
        ticket.solved_at, ticket.waiting_since = at, None
    elif status.type in lifecycle.UNFINISHED:
        ticket.solved_at = None
    approvals.withdraw(session, ticket, actor)
    begin(session, ticket)
    if status.type is not before:
        news = TicketStateChanged(
            ticket_id=ticket.id, conversation_id=ticket.conversation_id, before=before, after=status.type
        )
        events.publish(session, news)
    return True


def begin(session: WriteSession, ticket: TicketTable) -> None:
    """A ticket has entered its step, the first one too: its clock begins. Call `clocks.sync` afterwards."""
    spec = workflows.spec_of(session, ticket)
    step = spec.step(ticket.status) if spec else None
    if step is not None:
        clocks.plan_step(session, ticket, step)


def move_to(session: WriteSession, ticket: TicketTable, state: State, actor: Viewer | None) -> bool:
    """Bring a ticket to the first status of a type, unless it is in that type already.

    In a workflow a ticket that opens again goes to where it was last worked on; a new one is opened only if its
    workflow has such a move and nothing must be filled in for it.
    """
    if ticket.state == state:
        return False
    spec = workflows.spec_of(session, ticket)
    if spec is None:
        return move(session, ticket, lifecycle.find_status(lifecycle.statuses(session), state, None), actor)
    if state is State.OPEN:
        step = _opening_step(session, ticket, spec)
        return step is not None and move(session, ticket, step.status, actor)
    return move(session, ticket, workflows.read_status(session, ticket, state), actor)


def _opening_step(session: ReadSession, ticket: TicketTable, spec: WorkflowSpec) -> WorkflowStep | None:
    if ticket.state != State.NEW:
        return ways.work_step(spec, ways.trail(spec, history.entries(session, ticket.id)))
    for move_on in spec.moves_from(ticket.status or ""):
        step = spec.step(move_on.target)
        if step is not None and step.type is State.OPEN and not step.approval and not move_on.requires:
            return step
    return None


def tell(session: WriteSession, ticket: TicketTable, event: str, **more: str | int | None) -> None:
    """Tell open consoles: `created`, `updated`, `turn` or `breach`."""
    news = {"event": event, "ticket_id": ticket.id, "conversation_id": ticket.conversation_id, **more}
    live.tell_after_commit(session, "tickets", news)
