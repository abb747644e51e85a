"""A ticket that was given to an agent is opened in time, or goes on to another."""

from __future__ import annotations

from sqlalchemy import select

from foundation import clock
from foundation.db import WriteSession
from ticketing import assignment, clocks, history, notifications, presence, repository
from ticketing.errors import TicketNotFoundError
from ticketing.lifecycle import ACTIVE
from ticketing.tables import AgentTable, GivenTable, TicketTable


def pass_on(session: WriteSession, given_id: int) -> None:
    """Take back a ticket that its agent did not open in time; the agent is away until he or she says otherwise.

    One that was opened, solved or passed on by hand meanwhile stays where it is.
    """
    ticket_id = session.scalar(select(GivenTable.ticket_id).where(GivenTable.id == given_id))
    if ticket_id is None:
        return
    try:
        ticket = repository.lock(session, ticket_id)
    except TicketNotFoundError:
        return
    given = session.get_one(GivenTable, given_id, populate_existing=True)
    if given.ack_due_at is None or given.ack_due_at > clock.now():
        return
    given.ack_due_at = None
    if ticket.assignee_id != given.agent_id or ticket.state not in ACTIVE:
        return
    given.missed_at = clock.now()
    assignment.set_assignee(session, ticket, None, None)
    history.add(session, ticket, "passed_on", None, agent_id=given.agent_id)
    presence.send_away(session, given.agent_id)
    _tell(session, ticket, given.agent_id)
    clocks.sync(session, ticket)


def _tell(session: WriteSession, ticket: TicketTable, agent_id: int) -> None:
    person_id = session.scalar(select(AgentTable.person_id).where(AgentTable.id == agent_id))
    if person_id is not None:
        notifications.notify(
            session,
            person_id,
            "passed_on",
            ticket_id=ticket.id,
            number=repository.number(ticket.id),
            subject=ticket.subject,
        )
