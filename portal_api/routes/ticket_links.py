"""How tickets belong together: merging, links, parts, splitting, and going on where a closed one ended."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from portal_api.dependencies import AsAgent, InTransaction, SignedIn
from portal_api.routes.ticket_shapes import TicketOut, ticket_out
from ticketing import following, links
from ticketing import service as ticketing
from ticketing.link_types import LinkKind

router = APIRouter(prefix="/api/v1", tags=["tickets"])

AnId = Annotated[int, Field(ge=1, le=2**31 - 1)]
TicketId = Annotated[int, Path(ge=1, le=2**31 - 1)]
OtherId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class MergeIn(BaseModel):
    """The ticket that goes on; this one's later replies go there."""

    into: AnId
    version: int | None = None


class LinkIn(BaseModel):
    """The ticket it belongs to: as related, or as the whole of which this is a part."""

    other: AnId
    kind: Literal["related", "child"] = "related"


class FollowUpIn(BaseModel):
    """What is still, or again, the matter; the same key again gives the same ticket."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    idempotency_key: Annotated[str | None, Field(max_length=100)] = None


class SplitIn(BaseModel):
    """The messages that become a ticket of their own."""

    messages: Annotated[list[AnId], Field(min_length=1, max_length=200)]
    subject: Annotated[str, Field(max_length=300)] = ""
    version: int | None = None


@router.post("/tickets/{ticket_id}/merge")
def merge(ticket_id: TicketId, body: MergeIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Make a ticket part of another, which takes its later replies; answers with the other."""
    return ticket_out(ticketing.merge(session, viewer, ticket_id, body.into, version=body.version))


@router.post("/tickets/{ticket_id}/links")
def link(ticket_id: TicketId, body: LinkIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Link a ticket to another; linking again changes nothing."""
    links.link(session, viewer, ticket_id, body.other, LinkKind(body.kind))
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.delete("/tickets/{ticket_id}/links/{other_id}")
def unlink(
    ticket_id: TicketId,
    other_id: OtherId,
    viewer: AsAgent,
    session: InTransaction,
    kind: Literal["related", "child"] = "related",
) -> TicketOut:
    """Take a link away."""
    links.unlink(session, viewer, ticket_id, other_id, LinkKind(kind))
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/follow-up", status_code=201)
def follow_up(ticket_id: TicketId, body: FollowUpIn, viewer: SignedIn, session: InTransaction) -> TicketOut:
    """Open a ticket that goes on where a closed one ended."""
    made = following.follow_up(session, viewer, ticket_id, body.text, key=body.idempotency_key)
    return ticket_out(ticketing.ticket(session, viewer, made))


@router.post("/tickets/{ticket_id}/split", status_code=201)
def split(ticket_id: TicketId, body: SplitIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Give some messages a ticket of their own; they stay where they are, too."""
    made = following.split_off(
        session, viewer, ticket_id, body.messages, subject=body.subject, version=body.version
    )
    return ticket_out(ticketing.ticket(session, viewer, made))
