"""Routing tried out: tickets arrive, agents take them in the desk's own order, and waits are counted.

Who takes what is decided by `ticketing.matching`, as at the desk itself; only time, arrivals and the length of
the work are made up. Agents are there while their shift lasts; a ticket in hand is finished after it.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ticketing import calendar as working
from ticketing import queue_order
from ticketing.calendar import Calendar
from ticketing.matching import Hand, Match, Matcher
from ticketing.simulation_types import (
    BoundCheck,
    KeyOf,
    Scenario,
    SimOrder,
    SimResult,
    SimTicket,
    Start,
    TierWaits,
)
from ticketing.types import State

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_LONGEST = timedelta(days=400)  # after the last arrival; who is not served by then never will be


def simulate(scenario: Scenario) -> SimResult:
    """Run a scenario to its end."""
    starts = run(scenario)
    return SimResult(
        order=scenario.order,
        waits=tuple(_waits(tier, scenario.tickets, starts) for tier in scenario.tiers),
        bound=check_bound(starts),
        agents=len(scenario.agents),
        load=_load(scenario, None),
        busiest_hour_load=_load(scenario, _HOUR),
        why=dict(Counter(str(start.why) for start in starts)),
        notes=scenario.notes,
    )


def key_of(order: SimOrder) -> KeyOf:
    """What waiting tickets are sorted by; the smallest is taken first."""
    if order is SimOrder.ARRIVAL:
        return lambda ticket, _now: (ticket.at, ticket.id)
    if order is SimOrder.TIER:
        return lambda ticket, _now: (ticket.place, ticket.due_at, ticket.id)
    return lambda ticket, now: (
        *queue_order.promise_key(State.NEW, ticket.place, ticket.due_at, ticket.at, now),
        ticket.id,
    )


class _Desk:
    """The state of a run."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.key = key_of(scenario.order)
        self.waiting: list[SimTicket] = []
        self.starts: list[Start] = []
        self.hands = [agent.hand(number) for number, agent in enumerate(scenario.agents)]
        self.given: list[deque[datetime]] = [deque() for _hand in self.hands]
        self.events: list[tuple[datetime, int, Start | None]] = []  # at, tie, whose work is done then
        self.count = 0

    def plan(self, at: datetime, done: Start | None = None) -> None:
        self.count += 1
        heapq.heappush(self.events, (at, self.count, done))

    def finish(self, done: Start) -> None:
        hand = self.hands[done.number]
        hand.load -= min(done.ticket.weight, hand.capacity)

    def arrive(self, ticket: SimTicket) -> None:
        """A ticket waits; it is looked at again when more agents may take it."""
        self.waiting.append(ticket)
        for minutes in (ticket.routing.relax_after_minutes, ticket.routing.fallback_after_minutes):
            if minutes is not None:
                self.plan(ticket.at + minutes * _MINUTE)

    def take(self, now: datetime) -> None:
        """Hand out tickets as a pass of the desk does."""
        there = [hand for hand in self.hands if self._is_there(hand, now)]
        for hand in there:
            hand.is_kept, hand.recent = False, self._recent(hand, now)
        matcher, left = Matcher(there, self.scenario.desk), []
        for ticket in sorted(self.waiting, key=lambda one: self.key(one, now)):
            work = ticket.work()
            match = None if matcher.is_full else matcher.offer(work, now)
            if match is None:
                left.append(ticket)
                continue
            room = match.hand.room
            matcher.take(match, work, now)
            self._start(ticket, match, room, now)
        self.waiting = left

    def _start(self, ticket: SimTicket, match: Match, room: int, now: datetime) -> None:
        number = match.hand.id
        self.given[number].append(now)
        start = Start(ticket, self.scenario.agents[number], now, number, room, match.why)
        self.starts.append(start)
        self.plan(now + ticket.handling_minutes * _MINUTE, start)

    def _is_there(self, hand: Hand, now: datetime) -> bool:
        return working.is_working(self.scenario.agents[hand.id].shift, now)

    def _recent(self, hand: Hand, now: datetime) -> int:
        given = self.given[hand.id]
        while given and given[0] < now - self.scenario.desk.fair_window:
            given.popleft()
        return len(given)

    def next_shift(self, now: datetime) -> datetime | None:
        """When the next agent who has room and is off begins to work."""
        begins = [
            working.next_working(self.scenario.agents[hand.id].shift, now)
            for hand in self.hands
            if hand.room > 0 and not self._is_there(hand, now)
        ]
        return min(begins, default=None)


