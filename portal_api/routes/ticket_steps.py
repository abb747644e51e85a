"""A ticket on its way through a workflow: going on, filling in, stepping back, calling off, deciding."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from portal_api.dependencies import AsAgent, InTransaction, Reading, SignedIn
from portal_api.routes.ticket_shapes import TicketOut, TicketSummaryOut, summary_out, ticket_out
from portal_api.routes.way_shapes import ApprovalOut, approval_out
from ticketing import approvals, steps
from ticketing import service as ticketing

router = APIRouter(prefix="/api/v1", tags=["tickets"])

TicketId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Values = Annotated[dict[str, Any], Field(max_length=30)]
Reason = Annotated[str, Field(max_length=2000)]


class SeenIn(BaseModel):
    """The version the caller has seen."""

    version: int | None = None


class StepIn(SeenIn):
    """The step to go to, and what it needs."""

    to: Annotated[str, Field(max_length=60)]
    values: Values = {}


class ValuesIn(SeenIn):
    """Fields of the workflow; an empty value takes one away."""

    values: Values


class ReasonIn(SeenIn):
    """Why."""

    reason: Reason = ""


class DecisionIn(SeenIn):
    """The answer to a question for approval."""

    decision: Literal["approved", "rejected"]
    comment: Reason = ""


class WaitingApprovalOut(BaseModel):
    """A question that waits for the viewer's answer, with its ticket."""

    approval: ApprovalOut
    ticket: TicketSummaryOut


class WaitingApprovalsOut(BaseModel):
    """What waits for the viewer's answer, oldest first."""

    items: list[WaitingApprovalOut]
    total: int


@router.post("/tickets/{ticket_id}/step")
def go_to_step(ticket_id: TicketId, body: StepIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Take a ticket on to a step of its workflow, with the fields that needs; all or nothing."""
    steps.move(session, viewer, ticket_id, body.to, values=body.values, version=body.version)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.patch("/tickets/{ticket_id}/values")
def fill_values(ticket_id: TicketId, body: ValuesIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Fill in fields of the workflow without moving the ticket."""
    steps.fill(session, viewer, ticket_id, body.values, version=body.version)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/step-back")
def step_back(ticket_id: TicketId, body: ReasonIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Take the last move back."""
    steps.step_back(session, viewer, ticket_id, reason=body.reason, version=body.version)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/cancel")
def cancel(ticket_id: TicketId, body: ReasonIn, viewer: SignedIn, session: InTransaction) -> TicketOut:
    """Call a ticket off: agents, and whoever asked for it where the workflow lets customers."""
    steps.cancel(session, viewer, ticket_id, reason=body.reason, version=body.version)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/approval")
def decide(ticket_id: TicketId, body: DecisionIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Answer the question that waits for approval; nobody decides what they asked for themselves."""
    is_approved = body.decision == "approved"
    steps.decide(
        session, viewer, ticket_id, is_approved=is_approved, comment=body.comment, version=body.version
    )
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.get("/approvals")
def list_approvals(viewer: AsAgent, session: Reading) -> WaitingApprovalsOut:
    """What waits for this viewer's answer, oldest first."""
    waiting = approvals.approvals(session, viewer)
    found = {
        one.id: one for one in ticketing.tickets_by_id(session, viewer, [one.ticket_id for one in waiting])
    }
    items = [
        WaitingApprovalOut(approval=approval_out(one), ticket=summary_out(found[one.ticket_id]))
        for one in waiting
        if one.ticket_id in found
    ]
    return WaitingApprovalsOut(items=items, total=len(items))
