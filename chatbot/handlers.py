"""What tickets tell their conversations: a person joined, replied, gave back, resolved.

Runs in the service desk's transaction, so a reply and its turn are kept or lost together. The front hall
calls `subscribe` once.
"""

from __future__ import annotations

from typing import Final

from chatbot import desk, repository, turns
from chatbot.handoff import begin_afresh, conversation_of
from chatbot.tables import ConversationTable
from chatbot.texts import say
from chatbot.types import ConversationState, TurnKind, TurnRole
from chatbot.understand import detect_language
from foundation import events
from foundation.db import WriteSession
from ticketing.events import (
    TicketAssigned,
    TicketGivenBack,
    TicketMerged,
    TicketReplied,
    TicketResolved,
    TicketStateChanged,
)
from ticketing.types import Message, MessageRole, State, Visibility

MESSAGE: Final = "message:"  # names the turn of a ticket's message, so that it comes once
_ROLES: Final = {MessageRole.CUSTOMER: TurnRole.USER, MessageRole.AGENT: TurnRole.AGENT}  # the house: system
_ENDED: Final = {State.SOLVED, State.CLOSED, State.MERGED}


def subscribe() -> None:
    """Hear the news of tickets; calling it again changes nothing."""
    events.subscribe(TicketReplied, on_replied)
    events.subscribe(TicketAssigned, on_assigned)
    events.subscribe(TicketResolved, on_resolved)
    events.subscribe(TicketGivenBack, on_given_back)
    events.subscribe(TicketStateChanged, on_state_changed)
    events.subscribe(TicketMerged, on_merged)


def on_replied(session: WriteSession, event: TicketReplied) -> None:
    """Show a public message of the ticket in its conversation, unless it came from there.

    What the desk says reaches the conversations of merged tickets too; what another customer says does not.
    """
    message = event.message
    if event.by_conversation or message.visibility != Visibility.PUBLIC:
        return
    is_customer = message.role == MessageRole.CUSTOMER
    own = conversation_of(event.conversation_id) if event.conversation_id else None
    for row in _concerned(session, event.conversation_id, event.ticket_id):
        if row.id == own or not is_customer:
            _show(session, row, message)
        is_agent = message.role == MessageRole.AGENT  # a rule's message is nobody who has joined
        if is_agent and row.ticket_id == event.ticket_id and row.state == ConversationState.WAITING:
            row.state = ConversationState.AGENT
            desk.tell_state(session, row)


def _show(session: WriteSession, row: ConversationTable, message: Message) -> None:
    name = f"{MESSAGE}{message.id}"
    if repository.turn_by_client_id(session, row.id, name) is not None:
        return
    turns.append(
        session,
        row,
        turns.NewTurn(
            role=_ROLES.get(message.role, TurnRole.SYSTEM),
            kind=TurnKind.TEXT,
            text=message.text,
            lang=detect_language(message.text, fallback=row.locale),
            client_id=name,
            citations=desk.citations_of(message),
            author=message.author_name,
        ),
    )


def on_assigned(session: WriteSession, event: TicketAssigned) -> None:
    """Say who has joined; a ticket given back waits again."""
    for row in _current(session, event.conversation_id, event.ticket_id):
        if row.state == ConversationState.RESOLVED:
            continue
        if event.agent_id is None:
            row.state = ConversationState.WAITING
        else:
            desk.join(session, row, event.agent_name)
        desk.tell_state(session, row)


def on_resolved(session: WriteSession, event: TicketResolved) -> None:
    """Say that it is solved and ask for a rating."""
    for row in _current(session, event.conversation_id, event.ticket_id):
        row.state = ConversationState.RESOLVED
        row.survey_ticket_id, row.rating = event.ticket_id, None
        lang = desk.language_of(session, row)
        text = f"{say('resolved', lang)}\n{say('survey', lang)}"
        new = turns.NewTurn(role=TurnRole.SYSTEM, kind=TurnKind.SURVEY, text=text, lang=lang)
        turns.append(session, row, new)
        desk.tell_state(session, row)


def on_given_back(session: WriteSession, event: TicketGivenBack) -> None:
    """Say that the bot answers again, and begin a new matter: it takes up nothing that was said before."""
    for row in _current(session, event.conversation_id, event.ticket_id):
        lang = desk.language_of(session, row)
        new = turns.NewTurn(
            role=TurnRole.SYSTEM, kind=TurnKind.STATUS, text=say("given_back", lang), lang=lang
        )
        turns.append(session, row, new)
        begin_afresh(session, row)


def on_state_changed(session: WriteSession, event: TicketStateChanged) -> None:
    """A ticket taken up again owns its conversation again; one that ended without a survey gives it back."""
    for row in _current(session, event.conversation_id, event.ticket_id):
        if event.after in _ENDED:
            row.state = ConversationState.RESOLVED
        elif event.before in _ENDED:
            row.state = desk.owner_of(session, event.ticket_id)
        desk.tell_state(session, row)


def on_merged(session: WriteSession, event: TicketMerged) -> None:
    """The conversations of a merged ticket go on with the one it became part of."""
    for row in _current(session, event.conversation_id, event.ticket_id):
        row.ticket_id = event.into_id
        row.state = desk.owner_of(session, event.into_id)
        desk.tell_state(session, row)


def _concerned(session: WriteSession, matter: str | None, ticket_id: int) -> list[ConversationTable]:
    """The locked conversations that a ticket's news is for: its own, and those of tickets merged into it."""
    ids = set(repository.ids_of_ticket(session, ticket_id))
    if matter:
        ids.add(conversation_of(matter))
    found = [
        repository.lock(session, one) for one in sorted(ids)
    ]  # always in this order: nobody waits in a ring
    return [row for row in found if row is not None]


def _current(session: WriteSession, matter: str | None, ticket_id: int) -> list[ConversationTable]:
    """Those of them that wait for this ticket now."""
    return [row for row in _concerned(session, matter, ticket_id) if row.ticket_id == ticket_id]
