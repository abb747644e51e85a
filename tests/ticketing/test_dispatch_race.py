"""Eight worker processes hand out thousands of tickets at once: each once, nobody overfilled, in the promised order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from foundation import clock
from foundation.access import Role
from foundation.db import WriteSession, dispose_engines, read_session, write_session
from foundation.settings import Settings
from tests.ticketing.desk import DESK, who
from ticketing import directory, queue_order, routing
from ticketing import service as ticketing
from ticketing.directory_types import NewAgent, NewPerson
from ticketing.errors import TicketTakenError, VersionConflictError
from ticketing.loading import load_desk
from ticketing.tables import AgentTable, GivenTable, HistoryTable, QueueTable, TicketTable
from ticketing.types import State

WORKERS = 8
TICKETS = int(os.environ.get("JIEDA_TEST_RACE_TICKETS", "320"))  # 5000 take minutes
AGENTS = 40


def tickets(session: WriteSession, chance: random.Random) -> None:
    """Waiting tickets of all tiers, channels and promises, written at once."""
    tiers, queue = directory.tiers(session), routing.queue(session, "rest")
    now = clock.now()
    rows = [
        {
            "subject": f"ticket {n}",
            "state": State.NEW,
            "priority": "normal",
            "kind": "general",
            "language": chance.choice(["zh", "zh", "en"]),
            "channel": chance.choice(["widget", "form"]),
            "tier_id": chance.choice([*(tier.id for tier in tiers), None]),
            "queue_id": queue.id,
            "version": 1,
            "created_at": now - timedelta(hours=chance.randrange(1, 200)),
            "updated_at": now,
            "sort_due_at": now
            + timedelta(hours=chance.randrange(-80, 16) + 0.5),  # nobody is lifted meanwhile
            "tried": [],
        }
        for n in range(TICKETS)
    ]
    session.execute(insert(TicketTable), rows)


def crew(session: WriteSession) -> None:
    """Agents with room for all tickets together, each for as many; every second one speaks Chinese only."""
    for n in range(AGENTS):
        directory.upsert_person(session, NewPerson(email=f"r{n}@desk.example", name=f"Agent {n}"))
        languages = ("zh",) if n % 2 else ("zh", "en")
        new = NewAgent(
            email=f"r{n}@desk.example", role=Role.AGENT, languages=languages, capacity=TICKETS // AGENTS
        )
        directory.upsert_agent(session, new)
    session.execute(update(AgentTable).values(presence="online"))
    session.execute(update(AgentTable).where(AgentTable.id <= 3).values(presence="offline"))
    session.execute(update(QueueTable).values(is_automatic=True, team_id=None))


@pytest.mark.slow
def test_of_eight_workers_each_ticket_is_given_once_in_order_and_nobody_is_overfilled(
    settings: Settings, tmp_path: Path
) -> None:
    with write_session() as session:
        load_desk(session, DESK)
        crew(session)
        tickets(session, random.Random(5))
    order = promised_order()
    shot = tmp_path / "go"
    command = [sys.executable, "-m", "tests.ticketing.dispatch_race"]
    arguments = [str(settings.data_dir), settings.database_url, str(shot)]
    workers = [subprocess.Popen([*command, *arguments]) for _n in range(WORKERS)]
    shot.touch()
    by_hand = claim_meanwhile(random.Random(6))
    assert [worker.wait(timeout=1500) for worker in workers] == [0] * WORKERS
    dispose_engines()
    check_each_once(by_hand)
    check_capacities(by_hand)
    check_order(order)


def claim_meanwhile(chance: random.Random) -> list[int]:
    """An agent who takes tickets by hand in the middle of it; the ids of those he or she got."""
    won = []
    with read_session() as session:
        one = who(session, "r0@desk.example")
        ids = session.scalars(select(TicketTable.id)).all()
    for ticket_id in chance.sample(ids, 12):
        try:
            with write_session() as session:
                ticketing.claim(session, one, ticket_id, version=1)
            won.append(ticket_id)
        except (TicketTakenError, VersionConflictError):
            continue
    return won


def check_each_once(by_hand: list[int]) -> None:
    with read_session() as session:
        assigned = select(HistoryTable.ticket_id).where(HistoryTable.event == "assigned")
        told = Counter(session.scalars(assigned))
        held = {row.id: row.assignee_id for row in session.scalars(select(TicketTable))}
        given_rows = session.execute(select(GivenTable.ticket_id, GivenTable.agent_id))
        handed = {row.ticket_id: row.agent_id for row in given_rows}
        count = session.scalar(select(func.count()).select_from(GivenTable))
    assert set(told.values()) == {1} and set(told) == {*handed, *by_hand}
    assert count == len(handed) and set(handed).isdisjoint(by_hand)
    assert all(held[ticket] == agent for ticket, agent in handed.items())
    # What is left waits because all who may take it are full: at most as much as was taken by hand, and what
    # only half of the agents may take.
    assert len(told) >= TICKETS - len(by_hand) - AGENTS


def check_capacities(by_hand: list[int]) -> None:
    """Whoever takes tickets by hand may take more than there is room for; the house never gives more."""
    with read_session() as session:
        held = Counter(session.scalars(select(TicketTable.assignee_id)))
        agents = {row.id: row for row in session.scalars(select(AgentTable))}
        taker = who(session, "r0@desk.example").agent_id
    for agent_id, agent in agents.items():
        assert held[agent_id] <= agent.capacity + (len(by_hand) if agent_id == taker else 0)


def promised_order() -> list[tuple[int, str]]:
    """All tickets in the order of the queue, each with its language."""
    now = clock.now()
    with read_session() as session:
        places = {tier.id: place for place, tier in enumerate(directory.tiers(session))}
        rows = session.scalars(select(TicketTable)).all()

    def key(row: TicketTable) -> Any:
        place = places.get(row.tier_id or 0, len(places) - 1)
        promise = queue_order.promise_key(State.NEW, place, row.sort_due_at, row.created_at, now)
        return (*promise, row.id)

    return [(row.id, row.language) for row in sorted(rows, key=key)]


def check_order(order: list[tuple[int, str]]) -> None:
    """Among tickets that the same agents may take, none is given before one that stands in front of it."""
    with read_session() as session:
        given = session.scalars(select(GivenTable.ticket_id).order_by(GivenTable.id)).all()
    for language in ("zh", "en"):
        wanted = [ticket for ticket, spoken in order if spoken == language]
        mine, handed = set(wanted), set(given)
        assert [one for one in given if one in mine] == [one for one in wanted if one in handed]
