"""Tickets that come from others: the follow-up of a closed one, and what is split off."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import clocks, links, moves, opening, repository
from ticketing.link_errors import NotClosedError, SplitRefusedError
from ticketing.link_types import LinkKind
from ticketing.tables import MessageTable
from ticketing.types import Channel, MessageRole, NewMessage, NewTicket, Priority, State, Visibility


def follow_up(
    session: WriteSession, viewer: Viewer, ticket_id: int, body: str, *, key: str | None = None
) -> int:
    """Open a ticket that goes on where a closed one ended, and return its id; the same key again gives the same.

    Raises TicketNotFoundError, NotClosedError.
    """
    made_id = opening.open_once(session, _what_goes_on(session, viewer, ticket_id, body, key))
    _join(session, viewer, made_id, ticket_id, LinkKind.FOLLOW_UP)
    return made_id


def _what_goes_on(
    session: ReadSession, viewer: Viewer, ticket_id: int, body: str, key: str | None
) -> NewTicket:
    before = repository.find(session, viewer, ticket_id)
    if before.state != State.CLOSED:
        raise NotClosedError(ticket_id)
    return NewTicket(
        subject=before.subject,
        body=body,
        language=before.language,
        channel=Channel.FORM,
        kind=before.kind,
        requester_id=viewer.person_id if not viewer.is_staff else before.requester_id,
        requester_name=before.requester_name,
        requester_email=before.requester_email,
        product=before.product,
        idempotency_key=f"follow-up:{ticket_id}:{viewer.person_id}:{key}" if key else None,
    )


def split_off(
    session: WriteSession,
    viewer: Viewer,
    ticket_id: int,
    message_ids: Sequence[int],
    *,
    subject: str,
    version: int | None = None,
) -> int:
    """Open a ticket of its own for some messages, and return its id; they stay where they are, too.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, SplitRefusedError.
    """
    moves.require_agent(viewer)
    moves.check_version(repository.lock(session, ticket_id), version)
    made_id = opening.open_once(session, _what_is_split(session, ticket_id, message_ids, subject))
    _join(session, viewer, made_id, ticket_id, LinkKind.SPLIT)
    return made_id


def _join(session: WriteSession, viewer: Viewer, made_id: int, ticket_id: int, kind: LinkKind) -> None:
    made, before = links.lock_both(session, made_id, ticket_id)
    if not links.is_linked(session, made_id, ticket_id, kind):
        links.add(session, made, before, kind, viewer)
        clocks.sync(session, made)


def _what_is_split(
    session: WriteSession, ticket_id: int, message_ids: Sequence[int], subject: str
) -> NewTicket:
    ticket = repository.lock(session, ticket_id)
    mine = (
        MessageTable.ticket_id == ticket_id,
        MessageTable.id.in_(message_ids),
        MessageTable.visibility == Visibility.PUBLIC,
    )
    said = session.scalars(select(MessageTable).where(*mine).order_by(MessageTable.id)).all()
    if ticket.state == State.MERGED or not said or len(said) != len(set(message_ids)):
        raise SplitRefusedError(ticket_id)
    return NewTicket(
        subject=subject,
        language=ticket.language,
        channel=Channel(ticket.channel),
        kind=ticket.kind,
        priority=Priority(ticket.priority),
        requester_id=ticket.requester_id,
        requester_name=ticket.requester_name,
        requester_email=ticket.requester_email,
        product=ticket.product,
        messages=tuple(
            NewMessage(
                role=MessageRole(one.role),
                text=one.text,
                author_name=one.author_name,
                created_at=one.created_at,
                citations=tuple(one.citations),
            )
            for one in said
        ),
    )
