"""Messages of a ticket: adding each once, and what an answer does to the ticket."""

from __future__ import annotations

from sqlalchemy import func, select

from foundation import events
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import assignment, clocks, given, history, moves, repository, resolving, workflows
from ticketing.errors import EmptyMessageError, TicketClosedError
from ticketing.events import TicketReplied
from ticketing.tables import MessageTable, ReadMarkTable, TicketTable
from ticketing.types import Message, MessageRole, NewMessage, NewReply, State, Visibility


def reply(session: WriteSession, viewer: Viewer, ticket_id: int, new: NewReply) -> Message:
    """Add a viewer's message: staff answer or note, customers write publicly.

    An agent's public reply opens a new ticket, takes one that nobody has and stops the first-response
    clock. A customer's message brings a waiting or solved ticket back. A merged ticket passes it on.
    The same `client_id` again returns the first message and changes nothing. Raises
    TicketNotFoundError, TicketClosedError, EmptyMessageError, AgentRequiredError for staff who are no
    agents, VersionConflictError and MoveNotAllowedError for `version` and `then`.
    """
    repository.find(session, viewer, ticket_id)
    ticket = _open_target(session, ticket_id)
    if repeated := _by_client_id(session, ticket.id, new.client_id):
        return repeated
    if not viewer.is_staff:
        return _customer_wrote(session, ticket, _of_customer(viewer, new), viewer, by_conversation=False)
    moves.require_agent(viewer)
    moves.check_version(ticket, new.version)
    return _agent_wrote(session, ticket, new, viewer)


def _of_customer(viewer: Viewer, new: NewReply) -> NewMessage:
    return NewMessage(
        role=MessageRole.CUSTOMER, text=new.text, author_name=viewer.name, client_id=new.client_id
    )


def add_message(
    session: WriteSession,
    ticket_id: int,
    new: NewMessage,
    *,
    visibility: Visibility = Visibility.PUBLIC,
) -> Message:
    """Add what was said in the ticket's conversation, by a customer, the bot or the house.

    The caller has made sure who speaks. Only a customer's message, which is always public, has an effect on
    the ticket. Repeatable by `client_id`. Raises TicketNotFoundError, TicketClosedError, EmptyMessageError;
    ValueError for an agent, who answers with `reply`.
    """
    if new.role is MessageRole.AGENT:
        raise ValueError("an agent answers with reply()")
    ticket = _open_target(session, ticket_id)
    if repeated := _by_client_id(session, ticket.id, new.client_id):
        return repeated
    if new.role is MessageRole.CUSTOMER:
        return _customer_wrote(session, ticket, new, None, by_conversation=True)
    message = write(session, ticket, new, None, visibility=visibility)
    _announce(session, ticket, message, by_conversation=True)
    return message


def _open_target(session: WriteSession, ticket_id: int) -> TicketTable:
    """The locked ticket that takes the message: where a merged one was merged into."""
    ticket = repository.lock(session, ticket_id)
    while ticket.merged_into_id is not None:
        ticket = repository.lock(session, ticket.merged_into_id)
    if ticket.state == State.CLOSED:
        raise TicketClosedError(ticket.id)
    return ticket


def _by_client_id(session: ReadSession, ticket_id: int, client_id: str | None) -> Message | None:
    if client_id is None:
        return None
    known = MessageTable.ticket_id == ticket_id, MessageTable.client_id == client_id
    row = session.scalar(select(MessageTable).where(*known))
    return to_message(row) if row else None


def _customer_wrote(
    session: WriteSession,
    ticket: TicketTable,
    new: NewMessage,
    viewer: Viewer | None,
    *,
    by_conversation: bool,
) -> Message:
    message = write(session, ticket, new, viewer)
    if ticket.waiting_since is None:
        ticket.waiting_since = message.created_at
    if ticket.state == State.SOLVED:
        moves.move_to(session, ticket, State.OPEN, viewer)
        assignment.release_if_absent(session, ticket)
    elif ticket.state in (State.WAITING_CUSTOMER, State.ON_HOLD):
        moves.move_to(session, ticket, State.OPEN, viewer)
    _announce(session, ticket, message, by_conversation=by_conversation)
    clocks.sync(session, ticket)
    return message


