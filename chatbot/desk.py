"""The chatbot's side of the service desk: the ticket behind a conversation, as its customer may see it."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot import repository, turns
from chatbot.tables import ConversationTable
from chatbot.texts import say
from chatbot.types import (
    Citation,
    Conversation,
    ConversationState,
    ConversationTicket,
    Survey,
    Turn,
    TurnKind,
    TurnRole,
)
from foundation import clock
from foundation.access import SYSTEM
from foundation.db import ReadSession, WriteSession
from ticketing import service as ticketing
from ticketing.types import Message, Metric, Ticket


def shown(session: ReadSession, row: ConversationTable, of: Sequence[Turn] = ()) -> Conversation:
    """The conversation with these turns."""
    ticket = _ticket(session, row.ticket_id)
    survey = repository.last_survey(session, row.id) if row.survey_ticket_id is not None else None
    return Conversation(
        id=row.id,
        state=ConversationState(row.state),
        locale=row.locale,
        person_id=row.person_id,
        page=row.page,
        context=row.context,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_seq=row.last_seq,
        boundary_seq=row.boundary_seq,
        ticket_id=row.ticket_id,
        ticket=_for_customer(session, ticket, row.locale) if ticket else None,
        survey=Survey(survey.id, survey.created_at, row.rating) if survey else None,
        turns=tuple(of),
    )


def tell_state(session: WriteSession, row: ConversationTable) -> None:
    """Tell open pages how the conversation stands now."""
    turns.tell_state(session, row.id, shown(session, row).to_json(with_turns=False))


def join(session: WriteSession, row: ConversationTable, name: str | None) -> None:
    """A person takes the locked conversation over: say who."""
    row.state = ConversationState.AGENT
    lang = language_of(session, row)
    text = say("joined", lang, name=name or say("no_agent_name", lang))
    turns.append(
        session,
        row,
        turns.NewTurn(role=TurnRole.SYSTEM, kind=TurnKind.STATUS, text=text, lang=lang, author=name),
    )


def language_of(session: ReadSession, row: ConversationTable) -> str:
    """The language the customer wrote last in this matter; before that, the page's."""
    said = repository.turns(session, row.id, after=row.boundary_seq)
    return next((turn.lang for turn in reversed(said) if turn.role is TurnRole.USER), row.locale)


def owner_of(session: ReadSession, ticket_id: int) -> ConversationState:
    """Who owns the conversation of an open ticket."""
    ticket = _ticket(session, ticket_id)
    return ConversationState.AGENT if ticket and ticket.assignee else ConversationState.WAITING


def citations_of(message: Message) -> tuple[Citation, ...]:
    """The citations of an agent's reply that have the shape of ours; others are left out."""
    found: list[Citation] = []
    for one in message.citations:
        try:
            found.append(Citation.from_json(dict(one)))
        except (KeyError, TypeError, AttributeError):
            continue
    return tuple(found)


def promised_minutes(ticket: Ticket) -> int | None:
    """Minutes by the wall clock until the first response is due."""
    first = ticket.clock(Metric.FIRST_RESPONSE)
    return max(0, int((first.due_at - clock.now()).total_seconds() // 60)) if first else None


def rate(session: WriteSession, ticket_id: int, rating: int, comment: str | None) -> None:
    """Rate the last resolution of a ticket whose customer the caller has made sure of."""
    ticketing.rate_ticket(session, ticket_id, rating=rating, comment=comment or "")


def _ticket(session: ReadSession, ticket_id: int | None) -> Ticket | None:
    return ticketing.ticket(session, SYSTEM, ticket_id) if ticket_id is not None else None


def _for_customer(session: ReadSession, ticket: Ticket, locale: str) -> ConversationTicket:
    first = ticket.clock(Metric.FIRST_RESPONSE)
    wait = ticketing.expected_wait(session, ticket.queue.slug) if ticket.assignee is None else None
    return ConversationTicket(
        id=ticket.id,
        number=ticket.number,
        state=str(ticket.state),
        assignee_name=ticket.assignee.name if ticket.assignee else None,
        queue=ticket.queue.name.get(locale) or ticket.queue.slug,
        first_response_due_at=first.due_at if first else None,
        expected_wait_minutes=wait.minutes if wait else None,
        is_out_of_hours=wait.is_out_of_hours if wait else False,
        next_working_at=wait.next_working_at if wait else None,
    )
