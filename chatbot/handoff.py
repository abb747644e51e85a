"""Handoff: one conversation, one matter, one ticket, with everything the person needs and nothing to repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatbot import action_runs, desk, repository, turns
from chatbot.handoff_summary import summary
from chatbot.tables import ConversationTable
from chatbot.texts import instant_text, say, wait_text, zone_text
from chatbot.types import ConversationState, Turn, TurnKind, TurnRole, UserTurn
from chatbot.understand import Intent, codes, intent_of
from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import service as ticketing
from ticketing.types import (
    Channel,
    ExpectedWait,
    FilledForm,
    Handoff,
    MessageRole,
    Metric,
    NewMessage,
    NewTicket,
    Priority,
    Ticket,
    Tried,
)

_MATTER: Final = "."
_SUBJECT_CHARS: Final = 80
_MAX_CLIENT_CONTEXT: Final = 40
_BILLING: Final = re.compile(
    r"发票|开票|付款|账单|对账|退款|订单|发货|物流|交期|报价|价格|合同"
    r"|\b(?:invoices?|payments?|bill(?:ing)?|refunds?|orders?|shipping|shipment|delivery|quote|quotation|prices?)\b",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ROLES: Final = {
    TurnRole.USER: MessageRole.CUSTOMER,
    TurnRole.ASSISTANT: MessageRole.BOT,
    TurnRole.AGENT: MessageRole.AGENT,
    TurnRole.SYSTEM: MessageRole.SYSTEM,
}


@dataclass(frozen=True, kw_only=True)
class Matter:
    """Why a person takes over, as far as the turns do not say it themselves."""

    reason: str | None = None
    trigger: str = "asked"  # asked, failures, risk, complaint, bypass, rule:<slug>, action
    priority: Priority = Priority.NORMAL
    kind: str | None = None  # of the ticket; None: read from the turns
    lead: str = ""  # said before what happens next
    form: FilledForm | None = None


_ASKED: Final = Matter()


def hand_off(
    session: WriteSession,
    row: ConversationTable,
    viewer: Viewer,
    *,
    matter: Matter = _ASKED,
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
    ticket = ticketing.open_ticket(session, _new_ticket(session, row, viewer, matter))
    row.ticket_id = ticket.id
    lang = desk.language_of(session, row)
    text = _what_happens_next(session, ticket, lang)
    told = turns.append(
        session,
        row,
        turns.NewTurn(
            role=TurnRole.SYSTEM,
            kind=TurnKind.HANDOFF,
            text=f"{matter.lead}\n{text}" if matter.lead else text,
            lang=lang,
            client_id=client_id,
            answers=answers,
        ),
    )
    if ticket.assignee is not None:
        desk.join(session, row, ticket.assignee.name)
    desk.tell_state(session, row)
    return told


@dataclass(frozen=True)
class PassedOn:
    """Whether a turn went to the person who owns the conversation, and the address it gave them, if any."""

    is_done: bool
    email: str | None = None


def pass_on(session: WriteSession, row: ConversationTable, viewer: Viewer, said: UserTurn) -> PassedOn:
    """Give what a customer says to the person who owns the conversation, once.

    Locks the ticket, so it comes before any lock on the conversation. The first e-mail address a stranger
    writes becomes the ticket's.
    """
    seen = _ticket_of_person(row)
    if seen is None:
        return PassedOn(is_done=False)
    ticketing.hold(session, seen)
    # A person may have given it back to the bot while we waited for the lock: then it is the bot's to answer.
    session.refresh(row)
    ticket_id = _ticket_of_person(row)
    if ticket_id is None:
        return PassedOn(is_done=False)
    new = NewMessage(
        role=MessageRole.CUSTOMER,
        text=said.text.strip(),
        author_name=viewer.name,
        client_id=f"{row.id}:{said.client_id}",
    )
    ticketing.add_message(session, ticket_id, new)
    found = _EMAIL.search(said.text) if row.person_id is None else None
    noted = found is not None and ticketing.note_email(session, ticket_id, found[0])
    return PassedOn(is_done=True, email=found[0] if found and noted else None)


def _ticket_of_person(row: ConversationTable) -> int | None:
    """The ticket of the person who owns the conversation; None if nobody does."""
    return row.ticket_id if row.state in {ConversationState.WAITING, ConversationState.AGENT} else None


def thank_for_email(session: WriteSession, row: ConversationTable, email: str) -> None:
    """Say that the address was noted; the caller holds the conversation's lock."""
    lang = desk.language_of(session, row)
    new = turns.NewTurn(
        role=TurnRole.SYSTEM, kind=TurnKind.STATUS, text=say("email_noted", lang, email=email), lang=lang
    )
    turns.append(session, row, new)


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


def _new_ticket(session: WriteSession, row: ConversationTable, viewer: Viewer, matter: Matter) -> NewTicket:
    said = repository.turns(session, row.id, after=row.boundary_seq)
    asked = [turn.text for turn in said if turn.role is TurnRole.USER]
    product, lang = row.context.get("product"), desk.language_of(session, row)
    filled = action_runs.close_for_handoff(session, row.id, viewer)
    form = matter.form or filled or _form(row.context)
    is_own = row.person_id == viewer.person_id
    return NewTicket(
        subject=_subject(asked, matter.reason, row.locale),
        language=lang,
        channel=Channel.WIDGET,
        kind=matter.kind or _kind(asked, product),
        priority=matter.priority,
        requester_id=row.person_id,
        requester_name=viewer.name if is_own else None,
        requester_email=(viewer.email if is_own else None) or _email_in(asked),
        conversation_id=matter_of(row),
        product=product if isinstance(product, str) else None,
        messages=tuple(_message(turn) for turn in said),
        form=form,
        tried=_tried(said),
        handoff=Handoff(
            reason=matter.reason,
            page=row.page,
            context=dict(row.context),
            trigger=matter.trigger,
            summary=summary(said, matter.trigger, form, lang),
        ),
    )


def _email_in(asked: Sequence[str]) -> str | None:
    found = [match[0] for text in asked if (match := _EMAIL.search(text))]
    return found[-1] if found else None


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
    """Who answers, and until when: by the wall clock while the desk works, by its opening while it does not."""
    wait = ticketing.expected_wait(session, ticket.queue.slug)
    lines = [_first_line(ticket, wait, lang), say("handoff_channel", lang)]
    is_stranger = ticket.requester is None or (ticket.requester.id is None and not ticket.requester.email)
    if is_stranger:
        lines.append(say("handoff_email", lang))
    return "\n".join(lines)


def _first_line(ticket: Ticket, wait: ExpectedWait, lang: str) -> str:
    first, opens = ticket.clock(Metric.FIRST_RESPONSE), wait.next_working_at
    if opens is not None:
        zone = {"opens": instant_text(opens, wait.time_zone, lang), "zone": zone_text(opens, wait.time_zone)}
        if first is None:
            return say("handoff_closed", lang, number=ticket.number, **zone)
        due = instant_text(first.due_at, wait.time_zone, lang)
        return say("handoff_closed_due", lang, number=ticket.number, due=due, **zone)
    minutes = wait.minutes if wait.minutes is not None else desk.promised_minutes(ticket)
    if minutes is None:
        return say("handoff", lang, number=ticket.number)
    return say("handoff_wait", lang, number=ticket.number, wait=wait_text(minutes, lang))
