"""The desk in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select

from foundation import clock
from foundation.db import ReadSession
from ticketing import policies, routing
from ticketing.lifecycle import ACTIVE, UNFINISHED
from ticketing.tables import ClockTable, SurveyTable, TicketTable
from ticketing.types import ClockState, QueueLoad


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The desk in numbers, now."""

    open: int
    waiting: int
    breached: int
    solved_today: int
    csat_score: float | None  # ratings 4 and 5 / all ratings × 100
    csat_ratings: int
    surveys_asked: int


def _broken(now: datetime) -> Any:
    """Tickets that are not done and have a broken promise that is still not fulfilled."""
    overdue = and_(ClockTable.state == ClockState.RUNNING, ClockTable.due_at <= now)
    broken = and_(or_(ClockTable.state == ClockState.BREACHED, overdue), ClockTable.met_at.is_(None))
    return select(ClockTable.ticket_id).where(broken)


def queue_loads(session: ReadSession) -> list[QueueLoad]:
    """All queues by position with what lies in them."""
    is_unfinished = TicketTable.state.in_(UNFINISHED)
    waits = and_(TicketTable.state.in_(ACTIVE), TicketTable.assignee_id.is_(None))
    broken = and_(is_unfinished, TicketTable.id.in_(_broken(clock.now())))
    counted = {}
    for name, condition in (("waiting", waits), ("open", is_unfinished), ("breached", broken)):
        statement = select(TicketTable.queue_id, func.count()).where(condition)
        rows = session.execute(statement.group_by(TicketTable.queue_id)).all()
        counted[name] = Counter(dict(rows))
    return [
        QueueLoad(
            queue,
            counted["waiting"][queue.id],
            counted["open"][queue.id],
            counted["breached"][queue.id],
        )
        for queue in routing.queues(session)
    ]


def overview(session: ReadSession) -> Overview:
    """The desk now. Today begins at midnight in the zone of the desk's calendar.

    CSAT is ratings 4 and 5 / all ratings × 100, None without ratings.
    """
    loads = queue_loads(session)
    zone = ZoneInfo(policies.desk_calendar(session).time_zone)
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
    solved = select(func.count()).select_from(TicketTable).where(TicketTable.solved_at >= midnight)
    rated = select(func.count()).where(SurveyTable.rating.is_not(None))
    asked = session.scalar(select(func.count()).select_from(SurveyTable)) or 0
    ratings = session.scalar(rated) or 0
    happy = session.scalar(select(func.count()).where(SurveyTable.rating >= 4)) or 0
    return Overview(
        open=sum(load.open for load in loads),
        waiting=sum(load.waiting for load in loads),
        breached=sum(load.breached for load in loads),
        solved_today=session.scalar(solved) or 0,
        csat_score=round(happy / ratings * 100, 1) if ratings else None,
        csat_ratings=ratings,
        surveys_asked=asked,
    )
