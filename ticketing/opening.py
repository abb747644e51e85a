"""Opening tickets: once per conversation or key, routed, promised and told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from foundation import clock, events, ids
from foundation.db import ReadSession, WriteSession
from foundation.settings import get_settings
from ticketing import (
    clocks,
    directory,
    history,
    messages,
    moves,
    notifications,
    people,
    repository,
    routing,
    workflows,
)
from ticketing.errors import PersonNotFoundError, RepeatedKeyError
from ticketing.events import TicketOpened
from ticketing.tables import CompanyTable, PersonTable, TicketTable, TierTable
from ticketing.types import Handoff, MessageRole, NewMessage, NewTicket, State

_SUBJECT_CHARS = 300
_NO_SUBJECT = {"zh": "（无标题）", "en": "(no subject)"}


def open_once(session: WriteSession, new: NewTicket) -> int:
    """Open a ticket and return its id; asked again for the same conversation or key, return the first.

    Who was merged into another person asks as that person. Raises PersonNotFoundError for an unknown requester
    and RepeatedKeyError if the key belongs to another requester's ticket.
    """
    new = _by_who_is_there(session, new)
    known = _known(session, new)
    if known is None:
        known = _insert(session, new)
        if known is not None:
            _settle(session, known, new)
            return known.id
        known = _known(session, new)  # someone else opened it between our look and our insert
    if known is None or not _is_same_requester(known, new):
        raise RepeatedKeyError
    return known.id


def _by_who_is_there(session: WriteSession, new: NewTicket) -> NewTicket:
    """The request in the name of the entry its requester is known by now.

    The row is held, so that a merge going on is waited for and none begins before the ticket is there.
    """
    if new.requester_id is None:
        return new
    mine = select(PersonTable.id).where(PersonTable.id == new.requester_id)
    session.scalar(mine.with_for_update(read=True, key_share=True))
    return replace(new, requester_id=people.current_id(session, new.requester_id))


def _is_same_requester(known: TicketTable, new: NewTicket) -> bool:
    """Whether the one who asks again is who asked first; strangers are told apart by their address.

    Who may speak in a conversation is the caller's to know, also when the visitor has signed in since.
    """
    if new.conversation_id is not None and known.conversation_id == new.conversation_id:
        return True
    if known.requester_id is None and new.requester_id is None:
        return known.requester_email == new.requester_email
    return known.requester_id == new.requester_id


def _known(session: ReadSession, new: NewTicket) -> TicketTable | None:
    keys = []
    if new.conversation_id is not None:
        keys.append(TicketTable.conversation_id == new.conversation_id)
    if new.idempotency_key is not None:
        keys.append(TicketTable.idempotency_key == new.idempotency_key)
    return session.scalar(select(TicketTable).where(or_(*keys)).limit(1)) if keys else None


def _insert(session: WriteSession, new: NewTicket) -> TicketTable | None:
    """Add the row, or return None if its conversation or key has just been taken."""
    row = _row(session, new)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return None
    return row


def _row(session: WriteSession, new: NewTicket) -> TicketTable:
    now = clock.now()
    person, company_id, tier = _company_and_tier(session, new.requester_id)
    queue = routing.route(session, tier=tier.slug if tier else None, language=new.language, kind=new.kind)
    way = workflows.for_kind(session, new.kind) if _is_stated(new) else None
    return TicketTable(
        conversation_id=new.conversation_id,
        idempotency_key=new.idempotency_key,
        subject=_subject(new),
        state=State.NEW,
        priority=new.priority,
        kind=new.kind,
        language=new.language,
        channel=new.channel,
        product=new.product,
        tier_id=tier.id if tier else None,
        company_id=company_id,
        department=person.department if person and company_id else None,
        requester_id=new.requester_id,
        requester_name=new.requester_name,
        requester_email=new.requester_email,
        queue_id=queue.id,
        version=1,
        created_at=now,
        updated_at=now,
        waiting_since=now,
        sort_due_at=now,
        form_slug=new.form.slug if new.form else None,
        form_version=new.form.version if new.form else None,
        form_values=new.form.values if new.form else None,
        workflow_version_id=way[0] if way else None,
        status=way[1].steps[0].slug if way else None,
        tried=[{"article_id": one.article_id, "title": one.title} for one in new.tried],
        handoff=_handoff_json(new.handoff),
        impression_id=new.impression_id,
    )


def _is_stated(new: NewTicket) -> bool:
    """Whether somebody said what the ticket is about; of a chat without a form it is a guess."""
    return new.conversation_id is None or new.form is not None


def _handoff_json(handoff: Handoff | None) -> dict[str, object] | None:
    return vars(handoff).copy() if handoff else None


def _company_and_tier(
    session: ReadSession, requester_id: int | None
) -> tuple[PersonTable | None, int | None, TierTable | None]:
    if requester_id is None:
        return None, None, None
    person = session.get(PersonTable, requester_id)
    if person is None or not person.is_active:
        raise PersonNotFoundError(requester_id)
    company = session.get(CompanyTable, person.company_id) if person.company_id else None
    if company is None:
        return person, None, None
    return person, company.id, session.get(TierTable, company.tier_id) if company.tier_id else None


def _subject(new: NewTicket) -> str:
    said = [turn.text for turn in reversed(new.messages) if turn.role is MessageRole.CUSTOMER]
    for text in (new.subject, new.body, *said):
        line = next((line.strip() for line in text.splitlines() if line.strip()), "")
        if line:
            return line if len(line) <= _SUBJECT_CHARS else line[: _SUBJECT_CHARS - 1] + "…"
    return _NO_SUBJECT.get(new.language, _NO_SUBJECT["en"])


def _settle(session: WriteSession, ticket: TicketTable, new: NewTicket) -> None:
    """Everything that follows from a ticket being there."""
    actor = directory.viewer_by_person(session, new.requester_id) if new.requester_id else None
    queue = next(queue for queue in routing.queues(session) if queue.id == ticket.queue_id)
    tier = session.get(TierTable, ticket.tier_id) if ticket.tier_id else None
    history.add(
        session,
        ticket,
        "opened",
        actor,
        state=ticket.state,
        queue=queue.slug,
        tier=tier.slug if tier else None,
        priority=ticket.priority,
        kind=ticket.kind,
    )
    messages.keep_transcript(session, ticket, _first_messages(new, actor.name if actor else None))
    clocks.plan(session, ticket)
    moves.begin(session, ticket)
    clocks.sync(session, ticket)
    if tier is not None and tier.notifies_manager:
        _notify_manager(session, ticket, tier)
    moves.tell(session, ticket, "created", queue=queue.slug)
    news = TicketOpened(
        ticket_id=ticket.id,
        conversation_id=ticket.conversation_id,
        queue=queue.slug,
        tier=tier.slug if tier else None,
    )
    events.publish(session, news)


def _first_messages(new: NewTicket, name: str | None) -> tuple[NewMessage, ...]:
    author = name or new.requester_name
    body = NewMessage(role=MessageRole.CUSTOMER, text=new.body, author_name=author)
    return (*new.messages, body) if new.body.strip() else new.messages


def _notify_manager(session: WriteSession, ticket: TicketTable, tier: TierTable) -> None:
    """The account manager hears of a ticket of a company that is promised special care."""
    person_id = directory.account_manager_id(session, ticket.company_id)
    if person_id is not None:
        notifications.notify(
            session,
            person_id,
            "vip_ticket",
            ticket_id=ticket.id,
            number=repository.number(ticket.id),
            subject=ticket.subject,
            tier=tier.slug,
        )


# Following a ticket without an account


def give_token(session: WriteSession, ticket_id: int) -> str:
    """A secret that lets whoever holds it follow this ticket.

    A ticket opened under an idempotency key has one for good: asked again, as after a lost answer, it is the
    same, and the one that was told first still works. Otherwise it is a new one, and an older one stops working.
    """
    ticket = repository.lock(session, ticket_id)
    token = _lasting_token(ticket.id, ticket.idempotency_key) if ticket.idempotency_key else ids.new_secret()
    ticket.token_hash = _hashed(token)
    session.flush()
    return token


def _lasting_token(ticket_id: int, key: str) -> str:
    """Derived from the server's own secret, so that knowing the key alone tells nothing."""
    signed = hmac.new(
        get_settings().signing_key().encode(), f"ticket:{ticket_id}:{key}".encode(), hashlib.sha256
    )
    return base64.urlsafe_b64encode(signed.digest()).decode().rstrip("=")


def note_email(session: WriteSession, ticket_id: int, email: str) -> bool:
    """Keep the address at which an unknown requester can be reached; False if one is known already."""
    ticket = repository.lock(session, ticket_id)
    while ticket.merged_into_id is not None:
        ticket = repository.lock(session, ticket.merged_into_id)
    if ticket.requester_id is not None or ticket.requester_email:
        return False
    ticket.requester_email = email
    history.add(session, ticket, "email_noted", None, email=email)
    moves.tell(session, ticket, "updated")
    return True


def id_by_token(session: ReadSession, token: str) -> int | None:
    """The ticket this secret follows."""
    return session.scalar(select(TicketTable.id).where(TicketTable.token_hash == _hashed(token)))


def _hashed(token: str) -> str:
    # 256 random bits need no slow hash
    return hashlib.sha256(token.encode()).hexdigest()
