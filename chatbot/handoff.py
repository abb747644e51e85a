"""Handoff: one conversation, one matter, one ticket, with everything the person needs and nothing to repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from chatbot import desk, repository, turns
from chatbot.tables import ConversationTable
from chatbot.texts import say, wait_text
from chatbot.types import ConversationState, Turn, TurnKind, TurnRole, UserTurn
from chatbot.understand import Intent, codes, intent_of
from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import service as ticketing
from ticketing.types import Channel, FilledForm, Handoff, MessageRole, NewMessage, NewTicket, Ticket, Tried

_MATTER: Final = "."
_SUBJECT_CHARS: Final = 80
_MAX_CLIENT_CONTEXT: Final = 40
_BILLING: Final = re.compile(
    r"发票|开票|付款|账单|对账|退款|订单|发货|物流|交期|报价|价格|合同"
    r"|\b(?:invoices?|payments?|bill(?:ing)?|refunds?|orders?|shipping|shipment|delivery|quote|quotation|prices?)\b",
    re.IGNORECASE,
)
_ROLES: Final = {
    TurnRole.USER: MessageRole.CUSTOMER,
    TurnRole.ASSISTANT: MessageRole.BOT,
    TurnRole.AGENT: MessageRole.AGENT,
    TurnRole.SYSTEM: MessageRole.SYSTEM,
}


def hand_off(
    session: WriteSession,
    row: ConversationTable,
    viewer: Viewer,
    *,
    reason: str | None = None,
    client_id: str | None = None,
    answers: str | None = None,
) -> Turn | None:
    """Give a locked conversation to a person and say what happens next.

    Returns the turn that says so; None if a person owns the conversation already, which changes nothing.
    """
    if row.state in {ConversationState.WAITING, ConversationState.AGENT}:
        return None
    if row.state == ConversationState.RESOLVED:
        begin_afresh(session, row)
    row.state = ConversationState.WAITING
    ticket = ticketing.open_ticket(session, _new_ticket(session, row, viewer, reason))
    row.ticket_id = ticket.id
    lang = desk.language_of(session, row)
    told = turns.append(
        session,
        row,
        turns.NewTurn(
            role=TurnRole.SYSTEM,
            kind=TurnKind.HANDOFF,
            text=_what_happens_next(session, ticket, lang),
            lang=lang,
            client_id=client_id,
            answers=answers,
        ),
    )
    if ticket.assignee is not None:
        desk.join(session, row, ticket.assignee.name)
    desk.tell_state(session, row)
    return told


def pass_on(session: WriteSession, row: ConversationTable, viewer: Viewer, said: UserTurn) -> bool:
    """Give what a customer says to the person who owns the conversation, once; False if nobody does."""
    if row.ticket_id is None or row.state not in {ConversationState.WAITING, ConversationState.AGENT}:
        return False
    new = NewMessage(
        role=MessageRole.CUSTOMER,
        text=said.text.strip(),
        author_name=viewer.name,
        client_id=f"{row.id}:{said.client_id}",
    )
    ticketing.add_message(session, row.ticket_id, new)
    return True


def begin_afresh(session: WriteSession, row: ConversationTable) -> None:
    """Leave a resolved matter behind: the bot answers again, and remembers nothing of before."""
    row.boundary_seq = row.last_seq
    row.state = ConversationState.BOT
    row.ticket_id = None
    desk.tell_state(session, row)


def matter_of(row: ConversationTable) -> str:
    """What a ticket knows the conversation by: its id, and for later matters of it where they begin."""
    return f"{row.id}{_MATTER}{row.boundary_seq}" if row.boundary_seq else row.id


def conversation_of(matter: str) -> str:
    """The conversation's id of what `matter_of` gave."""
    return matter.partition(_MATTER)[0]


def _new_ticket(
    session: WriteSession, row: ConversationTable, viewer: Viewer, reason: str | None
) -> NewTicket:
    said = repository.turns(session, row.id, after=row.boundary_seq)
    asked = [turn.text for turn in said if turn.role is TurnRole.USER]
    product = row.context.get("product")
    return NewTicket(
        subject=_subject(asked, reason, row.locale),
        language=desk.language_of(session, row),
        channel=Channel.WIDGET,
        kind=_kind(asked, product),
        requester_id=row.person_id,
        requester_name=viewer.name if row.person_id == viewer.person_id else None,
        requester_email=viewer.email if row.person_id == viewer.person_id else None,
        conversation_id=matter_of(row),
        product=product if isinstance(product, str) else None,
        messages=tuple(_message(turn) for turn in said),
        form=_form(row.context),
        tried=_tried(said),
        handoff=Handoff(reason=reason, page=row.page, context=dict(row.context)),
    )


def _message(turn: Turn) -> NewMessage:
    return NewMessage(
        role=_ROLES[turn.role],
        text=turn.text,
        author_name=turn.author,
        client_id=turn.id,
        created_at=turn.created_at,
        citations=tuple(one.to_json() for one in turn.citations),
    )


def _subject(asked: Sequence[str], reason: str | None, lang: str) -> str:
    """The first real question; what only greets or asks for a person names no subject."""
    questions = [
        text for text in asked if intent_of(text) in {Intent.QUESTION, Intent.COMPLAINT, Intent.DANGER}
    ]
    subject = next(iter(questions), None) or reason or next(iter(asked), None) or say("talk_to_person", lang)
    flat = " ".join(subject.split())
    return flat if len(flat) <= _SUBJECT_CHARS else flat[: _SUBJECT_CHARS - 1].rstrip() + "…"


def _kind(asked: Sequence[str], product: Any) -> str:
    if any(_BILLING.search(text) for text in asked):
        return "billing"
    if product or any(codes(text) or intent_of(text) in {Intent.QUESTION, Intent.DANGER} for text in asked):
        return "technical"
    return "general"


def _form(context: dict[str, Any]) -> FilledForm | None:
    """The form on the page as far as it was filled in."""
    slug, fields = context.get("form"), context.get("fields")
    if not isinstance(slug, str) or not isinstance(fields, dict):
        return None
    return FilledForm(slug, dict(list(fields.items())[:_MAX_CLIENT_CONTEXT]))


def _tried(said: Sequence[Turn]) -> tuple[Tried, ...]:
    answered = (
        turn for turn in said if turn.kind is not TurnKind.ABSTAIN
    )  # what was only offered was not tried
    shown = {cited.article_id: cited.title for turn in answered for cited in turn.citations}
    return tuple(Tried(article_id, title) for article_id, title in shown.items())


def _what_happens_next(session: WriteSession, ticket: Ticket, lang: str) -> str:
    minutes = desk.expected_wait_minutes(session, ticket)
    if minutes is None:
        minutes = desk.promised_minutes(ticket)
    if minutes is None:
        first = say("handoff", lang, number=ticket.number)
    else:
        first = say("handoff_wait", lang, number=ticket.number, wait=wait_text(minutes, lang))
    return f"{first}\n{say('handoff_channel', lang)}"
