"""Tickets: customers open and follow theirs, agents work the queues."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field

from chatbot import service as chatbot
from foundation.access import ANONYMOUS, Viewer
from foundation.db import ReadSession, read_session
from foundation.errors import InvalidInputError, SignInRequiredError
from portal_api.dependencies import AsAgent, CurrentViewer, InTransaction, Reading, SignedIn
from portal_api.routes.conversations import CitationOut
from portal_api.routes.ticket_shapes import (
    TicketOut,
    TicketsOut,
    TicketSummaryOut,
    summary_fields,
    summary_out,
    ticket_out,
)
from ticketing import directory, forms
from ticketing import service as ticketing
from ticketing.errors import TicketNotFoundError
from ticketing.types import (
    Channel,
    FilledForm,
    MessageRole,
    NewReply,
    NewTicket,
    Order,
    Priority,
    State,
    TicketChange,
    TicketFilter,
    Visibility,
)

router = APIRouter(prefix="/api/v1", tags=["tickets"])

TicketToken = Annotated[str | None, Header(alias="X-Ticket-Token", max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class TicketQuery(BaseModel):
    """Which tickets to list."""

    queue: str | None = None
    state: list[State] = []
    assignee: Annotated[str | None, Query(pattern=r"^(me|none|\d{1,9})$")] = None
    company: str | None = None
    tier: str | None = None
    requester: int | None = None
    q: Annotated[str | None, Query(max_length=200)] = None
    order: Order | None = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0


class TicketIn(BaseModel):
    """A filled ticket form; a visitor who has not signed in gives an address to answer to."""

    subject: Annotated[str, Field(max_length=300)] = ""
    body: Annotated[str, Field(max_length=20_000)] = ""
    form: Annotated[str | None, Field(max_length=100)] = None
    values: dict[str, Any] = {}
    email: Annotated[str | None, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")] = None
    name: Annotated[str | None, Field(max_length=200)] = None
    locale: Annotated[str, Field(pattern="^(zh|en)")] = "zh"
    impression_id: Annotated[str | None, Field(max_length=100)] = None
    idempotency_key: Annotated[str | None, Field(max_length=100)] = None


class OpenedOut(TicketSummaryOut):
    """The ticket; `token` lets a visitor who has not signed in follow it, and is told only here."""

    token: str | None


class ReplyIn(BaseModel):
    """A message to add; with `then`, the ticket moves with it."""

    text: Text
    visibility: Visibility = Visibility.PUBLIC
    client_id: Annotated[str | None, Field(max_length=100)] = None
    version: int | None = None
    then: str | None = None
    citations: list[CitationOut] = []


class VersionIn(BaseModel):
    """The version the caller has seen."""

    version: int | None = None


class AssignIn(VersionIn):
    """Whom to give the ticket to; null gives it back to its queue."""

    agent_id: int | None


class ChangeIn(VersionIn):
    """What to change; what is left out stays."""

    state: str | None = None
    priority: Priority | None = None
    queue: str | None = None


class DraftIn(BaseModel):
    """What to draft a reply to; empty: what the customer last said."""

    question: Annotated[str | None, Field(max_length=4000)] = None


class DraftOut(BaseModel):
    """A reply drafted from what the customer may read; `kind` is handoff where nothing answers."""

    kind: Literal["answer", "clarify", "handoff"]
    text: str
    confidence: float
    citations: list[CitationOut]


@router.get("/tickets")
def list_tickets(query: Annotated[TicketQuery, Query()], viewer: SignedIn, session: Reading) -> TicketsOut:
    """Tickets this viewer may see; for agents in the order the promises demand."""
    assignee = query.assignee
    wanted = TicketFilter(
        queue=query.queue,
        states=tuple(query.state),
        assignee=int(assignee) if assignee and assignee.isdigit() else assignee,  # type: ignore[arg-type]
        company=query.company,
        tier=query.tier,
        requester_id=query.requester,
        q=query.q,
    )
    order = query.order or (Order.PROMISE if viewer.is_staff else Order.UPDATED)
    found, total = ticketing.tickets(
        session, viewer, wanted, order=order, limit=query.limit, offset=query.offset
    )
    return TicketsOut(items=[summary_out(ticket) for ticket in found], total=total)


@router.post("/tickets", status_code=201)
def open_ticket(body: TicketIn, viewer: CurrentViewer, session: InTransaction) -> OpenedOut:
    """Open a ticket from a form; the same idempotency key again gives the same ticket.

    A visitor who has not signed in gets a `token` to follow it with.
    """
    if viewer.person_id is None and not body.email:
        raise InvalidInputError("give an e-mail address so that we can answer")
    kind, product, filled = _checked_form(session, body)
    ticket = ticketing.open_ticket(
        session,
        NewTicket(
            subject=body.subject,
            body=body.body,
            language=body.locale[:2],
            channel=Channel.FORM,
            kind=kind,
            product=product,
            requester_id=viewer.person_id,
            requester_name=body.name,
            requester_email=body.email,
            idempotency_key=body.idempotency_key,
            form=filled,
            impression_id=body.impression_id,
        ),
    )
    token = ticketing.give_token(session, ticket.id) if viewer.person_id is None else None
    return OpenedOut(**summary_fields(ticket), token=token)


def _checked_form(session: ReadSession, body: TicketIn) -> tuple[str, str | None, FilledForm | None]:
    """The kind and product a filled form stands for, and what is kept. Raises FormInvalidError, FormNotFoundError."""
    if body.form is None:
        return "general", None, None
    kept = forms.kept_form(session, body.form)
    form = forms.form(session, body.form)
    values = forms.accepted(form, body.values)
    product = form.product or values.get("product")
    return form.ticket_kind, str(product) if product else None, FilledForm(form.slug, values, kept.version)


@router.get("/tickets/{ticket_id}")
def read_ticket(
    ticket_id: int, viewer: CurrentViewer, session: Reading, token: TicketToken = None
) -> TicketOut:
    """A ticket with its messages and history, as far as this viewer or the holder of its token may see them."""
    if token is not None and not viewer.is_signed_in:
        followed = ticketing.ticket_by_token(session, token)
        if followed.id != ticket_id:
            raise TicketNotFoundError(ticket_id)
        return ticket_out(followed)
    if not viewer.is_signed_in:
        raise SignInRequiredError("sign in, or send the token the ticket was opened with")
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/read", status_code=204)
def mark_read(ticket_id: int, viewer: SignedIn, session: InTransaction) -> None:
    """Say that this viewer has read the ticket up to now."""
    ticketing.mark_read(session, viewer, ticket_id)


@router.post("/tickets/{ticket_id}/replies")
def reply(ticket_id: int, body: ReplyIn, viewer: SignedIn, session: InTransaction) -> TicketOut:
    """Add a message; the same client id again adds nothing."""
    new = NewReply(
        text=body.text,
        visibility=body.visibility,
        client_id=body.client_id,
        version=body.version,
        then=body.then,
        citations=tuple(citation.model_dump() for citation in body.citations),
    )
    ticketing.reply(session, viewer, ticket_id, new)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/claim")
def claim(ticket_id: int, body: VersionIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Take a ticket; whoever is second is told who has it."""
    return ticket_out(ticketing.claim(session, viewer, ticket_id, version=body.version))


