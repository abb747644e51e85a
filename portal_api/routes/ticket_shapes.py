"""Wire shapes of tickets, and how a ticket becomes one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from portal_api.routes.auth import CompanyRefOut
from portal_api.routes.conversations import CitationOut
from portal_api.routes.way_shapes import WayOut, way_out
from portal_api.routes.words import WordsOut
from ticketing.link_types import LinkSide
from ticketing.types import (
    Channel,
    Clock,
    ClockState,
    HistoryEntry,
    Message,
    MessageRole,
    Metric,
    Priority,
    Promise,
    Queue,
    State,
    Status,
    Ticket,
    TicketSummary,
    Visibility,
)


class StateOut(BaseModel):
    """A status: the vendor's own name over a closed set of types."""

    slug: str
    name: WordsOut
    type: State


class ClockOut(BaseModel):
    """One promise of a ticket."""

    metric: Metric
    due_at: datetime
    warn_at: datetime
    started_at: datetime
    state: ClockState
    target_minutes: int
    met_at: datetime | None
    breached_at: datetime | None


class QueueRefOut(BaseModel):
    """A queue as others mention it."""

    slug: str
    name: WordsOut


class RequesterOut(BaseModel):
    """Who asks; without an id, someone we do not know."""

    id: int | None
    name: str | None
    email: str | None


class AgentRefOut(BaseModel):
    """An agent as others mention them."""

    id: int
    name: str


class LastMessageOut(BaseModel):
    """The newest message of a ticket."""

    role: MessageRole
    text: str
    created_at: datetime


class TicketSummaryOut(BaseModel):
    """A ticket as lists show it."""

    id: int
    number: str
    subject: str
    state: StateOut
    priority: Priority
    kind: str
    tier: str | None
    company: CompanyRefOut | None
    requester: RequesterOut | None
    queue: QueueRefOut
    assignee: AgentRefOut | None
    language: str
    channel: Channel
    product: str | None
    created_at: datetime
    updated_at: datetime
    waiting_since: datetime | None
    clocks: list[ClockOut]
    promise: Promise | None
    due_at: datetime | None
    version: int
    last_message: LastMessageOut | None
    unread: bool
    conversation_id: str | None


class MessageOut(BaseModel):
    """One message of a ticket."""

    id: int
    role: MessageRole
    visibility: Visibility
    text: str
    author: str | None
    created_at: datetime
    citations: list[CitationOut]


class HistoryOut(BaseModel):
    """What happened, when, by whom."""

    at: datetime
    actor: str | None
    event: str
    detail: dict[str, Any]


class TriedOut(BaseModel):
    """An article the customer was shown before asking for a person."""

    article_id: int
    title: str


class FilledFormOut(BaseModel):
    """The form a ticket came with."""

    slug: str
    version: int | None
    values: dict[str, Any]


class HandoffOut(BaseModel):
    """What the bot knew when it handed over."""

    reason: str | None
    page: str | None
    context: dict[str, Any]
    trigger: str | None
    summary: str


class TicketSurveyOut(BaseModel):
    """What the customer thought of the service."""

    rating: int | None
    comment: str
    asked_at: datetime


class LinkOut(BaseModel):
    """A ticket that belongs to this one, and how."""

    side: LinkSide
    id: int
    number: str
    subject: str
    state: StateOut


class TicketOut(TicketSummaryOut):
    """A whole ticket, as far as the viewer may see it."""

    messages: list[MessageOut]
    form: FilledFormOut | None
    tried: list[TriedOut]
    handoff: HandoffOut | None
    history: list[HistoryOut]
    allowed_states: list[StateOut]
    survey: TicketSurveyOut | None
    way: WayOut | None
    links: list[LinkOut]
    merged_into: int | None


class TicketsOut(BaseModel):
    """One page of tickets; `total` counts up to 10,000, and of what a search finds the newest 1,000."""

    items: list[TicketSummaryOut]
    total: int


def state_out(status: Status) -> StateOut:
    return StateOut(slug=status.slug, name=WordsOut(**status.name), type=status.type)


def queue_ref(queue: Queue) -> QueueRefOut:
    return QueueRefOut(slug=queue.slug, name=WordsOut(**queue.name))


def _clock(clock: Clock) -> ClockOut:
    return ClockOut(
        metric=clock.metric,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        started_at=clock.started_at,
        state=clock.state,
        target_minutes=clock.target_minutes,
        met_at=clock.met_at,
        breached_at=clock.breached_at,
    )


def summary_fields(ticket: TicketSummary) -> dict[str, Any]:
    company = ticket.company
    return {
        **{
            name: getattr(ticket, name)
            for name in (
                "id",
                "number",
                "subject",
                "priority",
                "kind",
                "tier",
                "language",
                "channel",
                "product",
                "created_at",
                "updated_at",
                "waiting_since",
                "promise",
                "due_at",
                "version",
                "unread",
                "conversation_id",
            )
        },
        "state": state_out(ticket.status),
        "company": CompanyRefOut(slug=company.slug, name=WordsOut(**company.name)) if company else None,
        "requester": RequesterOut(**vars(ticket.requester)) if ticket.requester else None,
        "queue": queue_ref(ticket.queue),
        "assignee": AgentRefOut(**vars(ticket.assignee)) if ticket.assignee else None,
        "clocks": [_clock(clock) for clock in ticket.clocks],
        "last_message": LastMessageOut(**vars(ticket.last_message)) if ticket.last_message else None,
    }


def summary_out(ticket: TicketSummary) -> TicketSummaryOut:
    return TicketSummaryOut(**summary_fields(ticket))


def _message(message: Message) -> MessageOut:
    return MessageOut(
        id=message.id,
        role=message.role,
        visibility=message.visibility,
        text=message.text,
        author=message.author_name,
        created_at=message.created_at,
        citations=[CitationOut.model_validate(one) for one in message.citations],
    )


def _history(entry: HistoryEntry) -> HistoryOut:
    return HistoryOut(at=entry.at, actor=entry.actor, event=entry.event, detail=entry.detail)


def ticket_out(ticket: Ticket) -> TicketOut:
    survey = ticket.survey
    return TicketOut(
        **summary_fields(ticket),
        messages=[_message(message) for message in ticket.messages],
        form=FilledFormOut(**vars(ticket.form)) if ticket.form else None,
        tried=[TriedOut(**vars(one)) for one in ticket.tried],
        handoff=HandoffOut(**vars(ticket.handoff)) if ticket.handoff else None,
        history=[_history(entry) for entry in ticket.history],
        allowed_states=[state_out(status) for status in ticket.allowed_states],
        survey=TicketSurveyOut(rating=survey.rating, comment=survey.comment, asked_at=survey.asked_at)
        if survey
        else None,
        way=way_out(ticket.way) if ticket.way else None,
        links=[
            LinkOut(
                side=one.side,
                id=one.ticket.id,
                number=one.ticket.number,
                subject=one.ticket.subject,
                state=state_out(one.ticket.status),
            )
            for one in ticket.links
        ],
        merged_into=ticket.merged_into,
    )
