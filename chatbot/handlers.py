"""What tickets tell their conversations: a person joined, replied, gave back, resolved.

Runs in the service desk's transaction, so a reply and its turn are kept or lost together. The front hall
calls `subscribe` once.
"""

from __future__ import annotations

from typing import Final

from chatbot import desk, repository, turns
from chatbot.handoff import conversation_of
from chatbot.tables import ConversationTable
from chatbot.texts import say
from chatbot.types import ConversationState, TurnKind, TurnRole
from chatbot.understand import detect_language
from foundation import events
from foundation.db import WriteSession
from ticketing.events import TicketAssigned, TicketReplied, TicketResolved, TicketStateChanged
from ticketing.types import MessageRole, State, Visibility

MESSAGE: Final = "message:"  # names the turn of a ticket's message, so that it comes once
_ENDED: Final = {State.SOLVED, State.CLOSED, State.MERGED}


def subscribe() -> None:
    """Hear the news of tickets; calling it again changes nothing."""
    events.subscribe(TicketReplied, on_replied)
    events.subscribe(TicketAssigned, on_assigned)
    events.subscribe(TicketResolved, on_resolved)
    events.subscribe(TicketStateChanged, on_state_changed)


def on_replied(session: WriteSession, event: TicketReplied) -> None:
    """Show a public message of the ticket in its conversation, unless it came from there."""
    message = event.message
    if event.by_conversation or message.visibility != Visibility.PUBLIC:
        return
    row = _locked(session, event.conversation_id)
    name = f"{MESSAGE}{message.id}"
    if row is None or repository.turn_by_client_id(session, row.id, name) is not None:
        return
    is_customer = message.role == MessageRole.CUSTOMER
    turns.append(
        session,
        row,
        turns.NewTurn(
            role=TurnRole.USER if is_customer else TurnRole.AGENT,
            kind=TurnKind.TEXT,
            text=message.text,
            lang=detect_language(message.text, fallback=row.locale),
            client_id=name,
            citations=desk.citations_of(message),
            author=message.author_name,
        ),
    )
    if not is_customer and row.ticket_id == event.ticket_id and row.state == ConversationState.WAITING:
        row.state = ConversationState.AGENT
        desk.tell_state(session, row)


def on_assigned(session: WriteSession, event: TicketAssigned) -> None:
    """Say who has joined; a ticket given back waits again."""
    row = _current(session, event.conversation_id, event.ticket_id)
    if row is None or row.state == ConversationState.RESOLVED:
        return
    if event.agent_id is None:
        row.state = ConversationState.WAITING
    else:
        desk.join(session, row, event.agent_name)
    desk.tell_state(session, row)


def on_resolved(session: WriteSession, event: TicketResolved) -> None:
    """Say that it is solved and ask for a rating."""
    row = _current(session, event.conversation_id, event.ticket_id)
    if row is None:
        return
    row.state = ConversationState.RESOLVED
    row.survey_ticket_id, row.rating = event.ticket_id, None
    lang = desk.language_of(session, row)
    text = f"{say('resolved', lang)}\n{say('survey', lang)}"
    turns.append(
        session, row, turns.NewTurn(role=TurnRole.SYSTEM, kind=TurnKind.SURVEY, text=text, lang=lang)
    )
    desk.tell_state(session, row)


def on_state_changed(session: WriteSession, event: TicketStateChanged) -> None:
    """A ticket taken up again owns its conversation again; one that ended without a survey gives it back."""
    row = _current(session, event.conversation_id, event.ticket_id)
    if row is None:
        return
    if event.after in _ENDED:
        row.state = ConversationState.RESOLVED
    elif event.before in _ENDED:
        row.state = desk.owner_of(session, event.ticket_id)
    desk.tell_state(session, row)


def _locked(session: WriteSession, matter: str | None) -> ConversationTable | None:
    return repository.lock(session, conversation_of(matter)) if matter else None


def _current(session: WriteSession, matter: str | None, ticket_id: int) -> ConversationTable | None:
    """The locked conversation if this ticket is what it waits for now."""
    row = _locked(session, matter)
    return row if row is not None and row.ticket_id == ticket_id else None