def run(scenario: Scenario) -> list[Start]:
    """When each ticket is taken and by whom, in order; tickets that nobody may take are left out."""
    if not scenario.tickets:
        return []
    desk, coming = _Desk(scenario), list(scenario.tickets)
    end = coming[-1].at + _LONGEST
    for ticket in coming:
        desk.plan(ticket.at)
    arrived = 0
    while desk.events and desk.events[0][0] <= end:
        now = desk.events[0][0]
        while desk.events and desk.events[0][0] == now:
            done = heapq.heappop(desk.events)[2]
            if done is not None:
                desk.finish(done)
        while arrived < len(coming) and coming[arrived].at <= now:
            desk.arrive(coming[arrived])
            arrived += 1
        desk.take(now)
        if desk.waiting and (begin := desk.next_shift(now)) is not None:
            desk.plan(begin)
    return desk.starts


def check_bound(starts: Sequence[Start]) -> BoundCheck:
    """Whether the guarantee of the queue's order held, whatever order was simulated."""
    lifted = overtaken = 0
    longest = 0.0
    for at, start in enumerate(starts):
        ticket = start.ticket
        longest = max(longest, (start.at - ticket.due_at) / timedelta(days=1))
        lifted_at = ticket.due_at + ticket.place * queue_order.LIFT_EVERY
        if start.at <= lifted_at:
            continue
        lifted += 1
        overtaken += _overtaken(ticket, lifted_at, starts[:at])
    return BoundCheck(lifted=lifted, overtaken=overtaken, longest_overdue_days=longest)


def _overtaken(ticket: SimTicket, lifted_at: datetime, before: Sequence[Start]) -> int:
    """How often a later promise was taken after the lift by somebody who could have taken this ticket."""
    counted = 0
    for other in reversed(before):
        if other.at < lifted_at:
            break
        counted += other.ticket.due_at > ticket.due_at and other.could_have_taken(ticket)
    return counted


def _waits(tier: str, tickets: Iterable[SimTicket], starts: Iterable[Start]) -> TierWaits:
    mine = [one for one in tickets if one.tier == tier]
    taken = [one for one in starts if one.ticket.tier == tier]
    waits = sorted((one.at - one.ticket.at) / _MINUTE for one in taken)
    promised = [one for one in mine if one.has_promise]
    kept = sum(one.ticket.has_promise and one.at < one.ticket.due_at for one in taken)
    return TierWaits(
        tier=tier,
        tickets=len(mine),
        unserved=len(mine) - len(taken),
        mean=round(sum(waits) / len(waits), 2) if waits else None,
        p50=_at_share(waits, 0.5),
        p95=_at_share(waits, 0.95),
        max=round(waits[-1], 2) if waits else None,
        kept=round(kept / len(promised), 4) if promised else None,
    )


def _at_share(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    if not ordered:
        return None
    return round(ordered[max(0, -int(-len(ordered) * share // 1) - 1)], 2)


def _load(scenario: Scenario, window: timedelta | None) -> float | None:
    """Work that arrived per work that could be done meanwhile; with a window, in its worst place.

    A window counts as fully staffed: work that comes in a break is no overload of an hour.
    """
    if not scenario.tickets:
        return None
    begin, end = scenario.tickets[0].at, scenario.tickets[-1].at
    spans = [(begin, max(end, begin + _MINUTE))]
    if window is not None:
        spans = [(one.at, one.at + window) for one in scenario.tickets if one.at + window <= end] or spans
    found = [
        one for span in spans if (one := _load_of(scenario, *span, is_staffed=window is not None)) is not None
    ]
    return round(max(found), 3) if found else None


def _load_of(scenario: Scenario, begin: datetime, end: datetime, *, is_staffed: bool) -> float | None:
    could = sum(agent.capacity * _minutes(agent.shift, begin, end, is_staffed) for agent in scenario.agents)
    came = sum(one.handling_minutes * one.weight for one in scenario.tickets if begin <= one.at < end)
    return came / could if could else None


def _minutes(shift: Calendar, begin: datetime, end: datetime, is_staffed: bool) -> float:
    return (end - begin) / _MINUTE if is_staffed else working.working_minutes_between(shift, begin, end)
