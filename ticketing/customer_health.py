"""How a company or person fares with us: heard of lately, content or not, promises broken; and what to worry about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from foundation import clock
from foundation.db import ReadSession
from ticketing import contracts
from ticketing.customer_timeline import About
from ticketing.lifecycle import UNFINISHED
from ticketing.tables import ClockTable, CompanyTable, HistoryTable, SurveyTable, TicketTable
from ticketing.types import ClockState

PERIOD = timedelta(days=30)  # of activity
CSAT_PERIOD = timedelta(days=90)
MONTHS = 6
_LEAST_RATINGS = 3  # fewer say nothing of a trend
_FALL = 0.5
_LOW = 3.0
_CONTRACT_WARNING_DAYS = 60


class Verdict(StrEnum):
    """How worried somebody should be."""

    GOOD = "good"
    WATCH = "watch"
    RISK = "risk"


@dataclass(frozen=True, kw_only=True)
class Satisfaction:
    """Ratings of the last 90 days and of the 90 before; `months` from the oldest, None where nobody rated."""

    average: float | None
    count: int
    average_before: float | None
    count_before: int
    months: tuple[float | None, ...]

    @property
    def trend(self) -> str:
        """Up, down, steady, or unknown where there are too few ratings to say."""
        if min(self.count, self.count_before) < _LEAST_RATINGS:
            return "unknown"
        gone = (self.average or 0.0) - (self.average_before or 0.0)
        return "up" if gone >= _FALL else "down" if gone <= -_FALL else "steady"


@dataclass(frozen=True, kw_only=True)
class Talked:
    """Conversations, as the room that keeps them counts them."""

    last_at: datetime | None = None
    recent: int = 0
    before: int = 0


@dataclass(frozen=True, kw_only=True)
class Health:
    """The state of a customer now; `reasons` say what the verdict rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    last_heard_at: datetime | None
    contacts: int  # tickets and conversations of the last 30 days
    contacts_before: int  # of the 30 before
    open_tickets: int
    open_breaches: int
    satisfaction: Satisfaction
    contract_days_left: int | None


def health(session: ReadSession, about: About, talked: Talked) -> Health:
    """How this company or person fares; `talked` says what was said outside of tickets."""
    now = clock.now()
    opened, opened_before = _opened(session, about, now)
    open_tickets, breaches = _open(session, about)
    satisfaction = _satisfaction(session, about, now)
    company = session.get(CompanyTable, about.company_id) if about.company_id is not None else None
    days_left = contracts.days_left(company.contract, now.date()) if company is not None else None
    last = max((one for one in (_last_word(session, about), talked.last_at) if one is not None), default=None)
    reasons = _reasons(
        {
            "open_breaches": breaches > 0,
            "csat_low": satisfaction.count >= _LEAST_RATINGS and (satisfaction.average or 5) < _LOW,
            "csat_falling": satisfaction.trend == "down",
            "contract_over": days_left is not None and days_left < 0,
            "contract_ending": days_left is not None and 0 <= days_left <= _CONTRACT_WARNING_DAYS,
            "silent": last is not None and now - last > PERIOD,
        }
    )
    return Health(
        verdict=_verdict(reasons),
        reasons=reasons,
        last_heard_at=last,
        contacts=opened + talked.recent,
        contacts_before=opened_before + talked.before,
        open_tickets=open_tickets,
        open_breaches=breaches,
        satisfaction=satisfaction,
        contract_days_left=days_left,
    )


_GRAVE = frozenset({"open_breaches", "csat_low", "contract_over"})


def _reasons(holds: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(name for name, is_so in holds.items() if is_so)


def _verdict(reasons: tuple[str, ...]) -> Verdict:
    if _GRAVE & set(reasons):
        return Verdict.RISK
    return Verdict.WATCH if reasons else Verdict.GOOD


def _opened(session: ReadSession, about: About, now: datetime) -> tuple[int, int]:
    recent = TicketTable.created_at >= now - PERIOD
    counts = select(func.count().filter(recent), func.count().filter(~recent))
    found = session.execute(counts.where(about.tickets(), TicketTable.created_at >= now - 2 * PERIOD)).one()
    return found[0], found[1]


def _open(session: ReadSession, about: About) -> tuple[int, int]:
    """Unfinished tickets, and those of them with a broken promise that is still not kept."""
    unfinished = about.tickets(), TicketTable.state.in_(UNFINISHED)
    broken = select(ClockTable.id).where(
        ClockTable.ticket_id == TicketTable.id,
        ClockTable.breached_at.is_not(None),
        ClockTable.met_at.is_(None),
        ClockTable.state != ClockState.MET,
    )
    tickets = session.scalar(select(func.count()).select_from(TicketTable).where(*unfinished)) or 0
    with_breach = select(func.count()).select_from(TicketTable).where(*unfinished, broken.exists())
    return tickets, session.scalar(with_breach) or 0


def _last_word(session: ReadSession, about: About) -> datetime | None:
    said = ("opened", "replied", "rated")
    statement = (
        select(func.max(HistoryTable.at))
        .join(TicketTable, TicketTable.id == HistoryTable.ticket_id)
        .where(about.tickets(), HistoryTable.event.in_(said))
    )
    return session.scalar(statement)


def _satisfaction(session: ReadSession, about: About, now: datetime) -> Satisfaction:
    since = now - max(2 * CSAT_PERIOD, MONTHS * PERIOD)
    statement = (
        select(SurveyTable.rated_at, SurveyTable.rating)
        .join(TicketTable, TicketTable.id == SurveyTable.ticket_id)
        .where(about.tickets(), SurveyTable.rating.is_not(None), SurveyTable.rated_at >= since)
    )
    rated: list[tuple[datetime, int]] = [(row[0], row[1]) for row in session.execute(statement)]  # type: ignore[misc]

    def average(start: datetime, end: datetime) -> tuple[float | None, int]:
        found = [rating for at, rating in rated if start < at <= end]
        return (round(sum(found) / len(found), 2) if found else None), len(found)

    lately, count = average(now - CSAT_PERIOD, now)
    before, count_before = average(now - 2 * CSAT_PERIOD, now - CSAT_PERIOD)
    months = [average(now - (one + 1) * PERIOD, now - one * PERIOD)[0] for one in reversed(range(MONTHS))]
    return Satisfaction(
        average=lately,
        count=count,
        average_before=before,
        count_before=count_before,
        months=tuple(months),
    )


def as_json(found: Health) -> dict[str, Any]:
    """The health with its trend, for the edge."""
    return {**vars(found), "satisfaction": {**vars(found.satisfaction), "trend": found.satisfaction.trend}}
