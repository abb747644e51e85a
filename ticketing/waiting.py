"""How long a customer will wait for a person: said only when there is something to judge by."""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import median

from sqlalchemy import select

from foundation import clock
from foundation.db import ReadSession
from ticketing import calendar as working
from ticketing import policies, routing
from ticketing.tables import ClockTable, TicketTable
from ticketing.types import ExpectedWait, Metric

_SAMPLE = 20
_RECENT = timedelta(days=14)


def expected_wait(session: ReadSession, queue: str) -> ExpectedWait:
    """The median of the queue's last first responses, plus the time until the desk opens.

    Judges by at most the last 20 within 14 days; `minutes` is None when there are none. Raises
    UnknownSlugError.
    """
    now, queue_id = clock.now(), routing.queue(session, queue).id
    calendar = policies.desk_calendar(session)
    statement = (
        select(ClockTable.elapsed_minutes)
        .join(TicketTable, TicketTable.id == ClockTable.ticket_id)
        .where(
            TicketTable.queue_id == queue_id,
            ClockTable.metric == Metric.FIRST_RESPONSE,
            ClockTable.met_at >= now - _RECENT,
        )
        .order_by(ClockTable.met_at.desc())
        .limit(_SAMPLE)
    )
    taken = [minutes for minutes in session.scalars(statement) if minutes is not None]
    opens_at = None if working.is_working(calendar, now) else working.next_working(calendar, now)
    if not taken:
        return ExpectedWait(None, opens_at is not None, opens_at, calendar.time_zone)
    answered_at = working.add_working_minutes(calendar, opens_at or now, median(taken))
    minutes = math.ceil((answered_at - now) / timedelta(minutes=1))
    return ExpectedWait(minutes, opens_at is not None, opens_at, calendar.time_zone)


def expected_wait_minutes(session: ReadSession, queue: str) -> int | None:
    """Minutes by the wall clock until a new ticket of this queue is answered; None: we do not know."""
    return expected_wait(session, queue).minutes