def _agent_wrote(session: WriteSession, ticket: TicketTable, new: NewReply, viewer: Viewer) -> Message:
    said = NewMessage(
        role=MessageRole.AGENT,
        text=new.text,
        author_name=viewer.name,
        client_id=new.client_id,
        citations=new.citations,
    )
    message = write(session, ticket, said, viewer, visibility=new.visibility)
    if new.visibility is Visibility.PUBLIC:
        ticket.waiting_since = None
        if ticket.assignee_id is None:
            assignment.set_assignee(session, ticket, viewer.agent_id, viewer)
        if ticket.state == State.NEW:
            moves.move_to(session, ticket, State.OPEN, viewer)
    _announce(session, ticket, message, by_conversation=False)
    mark_read(session, viewer, ticket.id, message.id)
    if new.then:
        resolving.move_by_agent(session, ticket, workflows.read_status(session, ticket, new.then), viewer)
    clocks.sync(session, ticket)
    return message


def write(
    session: WriteSession,
    ticket: TicketTable,
    new: NewMessage,
    author: Viewer | None,
    *,
    visibility: Visibility = Visibility.PUBLIC,
) -> Message:
    """Store one message and the history's note of it. Raises EmptyMessageError."""
    if not new.text.strip():
        raise EmptyMessageError
    at = history.add(session, ticket, "replied", author, role=new.role, visibility=visibility)
    row = MessageTable(
        ticket_id=ticket.id,
        role=new.role,
        visibility=visibility,
        text=new.text,
        author_id=author.person_id if author else None,
        author_name=new.author_name,
        client_id=new.client_id,
        citations=list(new.citations),
        created_at=at,
    )
    session.add(row)
    session.flush()
    return to_message(row)


def _announce(
    session: WriteSession,
    ticket: TicketTable,
    message: Message,
    *,
    by_conversation: bool,
) -> None:
    moves.tell(session, ticket, "turn", message_id=message.id, visibility=message.visibility)
    news = TicketReplied(
        ticket_id=ticket.id,
        conversation_id=ticket.conversation_id,
        message=message,
        by_conversation=by_conversation,
    )
    events.publish(session, news)


def keep_transcript(session: WriteSession, ticket: TicketTable, turns: tuple[NewMessage, ...]) -> None:
    """Store what was said before the ticket existed, without an effect on its clocks.

    It stands in the messages with its own times, and not in the history, which begins with the ticket.
    """
    session.add_all(
        MessageTable(
            ticket_id=ticket.id,
            role=turn.role,
            visibility=Visibility.PUBLIC,
            text=turn.text,
            author_id=ticket.requester_id if turn.role is MessageRole.CUSTOMER else None,
            author_name=turn.author_name,
            client_id=turn.client_id,
            citations=list(turn.citations),
            created_at=turn.created_at or ticket.created_at,
        )
        for turn in turns
        if turn.text.strip()
    )
    session.flush()


def messages(session: ReadSession, ticket_id: int, *, is_staff: bool) -> list[Message]:
    """The messages of a ticket in order; internal ones for staff only."""
    statement = select(MessageTable).where(MessageTable.ticket_id == ticket_id).order_by(MessageTable.id)
    if not is_staff:
        statement = statement.where(MessageTable.visibility == Visibility.PUBLIC)
    return [to_message(row) for row in session.scalars(statement)]


def mark_read(session: WriteSession, viewer: Viewer, ticket_id: int, message_id: int | None = None) -> None:
    """Note that the viewer has read a ticket, up to a message or all of it. Raises TicketNotFoundError."""
    if viewer.person_id is None:
        return
    repository.find(session, viewer, ticket_id)
    repository.lock(session, ticket_id)  # two tabs of one person must not both add the first mark
    given.acknowledge(session, ticket_id, viewer.agent_id)
    if message_id is None:
        newest = select(func.max(MessageTable.id)).where(MessageTable.ticket_id == ticket_id)
        message_id = session.scalar(newest) or 0
    row = session.get(ReadMarkTable, (ticket_id, viewer.person_id))
    if row is None:
        session.add(ReadMarkTable(ticket_id=ticket_id, person_id=viewer.person_id, message_id=message_id))
    else:
        row.message_id = max(row.message_id, message_id)
    session.flush()


def to_message(row: MessageTable) -> Message:
    return Message(
        id=row.id,
        ticket_id=row.ticket_id,
        role=MessageRole(row.role),
        visibility=Visibility(row.visibility),
        text=row.text,
        author_name=row.author_name,
        author_id=row.author_id,
        client_id=row.client_id,
        created_at=row.created_at,
        citations=tuple(row.citations),
    )
