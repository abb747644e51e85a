"""What people do with a ticket on its way through a workflow: go on, fill in, step back, call off, decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from foundation.errors import ForbiddenError
from ticketing import (
    approvals,
    clocks,
    form_checks,
    history,
    lifecycle,
    moves,
    repository,
    resolving,
    step_moves,
    ways,
    workflows,
)
from ticketing.errors import FormInvalidError, MoveNotAllowedError, UnknownSlugError
from ticketing.tables import TicketTable
from ticketing.types import HistoryEntry, State
from ticketing.workflow_errors import NoWorkflowError, StepNotAllowedError
from ticketing.workflow_specs import may_go
from ticketing.workflow_types import TicketWay, WorkflowSpec

_REASON_CHARS = 2000
Values = Mapping[str, Any]


def move(
    session: WriteSession,
    viewer: Viewer,
    ticket_id: int,
    target: str,
    *,
    values: Values | None = None,
    version: int | None = None,
) -> None:
    """Take a ticket on to a step of its workflow, filling in what that needs; all or nothing.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, NoWorkflowError, UnknownSlugError,
    FormInvalidError, StepNotAllowedError, MoveNeedsFieldsError, MoveNotAllowedError.
    """
    ticket, spec = _locked(session, viewer, ticket_id, version)
    step = spec.step(target)
    if step is None:
        raise UnknownSlugError("step", target)
    _fill(session, ticket, spec, values or {}, viewer)
    resolving.move_by_agent(session, ticket, step.status, viewer)
    clocks.sync(session, ticket)


def _locked(
    session: WriteSession, viewer: Viewer, ticket_id: int, version: int | None
) -> tuple[TicketTable, WorkflowSpec]:
    moves.require_agent(viewer)
    ticket = repository.lock(session, ticket_id)
    moves.check_version(ticket, version)
    return ticket, _spec(session, ticket)


def _spec(session: ReadSession, ticket: TicketTable) -> WorkflowSpec:
    spec = workflows.spec_of(session, ticket)
    if spec is None:
        raise NoWorkflowError(ticket.id)
    return spec


def fill(
    session: WriteSession, viewer: Viewer, ticket_id: int, values: Values, *, version: int | None = None
) -> None:
    """Fill in fields of the workflow without moving the ticket; an empty value takes one away.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, NoWorkflowError, FormInvalidError, and
    MoveNotAllowedError for a closed or merged ticket.
    """
    ticket, spec = _locked(session, viewer, ticket_id, version)
    if State(ticket.state) in lifecycle.FINAL:
        raise MoveNotAllowedError(ticket.id, ticket.state, ticket.state, [])
    _fill(session, ticket, spec, values, viewer)
    moves.tell(session, ticket, "updated")


def _fill(
    session: WriteSession, ticket: TicketTable, spec: WorkflowSpec, values: Values, viewer: Viewer
) -> None:
    errors: dict[str, Any] = {}
    for name, value in values.items():
        field = spec.field(name)
        if field is None:
            raise UnknownSlugError("field", name)
        # that something must be there is asked of the move and not of the field
        error = None if form_checks.is_empty(value) else form_checks.check(field, value)
        if error is not None:
            errors[name] = {"code": error.code, "message": error.message}
    if errors:
        raise FormInvalidError("workflow", errors)
    before = dict(ticket.step_values or {})
    after = {name: value for name, value in {**before, **values}.items() if not form_checks.is_empty(value)}
    if after == before:
        return
    ticket.step_values, ticket.version = after, ticket.version + 1
    changed = {
        name: after.get(name) for name in sorted({*before, *after}) if before.get(name) != after.get(name)
    }
    history.add(session, ticket, "values_changed", viewer, values=changed)


def step_back(
    session: WriteSession, viewer: Viewer, ticket_id: int, *, reason: str, version: int | None = None
) -> None:
    """Take the last move back: to the step before this one on the ticket's way, past what was decided.

    A question for approval that waits is withdrawn. Raises AgentRequiredError, TicketNotFoundError,
    VersionConflictError, NoWorkflowError, and StepNotAllowedError where there is nothing to go back to.
    """
    ticket, spec = _locked(session, viewer, ticket_id, version)
    stops = ways.trail(spec, history.entries(session, ticket.id))
    target = ways.step_back_to(stops) if spec.step(ticket.status) else None
    if target is None:
        raise StepNotAllowedError(ticket.id, ticket.status or "", "back", [])
    history.add(session, ticket, "stepped_back", viewer, to=target.slug, reason=_short(reason))
    step_moves.go(session, ticket, target.status, viewer, is_back=True)
    clocks.sync(session, ticket)


def cancel(
    session: WriteSession, viewer: Viewer, ticket_id: int, *, reason: str, version: int | None = None
) -> None:
    """Call a ticket off: an agent, or whoever asked for it where the workflow lets customers.

    Raises TicketNotFoundError, VersionConflictError, NoWorkflowError, ForbiddenError for anybody else, and
    StepNotAllowedError where the workflow or the ticket's step does not allow it.
    """
    repository.find(session, viewer, ticket_id)
    ticket = repository.lock(session, ticket_id)
    moves.check_version(ticket, version)
    spec = _spec(session, ticket)
    if not viewer.is_staff and ticket.requester_id != viewer.person_id:
        raise ForbiddenError("only the one who asked may call it off")
    if viewer.is_staff:
        moves.require_agent(viewer)
    target = spec.step(spec.cancel.target) if spec.cancel else None
    if target is None or not _can_cancel(viewer, ticket, spec):
        raise StepNotAllowedError(ticket.id, ticket.status or "", "cancel", [])
    history.add(session, ticket, "cancelled", viewer, reason=_short(reason))
    step_moves.go(session, ticket, target.status, viewer, is_called_off=True)
    clocks.sync(session, ticket)


def _can_cancel(viewer: Viewer, ticket: TicketTable, spec: WorkflowSpec) -> bool:
    target = spec.step(spec.cancel.target) if spec.cancel else None
    if spec.cancel is None or target is None or State(ticket.state) not in lifecycle.UNFINISHED:
        return False
    if not may_go(State(ticket.state), target.type):
        return False
    is_requester = viewer.person_id is not None and ticket.requester_id == viewer.person_id
    return viewer.agent_id is not None or (spec.cancel.by_customer and is_requester)


def decide(
    session: WriteSession,
    viewer: Viewer,
    ticket_id: int,
    *,
    is_approved: bool,
    comment: str = "",
    version: int | None = None,
) -> None:
    """Answer the question that waits for approval; the ticket goes where the workflow says.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, NoWorkflowError, ApprovalNotWaitingError,
    ApprovalNotYoursError.
    """
    ticket, spec = _locked(session, viewer, ticket_id, version)
    approvals.decide(session, ticket, viewer, is_approved=is_approved, comment=_short(comment))
    step = spec.step(ticket.status)
    if step is None or step.approval is None:
        raise AssertionError("a question waits only in its step")
    target = spec.step(step.approval.approved if is_approved else step.approval.rejected)
    if target is not None:
        step_moves.go(session, ticket, target.status, viewer)
    clocks.sync(session, ticket)


def _short(text: str) -> str:
    return text.strip()[:_REASON_CHARS]


def way_of(
    session: ReadSession, viewer: Viewer, ticket: TicketTable, entries: Sequence[HistoryEntry]
) -> TicketWay | None:
    """Where a ticket stands in its workflow, as far as the viewer may see: customers get the progress line."""
    spec = workflows.spec_of(session, ticket)
    if spec is None:
        return None
    slug, version = workflows.name_of(session, ticket)
    stops = ways.trail(spec, entries)
    line = ways.progress(spec, stops, State(ticket.state))
    can_cancel = _can_cancel(viewer, ticket, spec)
    step = spec.step(ticket.status)
    if not viewer.is_staff:
        return TicketWay(
            slug=slug, version=version, name=spec.name, step=None, can_cancel=can_cancel, progress=line
        )
    row = approvals.waiting(session, ticket.id)
    return TicketWay(
        slug=slug,
        version=version,
        name=spec.name,
        step=step,
        values=dict(ticket.step_values or {}),
        moves=step_moves.offered(spec, ticket),
        can_cancel=can_cancel,
        step_back_to=ways.step_back_to(stops) if step else None,
        approval=approvals.last(session, ticket.id),
        can_decide=row is not None and approvals.may_decide(session, viewer, row),
        progress=line,
    )
