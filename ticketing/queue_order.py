"""The order that promises demand.

Tickets that wait for us stand before those that wait for something else. Among them the tier decides,
then the time left until the next unfulfilled promise, then age. **Nobody starves:** for each full day a
promise is overdue its ticket counts one tier higher. A ticket of the tier at place i (from 0) with the
promise d therefore counts as the first tier from d + i days on, and from then only tickets with an
earlier promise stand before it. A promise never lies before the opening of its ticket, so no ticket that
is opened after d can: the tickets before it are finitely many and become fewer.

A ticket that nothing is promised for is sorted as if it were due a week after the customer began to wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, literal

from ticketing.directory_types import Tier
from ticketing.lifecycle import ACTIVE
from ticketing.tables import TicketTable
from ticketing.types import Clock, State

LIFT_EVERY = timedelta(days=1)
WITHOUT_PROMISE = timedelta(days=7)


def next_due(clocks: Sequence[Clock]) -> datetime | None:
    """The next promise that is not fulfilled; a broken one counts until it is fulfilled late."""
    return min((clock.due_at for clock in clocks if clock.met_at is None), default=None)


def sort_due(clocks: Sequence[Clock], waiting_since: datetime) -> datetime:
    """What a ticket is sorted by within its level."""
    return next_due(clocks) or waiting_since + WITHOUT_PROMISE


def level(place: int, due_at: datetime, now: datetime) -> int:
    """The place of the tier, lifted by one for each full day overdue; 0 is served first."""
    return max(0, place - max(0, (now - due_at) // LIFT_EVERY))


def promise_key(
    state: State, place: int, due_at: datetime, created_at: datetime, now: datetime
) -> tuple[bool, int, datetime, datetime]:
    """Sorts as `promise_order` does; ties go to the lower id."""
    return (state not in ACTIVE, level(place, due_at, now), due_at, created_at)


def promise_order(tiers: Sequence[Tier], now: datetime) -> list[Any]:
    """The same order as SQL; `tiers` in the order of their ranks."""
    last = max(0, len(tiers) - 1)
    places = {tier.id: place for place, tier in enumerate(tiers)}
    place: ColumnElement[int] = case(places, value=TicketTable.tier_id, else_=last) if places else literal(0)
    for step in range(1, last + 1):
        is_overdue = TicketTable.sort_due_at <= now - step * LIFT_EVERY
        place = place - case((is_overdue, 1), else_=0)
    is_parked = case((TicketTable.state.in_(ACTIVE), 0), else_=1)
    lifted = case((place < 0, 0), else_=place)
    return [is_parked, lifted, TicketTable.sort_due_at, TicketTable.created_at, TicketTable.id]
