"""What the service desk does in the background; every job may run twice with the same result."""

from __future__ import annotations

from datetime import datetime

from foundation import clock
from foundation.db import ReadSession, give_way, read_session, retrying, write_session
from ticketing import (
    clocks,
    dispatch,
    dispatch_events,
    given,
    green_channel,
    moves,
    passing_on,
    repository,
    rule_events,
    rule_sweeps,
    surveys,
    webhooks,
    workflows,
)
from ticketing.errors import TicketNotFoundError
from ticketing.tables import TicketTable
from ticketing.types import State

_BATCH = 200


def sweep_clocks(ticket_id: int | None = None) -> None:
    """Note the promises that are broken by now, each once: of one ticket, or of all.

    Each clock has a job for the moment it is due. A job that comes for a clock that has moved since finds
    nothing to do; the clock has another one.
    """
    if ticket_id is not None:
        _sweep_one(ticket_id)
        return
    while True:
        with read_session() as session:
            overdue = clocks.overdue_tickets(session, clock.now(), limit=_BATCH)
        for one in overdue:
            _sweep_one(one)
        if len(overdue) < _BATCH:
            return


def _sweep_one(ticket_id: int) -> None:
    with write_session() as session:
        try:
            ticket = repository.lock(session, ticket_id)
        except TicketNotFoundError:
            return
        clocks.sync(session, ticket)


def close_solved(ticket_id: int, survey_id: int, solved_at: str = "") -> None:
    """Close a ticket whose solution nobody has come back about; one that was called off has no survey (0)."""
    with write_session() as session:
        try:
            ticket = repository.lock(session, ticket_id)
        except TicketNotFoundError:
            return
        if ticket.state != State.SOLVED or not _is_the_same_solution(session, ticket, survey_id, solved_at):
            return
        moves.move(session, ticket, workflows.read_status(session, ticket, State.CLOSED), None)
        clocks.sync(session, ticket)
        moves.tell(session, ticket, "updated")


def _is_the_same_solution(session: ReadSession, ticket: TicketTable, survey_id: int, solved_at: str) -> bool:
    if survey_id:
        last = surveys.last_survey(session, ticket.id)
        return last is not None and last.id == survey_id
    return ticket.solved_at is not None and ticket.solved_at == datetime.fromisoformat(solved_at)


def run_rules(history_id: int, chain: str) -> None:
    """Have the rules look at one entry of a ticket's history; `chain` names the rules that led to it."""
    rule_events.run(history_id, chain)


def sweep_rule(rule_id: int, slot: int) -> None:
    """One look of a rule about time."""
    rule_sweeps.sweep(rule_id, slot)


def deliver_webhook(delivery_id: int) -> None:
    """Send one message to another system."""
    webhooks.deliver(delivery_id)


def hand_out() -> None:
    """Give waiting tickets to agents who are there, until nobody can take any more."""
    while retrying(_hand_out_some):
        give_way()


def _hand_out_some() -> bool:
    """One pass; False when there was nothing to give, and then it is known when to look again."""
    with write_session() as session:
        found = dispatch.hand_out(session)
        if not found:
            dispatch_events.look_again(session)
        return bool(found)


def pass_on_unopened(given_id: int) -> None:
    """Take back a ticket that its agent did not open in time."""
    with write_session() as session:
        passing_on.pass_on(session, given_id)


def sweep_desk() -> None:
    """What would be lost with a job or a process: tickets that wait, tickets that nobody opens."""
    with write_session() as session:
        dispatch_events.keep_sweeping(session)
    with read_session() as session:
        late = given.unopened(session, limit=_BATCH)
    for given_id in late:
        pass_on_unopened(given_id)
    hand_out()


def sweep_silence() -> None:
    """Which companies that are promised special care have fallen silent; looks again in an hour."""
    with write_session() as session:
        dispatch_events.keep_looking_for_silence(session)
        green_channel.tell_of_silence(session)
