"""Many clocks at once, and workers that die in the middle: every warning and breach comes once and in time."""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from foundation import clock, jobs
from foundation.db import read_session, write_session
from foundation.tables import JobTable
from tests.ticketing.desk import SAM, VERA, opened, shanghai
from ticketing import jobs as desk_jobs
from ticketing import policies
from ticketing.policy_types import Alerted, Rung
from ticketing.tables import ClockTable, HistoryTable
from ticketing.types import ClockState

# Each with six timers: two promises that warn, break and climb one rung. 84 make five hundred, and take a while.
TICKETS = int(os.environ.get("JIEDA_TEST_TICKETS", "24"))
LATEST = timedelta(seconds=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_through_random_restarts_every_timer_fires_once_and_in_time(desk: None, seed: int) -> None:
    chance = random.Random(seed)
    with write_session() as session:
        for policy in policies.policies(session):
            policies.upsert_policy(session, replace(policy, escalations=(Rung(20, (Alerted.MANAGERS,)),)))
    for n in range(TICKETS):
        with write_session() as session:
            opened(session, VERA if n % 3 else SAM)
        clock.advance(timedelta(seconds=chance.randrange(1, 8)))
    while (at := next_moment()) is not None:
        clock.advance(max(at - clock.now(), timedelta(0)) + timedelta(seconds=chance.choice([0, 1, 4])))
        if chance.random() < 0.15:
            die(chance)
            jobs.recover_orphans()  # as every worker does when it starts
        with ThreadPoolExecutor(3) as workers:
            for done in [workers.submit(work) for _n in range(3)]:
                done.result()
    fired, late = told()
    assert set(fired.values()) == {1} and len(fired) == TICKETS * 6
    assert late <= LATEST
    with read_session() as session:
        rows = session.scalars(select(ClockTable)).all()
        assert {row.state for row in rows} == {ClockState.BREACHED} and len(rows) == TICKETS * 2


def next_moment() -> datetime | None:
    with read_session() as session:
        waiting = JobTable.state == "queued", JobTable.name == "ticketing.jobs.sweep_clocks"
        return session.scalar(select(JobTable.run_at).where(*waiting).order_by(JobTable.run_at).limit(1))


def work() -> None:
    while jobs.run_one():
        pass


def die(chance: random.Random) -> None:
    """A worker takes a job and is killed before it does anything, or after it has done all but say so."""
    row = jobs.claim()
    if row is not None and chance.random() < 0.5:
        desk_jobs.sweep_clocks(**row.arguments)


def told() -> tuple[Counter[tuple[int, str, str]], timedelta]:
    """How often each timer fired, and the most that one was late."""
    keys = {"warned": "warn_at", "breached": "due_at", "escalated": "at"}
    fired: Counter[tuple[int, str, str]] = Counter()
    late = timedelta(0)
    with read_session() as session:
        for row in session.scalars(select(HistoryTable).where(HistoryTable.event.in_(keys))):
            fired[row.ticket_id, row.event, row.detail["metric"]] += 1
            late = max(late, row.at - datetime.fromisoformat(row.detail[keys[row.event]]))
    return fired, late


def test_a_timer_whose_job_was_lost_is_found_by_the_sweep(desk: None) -> None:
    with write_session() as session:
        opened(session, VERA)
        for row in session.scalars(select(JobTable)):
            session.delete(row)
    clock.advance(shanghai("2026-09-07 10:12") - clock.now())
    desk_jobs.sweep_clocks()
    assert told()[0] == {(told_ticket(), "warned", "first_response"): 1}
    clock.advance(timedelta(minutes=4))
    for _again in range(2):
        desk_jobs.sweep_clocks()
    assert told()[0][told_ticket(), "breached", "first_response"] == 1


def told_ticket() -> int:
    with read_session() as session:
        return session.scalars(select(ClockTable.ticket_id).limit(1)).one()
