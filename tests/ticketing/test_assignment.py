from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from foundation.access import Role, Viewer
from foundation.db import WriteSession, read_session, write_session
from tests.ticketing.desk import ANN, BOB, SAM, opened, who
from ticketing import directory
from ticketing import service as ticketing
from ticketing.directory_types import NewAgent, NewPerson
from ticketing.errors import AgentNotFoundError, TicketClosedError, TicketTakenError, VersionConflictError
from ticketing.tables import HistoryTable, TicketTable
from ticketing.types import NewReply, NewTicket, TicketChange

WORKERS, TICKETS = 8, 12


def more_agents(session: WriteSession) -> list[Viewer]:
    for n in range(WORKERS):
        directory.upsert_person(session, NewPerson(email=f"a{n}@desk.example", name=f"Agent {n}"))
        directory.upsert_agent(session, NewAgent(email=f"a{n}@desk.example", role=Role.AGENT))
    return [who(session, f"a{n}@desk.example") for n in range(WORKERS)]


def at_once(act: Callable[[int], None]) -> None:
    """Run `act` in as many threads, all starting together."""
    start, failed = threading.Barrier(WORKERS), []

    def run(n: int) -> None:
        start.wait()
        try:
            act(n)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_of_many_who_claim_at_once_exactly_one_gets_each_ticket(desk: None) -> None:
    with write_session() as session:
        agents = more_agents(session)
        ids = [opened(session).id for _n in range(TICKETS)]
    won: list[tuple[int, int | None]] = []
    lost: Counter[str] = Counter()

    def claim_all(n: int) -> None:
        for ticket_id in ids:
            try:
                with write_session() as session:
                    ticketing.claim(session, agents[n], ticket_id, version=1)
                won.append((ticket_id, agents[n].agent_id))
            except (TicketTakenError, VersionConflictError) as error:
                lost[error.code] += 1

    at_once(claim_all)
    assert sorted(ticket_id for ticket_id, _agent in won) == ids
    assert lost == {"ticket_taken": TICKETS * (WORKERS - 1)}
    with read_session() as session:
        stored = {row.id: row.assignee_id for row in session.scalars(select(TicketTable))}
        assert stored == dict(won)
        told = session.scalars(select(HistoryTable.ticket_id).where(HistoryTable.event == "assigned")).all()
        assert sorted(told) == ids


def test_of_many_handoffs_of_one_conversation_at_once_one_ticket_comes(desk: None) -> None:
    ids: list[int] = []

    def hand_over(_n: int) -> None:
        with write_session() as session:
            ids.append(ticketing.open_ticket(session, NewTicket(body="help", conversation_id="c_1")).id)

    at_once(hand_over)
    assert len(ids) == WORKERS and len(set(ids)) == 1
    with read_session() as session:
        assert len(session.scalars(select(TicketTable.id)).all()) == 1


def test_of_one_reply_sent_many_times_at_once_one_message_comes(desk: None) -> None:
    with write_session() as session:
        made, sam = opened(session), who(session, SAM)

    def send(n: int) -> None:
        with write_session() as session:
            ticketing.reply(session, sam, made.id, NewReply(text="hi", client_id="x"))
            ticketing.reply(session, sam, made.id, NewReply(text=f"from {n}", client_id=f"x{n}"))

    at_once(send)
    with read_session() as session:
        said = [message.text for message in ticketing.ticket(session, sam, made.id).messages]
    assert sorted(said) == sorted(["It beeps all day.", "hi", *[f"from {n}" for n in range(WORKERS)]])


def test_of_changes_that_cross_none_is_lost_unseen(desk: None) -> None:
    with write_session() as session:
        agents, made = more_agents(session), opened(session)
    outcomes: list[str] = []

    def flip(n: int) -> None:
        try:
            with write_session() as session:
                ticketing.change(
                    session, agents[n], made.id, TicketChange(state="on_hold"), version=made.version
                )
            outcomes.append("changed")
        except VersionConflictError:
            outcomes.append("refused")

    at_once(flip)
    assert Counter(outcomes) == {"changed": 1, "refused": WORKERS - 1}


def test_only_agents_are_given_tickets_and_only_open_ones(session: WriteSession) -> None:
    made, ann, bob = opened(session), who(session, ANN), who(session, BOB)
    with pytest.raises(AgentNotFoundError):
        ticketing.assign(session, ann, made.id, agent_id=999)
    ticketing.resolve(session, ann, made.id)
    ticketing.change(session, ann, made.id, TicketChange(state="closed"))
    with pytest.raises(TicketClosedError):
        ticketing.assign(session, ann, made.id, agent_id=bob.agent_id)
    with pytest.raises(TicketClosedError):
        ticketing.claim(session, bob, made.id)
