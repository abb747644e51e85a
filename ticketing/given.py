"""What was given to agents without anybody choosing, and whether they opened it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from foundation import clock
from foundation.db import ReadSession, WriteSession
from foundation.jobs import enqueue_after_commit
from ticketing.matching import Match
from ticketing.tables import GivenTable, TicketTable


def expect(
    session: WriteSession, ticket: TicketTable, match: Match, minutes: int | None, now: datetime
) -> None:
    """Write down that an agent was given a ticket, and look again when it should have been opened."""
    due_at = now + timedelta(minutes=minutes) if minutes is not None else None
    row = GivenTable(
        ticket_id=ticket.id, agent_id=match.hand.id, at=now, why=str(match.why), ack_due_at=due_at
    )
    session.add(row)
    session.flush()
    if due_at is not None:
        enqueue_after_commit(session, "ticketing.jobs.pass_on_unopened", delay=due_at - now, given_id=row.id)


def acknowledge(session: WriteSession, ticket_id: int, agent_id: int | None) -> None:
    """The agent has opened the ticket; whoever was not waited for changes nothing."""
    mine = (
        GivenTable.ticket_id == ticket_id,
        GivenTable.agent_id == agent_id,
        GivenTable.ack_due_at.is_not(None),
    )
    statement = update(GivenTable).where(*mine).values(acked_at=clock.now(), ack_due_at=None)
    session.execute(statement.execution_options(synchronize_session=False))


def unopened(session: ReadSession, *, limit: int) -> list[int]:
    """What was given and should have been opened by now: for the sweep, where a job was lost."""
    late = GivenTable.ack_due_at <= clock.now()
    return list(
        session.scalars(select(GivenTable.id).where(late).order_by(GivenTable.ack_due_at).limit(limit))
    )
