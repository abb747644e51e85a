"""Handing out tickets: who is there gets what waits, in the order that promises demand.

**One writer.** A pass holds the lock of the desk's routing, so that passes run one after another however many
workers there are: that is what keeps the order. It also holds the locks of the agents it gives tickets to, as
every change of an assignee does, so that nobody is given more than he or she has room for while a colleague
claims. Tickets are compared and set: one that somebody holds, has taken or has changed meanwhile is left to them.

A pass is asked for by whatever lets a ticket or an agent wait for the other (`dispatch_events`); one that finds
nothing to do costs three queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from foundation import clock
from foundation.db import ReadSession, WriteSession
from ticketing import (
    assignment,
    clocks,
    desk_routing,
    directory,
    given,
    presence,
    queue_order,
    repository,
    routing,
    workload,
)
from ticketing.lifecycle import ACTIVE
from ticketing.matching import Hand, Match, Matcher, Work, wanted_skills
from ticketing.routing_types import DeskRouting
from ticketing.tables import AccountManagerTable, AgentTable, GivenTable, PersonTable, TeamTable, TicketTable
from ticketing.types import Queue

MOST_IN_A_PASS = 25  # a transaction stays short, so that people who claim do not wait
_FIRST_PAGE = 100  # of waiting tickets
_NEXT_PAGE = 10  # times as many
_HANDING_OUT = "jieda_handing_out"


def hand_out(session: WriteSession, *, most: int = MOST_IN_A_PASS) -> list[int]:
    """One pass: give waiting tickets to agents who are there; the ids of those given, in their order.

    Call it again, in a transaction of its own, until nothing comes.
    """
    automatic = {queue.id: queue for queue in routing.queues(session) if queue.routing.is_automatic}
    if not automatic:
        return []
    desk_routing.lock(session)
    desk, now = desk_routing.read(session), clock.now()
    matcher = Matcher(_hands(session, desk, now), desk)
    handed: list[int] = []
    session.info[_HANDING_OUT] = True
    for work in _waiting(session, automatic, desk, now):
        if matcher.is_full or len(handed) >= most:
            break
        match = matcher.offer(work, now)
        if match is not None and _give(session, work, match, now):
            matcher.take(match, work, now)
            handed.append(work.id)
    session.info.pop(_HANDING_OUT)
    return handed


def is_handing_out(session: WriteSession) -> bool:
    """Whether what happens in this transaction is a pass of ours, which asks for no other."""
    return bool(session.info.get(_HANDING_OUT))


def _give(session: WriteSession, work: Work, match: Match, now: datetime) -> bool:
    """Give one ticket; False if somebody has it in hand or has changed it since we read it."""
    ticket = repository.lock_if_free(session, work.id)
    if ticket is None or ticket.assignee_id is not None or ticket.state not in ACTIVE:
        return False
    assignment.set_assignee(session, ticket, match.hand.id, None, why=match.why)
    given.expect(session, ticket, match, work.routing.ack_minutes, now)
    clocks.sync(session, ticket)
    return True


# Who is there


def _hands(session: WriteSession, desk: DeskRouting, now: datetime) -> list[Hand]:
    """The agents who can take work, with what they have; their rows stay locked, in the order of their ids."""
    there = (
        select(AgentTable)
        .join(PersonTable, PersonTable.id == AgentTable.person_id)
        .where(presence.online(now, desk), AgentTable.capacity > 0, PersonTable.is_active)
        .order_by(AgentTable.id)
        # an agent who is being given a ticket by hand just now is waited for
        .with_for_update(key_share=True, of=AgentTable)
    )
    rows = list(session.scalars(there.execution_options(populate_existing=True)))
    teams = {team.id: team.slug for team in session.scalars(select(TeamTable))}
    loads = workload.loads(session, [row.id for row in rows], desk)
    lately = _given(session, rows, now - desk.fair_window)
    return [
        Hand(
            id=row.id,
            team=teams.get(row.team_id or 0),
            languages=frozenset(row.languages),
            skills=frozenset(row.skills),
            capacity=row.capacity,
            load=loads.get(row.id, 0),
            recent=lately.get(row.id, _NOTHING).recent,
            last_at=lately.get(row.id, _NOTHING).last_at,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class _Given:
    """What an agent was given lately."""

    recent: int
    last_at: datetime | None


_NOTHING = _Given(0, None)


def _given(session: ReadSession, agents: list[AgentTable], since: datetime) -> dict[int, _Given]:
    """How many tickets the agents were given since then, and when the last one."""
    mine = GivenTable.agent_id.in_([one.id for one in agents])
    is_recent = case((GivenTable.at >= since, 1), else_=0)
    day_ago = since - timedelta(days=1)  # who was given nothing for a day is first in any case
    statement = (
        select(GivenTable.agent_id, func.sum(is_recent), func.max(GivenTable.at))
        .where(mine, GivenTable.at >= day_ago)
        .group_by(GivenTable.agent_id)
    )
    return {agent: _Given(recent, last_at) for agent, recent, last_at in session.execute(statement)}


# What waits


def _waiting(
    session: ReadSession, automatic: dict[int, Queue], desk: DeskRouting, now: datetime
) -> Iterator[Work]:
    """What waits for an agent, in the order of the queue, read page by page."""
    wanted = (
        select(
            TicketTable.id,
            func.coalesce(TicketTable.waiting_since, TicketTable.created_at).label("waiting_since"),
            TicketTable.language,
            TicketTable.product,
            TicketTable.channel,
            TicketTable.company_id,
            TicketTable.queue_id,
        )
        .where(
            TicketTable.queue_id.in_(automatic),
            TicketTable.state.in_(ACTIVE),
            TicketTable.assignee_id.is_(None),
        )
        .order_by(*queue_order.promise_order(directory.tiers(session), now))
    )
    known, looking_after = known_skills(session), managers(session)
    seen: set[int] = set()
    limit = _FIRST_PAGE
    while True:
        # Mostly the first few go; only where nobody may take those is more read, and then much more at once.
        rows = session.execute(wanted.limit(limit)).all()
        for row in rows:
            if row.id not in seen:
                seen.add(row.id)
                yield _work(row, automatic[row.queue_id], desk, known, looking_after)
        if len(rows) < limit:
            return
        limit *= _NEXT_PAGE


def _work(
    row: Any, queue: Queue, desk: DeskRouting, known: frozenset[str], looking_after: dict[int, int]
) -> Work:
    return Work(
        id=row.id,
        waiting_since=row.waiting_since,
        language=row.language,
        team=queue.team,
        skills=wanted_skills(row.product, queue.routing, known),
        weight=desk.weight(row.channel),
        manager=looking_after.get(row.company_id or 0),
        routing=queue.routing,
    )


def known_skills(session: ReadSession) -> frozenset[str]:
    """Every skill that some agent of the desk lists, there or not."""
    listed = session.scalars(select(AgentTable.skills).where(AgentTable.capacity > 0))
    return frozenset(skill for skills in listed for skill in skills)


def managers(session: ReadSession) -> dict[int, int]:
    """The agent who looks after each company."""
    statement = select(AccountManagerTable.company_id, AgentTable.id).join(
        AgentTable, AgentTable.person_id == AccountManagerTable.person_id
    )
    return {row.company_id: row.id for row in session.execute(statement)}


def next_change_at(session: ReadSession) -> datetime | None:
    """When a waiting ticket will be open to more agents than now: skills relax or the fallback team helps."""
    now = clock.now()
    moments = [
        at
        for queue in routing.queues(session)
        if queue.routing.is_automatic
        for minutes in (queue.routing.relax_after_minutes, queue.routing.fallback_after_minutes)
        if minutes is not None and (at := _next_reached(session, queue, timedelta(minutes=minutes), now))
    ]
    return min(moments, default=None)


def _next_reached(session: ReadSession, queue: Queue, after: timedelta, now: datetime) -> datetime | None:
    since = func.coalesce(TicketTable.waiting_since, TicketTable.created_at)
    waits = (
        TicketTable.queue_id == queue.id,
        TicketTable.state.in_(ACTIVE),
        TicketTable.assignee_id.is_(None),
    )
    first: datetime | None = session.scalar(select(func.min(since)).where(*waits, since > now - after))
    return first + after if first is not None else None