@router.post("/tickets/{ticket_id}/assign")
def assign(ticket_id: int, body: AssignIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Give a ticket to an agent, or back to its queue."""
    return ticket_out(
        ticketing.assign(session, viewer, ticket_id, agent_id=body.agent_id, version=body.version)
    )


@router.patch("/tickets/{ticket_id}")
def change(ticket_id: int, body: ChangeIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Move a ticket to another state, priority or queue."""
    wanted = TicketChange(state=body.state, priority=body.priority, queue=body.queue)
    return ticket_out(ticketing.change(session, viewer, ticket_id, wanted, version=body.version))


@router.post("/tickets/{ticket_id}/resolve")
def resolve(ticket_id: int, body: VersionIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Call a ticket solved; the customer is asked for a rating."""
    return ticket_out(ticketing.resolve(session, viewer, ticket_id, version=body.version))


@router.post("/tickets/{ticket_id}/give-back")
def give_back(ticket_id: int, body: VersionIn, viewer: AsAgent, session: InTransaction) -> TicketOut:
    """Give the conversation back to the bot: the ticket is solved, and the bot answers what comes next."""
    return ticket_out(ticketing.give_back(session, viewer, ticket_id, version=body.version))


class TicketRatingIn(BaseModel):
    """How the service was, 1 to 5."""

    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=4000)] = ""


@router.post("/tickets/{ticket_id}/rating")
def rate(ticket_id: int, body: TicketRatingIn, viewer: SignedIn, session: InTransaction) -> TicketOut:
    """Rate the service after a resolution."""
    ticketing.rate(session, viewer, ticket_id, rating=body.rating, comment=body.comment)
    return ticket_out(ticketing.ticket(session, viewer, ticket_id))


@router.post("/tickets/{ticket_id}/draft")
def draft(ticket_id: int, body: DraftIn, viewer: AsAgent) -> DraftOut:
    """Draft a reply from the knowledge base, with what the customer may read and nothing else."""
    with read_session() as session:
        ticket = ticketing.ticket(session, viewer, ticket_id)
        reader = _reader(session, ticket.requester.id if ticket.requester else None)
    said = [one.text for one in ticket.messages if one.role == MessageRole.CUSTOMER]
    answer = chatbot.draft(
        reader, [body.question] if body.question else [ticket.subject, *said], ticket.language
    )
    return DraftOut(
        kind=answer.kind.value,
        text=answer.text,
        confidence=answer.confidence,
        citations=[CitationOut.model_validate(one.to_json()) for one in answer.citations],
    )


def _reader(session: ReadSession, person_id: int | None) -> Viewer:
    return directory.viewer_by_person(session, person_id) if person_id is not None else ANONYMOUS
