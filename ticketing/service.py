"""Front door of the service desk: tickets. Companies, people and agents are behind ticketing.directory."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from foundation.access import ANONYMOUS, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import (
    assignment,
    clocks,
    directory,
    history,
    lifecycle,
    links,
    messages,
    notifications,
    opening,
    policies,
    reports,
    repository,
    resolving,
    routing,
    steps,
    surveys,
    tiering,
    waiting,
)
from ticketing.errors import TicketNotFoundError
from ticketing.tables import TicketTable
from ticketing.types import (
    FilledForm,
    Handoff,
    NewTicket,
    Order,
    State,
    Status,
    Ticket,
    TicketChange,
    TicketFilter,
    TicketSummary,
    Tried,
)
from ticketing.workflow_types import TicketWay

viewer_by_email = directory.viewer_by_email
viewer_by_person = directory.viewer_by_person
reply = messages.reply
add_message = messages.add_message
mark_read = messages.mark_read
rate = surveys.rate
rate_ticket = surveys.rate_ticket
list_surveys = surveys.surveys
give_token = opening.give_token
note_email = opening.note_email
queues = routing.queues
queue_loads = reports.queue_loads
overview = reports.overview
sla_policies = policies.policies
statuses = lifecycle.statuses
expected_wait = waiting.expected_wait
expected_wait_minutes = waiting.expected_wait_minutes
list_notifications = notifications.notifications
mark_notifications_read = notifications.mark_notifications_read
set_company_tier = tiering.set_company_tier
recompute_clocks = clocks.recompute

__all__ = [
    "add_message",
    "assign",
    "change",
    "claim",
    "expected_wait",
    "expected_wait_minutes",
    "give_back",
    "give_token",
    "hold",
    "list_notifications",
    "list_surveys",
    "mark_notifications_read",
    "mark_read",
    "merge",
    "note_email",
    "open_ticket",
    "overview",
    "queue_loads",
    "queues",
    "rate",
    "rate_ticket",
    "recompute_clocks",
    "reply",
    "resolve",
    "set_company_tier",
    "sla_policies",
    "statuses",
    "ticket",
    "ticket_by_token",
    "ticket_of_conversation",
    "tickets",
    "tickets_by_id",
    "viewer_by_email",
    "viewer_by_person",
]


def open_ticket(session: WriteSession, new: NewTicket) -> Ticket:
    """Open a ticket: routed, promised, told; with the customer's view of it.

    Asked again for the same conversation or idempotency key, returns the first ticket and changes
    nothing. Raises PersonNotFoundError, RepeatedKeyError.
    """
    return _for_customer(session, opening.open_once(session, new))


def tickets(
    session: ReadSession,
    viewer: Viewer,
    wanted: TicketFilter | None = None,
    *,
    order: Order = Order.PROMISE,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[TicketSummary], int]:
    """One page of the tickets this viewer may see, and how many match in all.

    Staff see all; customers their own and their company's; nobody else any.
    """
    rows, total = repository.list_rows(
        session, viewer, wanted or TicketFilter(), order=order, limit=limit, offset=offset
    )
    return repository.summaries(session, viewer, rows), total


def tickets_by_id(session: ReadSession, viewer: Viewer, ids: Collection[int]) -> list[TicketSummary]:
    """Those of these tickets that this viewer may see."""
    bound = repository.visible_to(viewer)
    statement = select(TicketTable).where(TicketTable.id.in_(ids))
    rows = session.scalars(statement if bound is None else statement.where(bound)).all()
    return repository.summaries(session, viewer, rows)


def ticket(session: ReadSession, viewer: Viewer, ticket_id: int) -> Ticket:
    """A whole ticket, as far as this viewer may see it.

    Raises TicketNotFoundError for what does not exist and for what the viewer may not see.
    """
    return _whole(session, viewer, repository.find(session, viewer, ticket_id))


def ticket_of_conversation(session: ReadSession, conversation_id: str) -> Ticket | None:
    """The ticket a conversation became, as its customer sees it; the caller has made sure who asks."""
    mine = TicketTable.conversation_id == conversation_id
    ticket_id = session.scalar(select(TicketTable.id).where(mine))
    return _for_customer(session, ticket_id) if ticket_id is not None else None


def ticket_by_token(session: ReadSession, token: str) -> Ticket:
    """The ticket that a secret of `give_token` follows, as its customer sees it.

    Raises TicketNotFoundError.
    """
    ticket_id = opening.id_by_token(session, token)
    if ticket_id is None:
        raise TicketNotFoundError(0)
    return _for_customer(session, ticket_id)


def _for_customer(session: ReadSession, ticket_id: int) -> Ticket:
    row = session.get(TicketTable, ticket_id)
    if row is None:
        raise TicketNotFoundError(ticket_id)
    return _whole(session, ANONYMOUS, row)


def _whole(session: ReadSession, viewer: Viewer, row: TicketTable) -> Ticket:
    entries, known = history.entries(session, row.id), lifecycle.statuses(session)
    staff, way = viewer.is_staff, steps.way_of(session, viewer, row, entries)
    return Ticket(
        **repository.fields_of(session, viewer, row),
        messages=tuple(messages.messages(session, row.id, is_staff=staff)),
        form=FilledForm(row.form_slug, row.form_values or {}, row.form_version) if row.form_slug else None,
        tried=tuple(Tried(one["article_id"], one["title"]) for one in row.tried),
        handoff=Handoff(**row.handoff) if row.handoff else None,
        history=tuple(entries if staff else history.for_customers(entries)),
        allowed_states=_allowed(row, known, way) if staff else (),
        survey=surveys.last_survey(session, row.id),
        merged_into=row.merged_into_id,
        way=way,
        links=tuple(links.links(session, viewer, row.id)),
    )


def _allowed(row: TicketTable, known: list[Status], way: TicketWay | None) -> tuple[Status, ...]:
    """What an agent may choose without filling anything in."""
    if way is None:
        return lifecycle.moves_of(known, State(row.state))
    return tuple(one.target.status for one in way.moves if not one.missing)


def claim(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None = None) -> Ticket:
    """Take a ticket that nobody has; of several at once exactly one wins.

    Raises AgentRequiredError, TicketNotFoundError, TicketTakenError, VersionConflictError,
    TicketClosedError.
    """
    assignment.claim(session, viewer, ticket_id, version=version)
    return ticket(session, viewer, ticket_id)


def assign(
    session: WriteSession,
    viewer: Viewer,
    ticket_id: int,
    *,
    agent_id: int | None,
    version: int | None = None,
) -> Ticket:
    """Give a ticket to an agent, or with None back to its queue, whoever has it now.

    Raises AgentRequiredError, TicketNotFoundError, AgentNotFoundError, VersionConflictError,
    TicketClosedError.
    """
    assignment.assign(session, viewer, ticket_id, agent_id=agent_id, version=version)
    return ticket(session, viewer, ticket_id)


def change(
    session: WriteSession,
    viewer: Viewer,
    ticket_id: int,
    wanted: TicketChange,
    *,
    version: int | None = None,
) -> Ticket:
    """Change state, priority and queue in one step; a new priority is promised anew from the start.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError,
    UnknownSlugError.
    """
    resolving.change(session, viewer, ticket_id, wanted, version=version)
    return ticket(session, viewer, ticket_id)


def resolve(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None = None) -> Ticket:
    """Solve a ticket and ask its customer for a rating; solving a solved one changes nothing.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError.
    """
    resolving.resolve(session, viewer, ticket_id, version=version)
    return ticket(session, viewer, ticket_id)


def give_back(session: WriteSession, viewer: Viewer, ticket_id: int, *, version: int | None = None) -> Ticket:
    """Solve a ticket by giving its conversation back to the bot; giving back a solved one changes nothing.

    Raises AgentRequiredError, TicketNotFoundError, NoConversationError, VersionConflictError, MoveNotAllowedError.
    """
    resolving.give_back(session, viewer, ticket_id, version=version)
    return ticket(session, viewer, ticket_id)


def hold(session: WriteSession, ticket_id: int) -> None:
    """Lock a ticket until the transaction ends, for who changes it and something that hangs on it.

    Raises TicketNotFoundError.
    """
    repository.lock(session, ticket_id)


def merge(
    session: WriteSession, viewer: Viewer, ticket_id: int, into_id: int, *, version: int | None = None
) -> Ticket:
    """Make a ticket part of another, which takes its later messages; returns the other.

    Raises AgentRequiredError, TicketNotFoundError, VersionConflictError, MoveNotAllowedError,
    MergeRefusedError.
    """
    resolving.merge(session, viewer, ticket_id, into_id, version=version)
    return ticket(session, viewer, into_id)
