"""The whole view of a customer: one line of time, health, orders, for a company or one person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chatbot import belongings
from chatbot.orders import orders_of
from foundation import clock, timeline
from foundation.db import ReadSession, read_session
from kb import reads
from portal_api.dependencies import AsAgent, Reading
from portal_api.routes.customers import SlugInPath
from portal_api.routes.words import WordsOut
from retrieval import impressions
from ticketing import companies, customer_health, customer_timeline, directory
from ticketing.customer_health import PERIOD, Verdict
from ticketing.customer_timeline import About

router = APIRouter(prefix="/api/v1", tags=["directory"])

EntryKind = Literal["ticket", "rating", "conversation", "suggestion", "article", "change"]
Kinds = Annotated[list[EntryKind], Query(max_length=6)]
CursorIn = Annotated[str | None, Query(max_length=400)]
PageLimit = Annotated[int, Query(ge=1, le=100)]


class TimelineEntryOut(BaseModel):
    """Something that happened with a customer."""

    at: datetime
    kind: EntryKind
    ref: str
    title: str
    person_id: int | None
    person_name: str | None
    detail: dict[str, Any]


class TimelineOut(BaseModel):
    """One page, the newest first; `next` asks for the one before."""

    items: list[TimelineEntryOut]
    next: str | None


class SatisfactionOut(BaseModel):
    """Ratings of the last 90 days and of the 90 before; `months` from the oldest."""

    average: float | None
    count: int
    average_before: float | None
    count_before: int
    months: list[float | None]
    trend: Literal["up", "down", "steady", "unknown"]


class HealthOut(BaseModel):
    """How a customer fares, and what to worry about."""

    verdict: Verdict
    reasons: list[str]
    last_heard_at: datetime | None
    contacts: int
    contacts_before: int
    open_tickets: int
    open_breaches: int
    satisfaction: SatisfactionOut
    contract_days_left: int | None


class OrdersOut(BaseModel):
    """What the vendor's own system says; `state` tells an empty list from a system that does not answer."""

    state: Literal["ok", "unavailable", "not_set_up"]
    system: WordsOut | None
    items: list[dict[str, Any]]
    total: int


def _of_people(read: Any) -> timeline.Source:
    """A source of a lower room, which knows people by their ids only."""

    def source(
        session: ReadSession, about: About, cursor: timeline.Cursor | None, limit: int
    ) -> Iterable[timeline.Entry]:
        found: Iterable[timeline.Entry] = read(session, about.people(), cursor, limit)
        return found

    return source


_SOURCES: dict[EntryKind, timeline.Source] = {
    "ticket": customer_timeline.tickets,
    "rating": customer_timeline.ratings,
    "change": customer_timeline.changes,
    "conversation": _of_people(belongings.entries),
    "suggestion": _of_people(impressions.entries),
    "article": _of_people(reads.entries),
}


def _page(
    session: ReadSession, about: About, kinds: list[EntryKind], cursor: str | None, limit: int
) -> TimelineOut:
    sources = [source for kind, source in _SOURCES.items() if not kinds or kind in kinds]
    behind = timeline.read_cursor(cursor) if cursor else None
    found, following = timeline.page(session, sources, about, behind, limit)
    names = directory.names(session, {one.person_id for one in found if one.person_id is not None})
    items = [
        TimelineEntryOut(
            at=one.at,
            kind=one.kind,  # type: ignore[arg-type]
            ref=str(one.ref),
            title=one.title,
            person_id=one.person_id,
            person_name=names.get(one.person_id or 0),
            detail=dict(one.detail),
        )
        for one in found
    ]
    return TimelineOut(items=items, next=str(following) if following else None)


@router.get("/companies/{company}/timeline")
def company_timeline(
    company: SlugInPath,
    _agent: AsAgent,
    session: Reading,
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
    cursor: CursorIn = None,
    limit: PageLimit = 30,
) -> TimelineOut:
    """What happened with a company and its people, the newest first."""
    companies.company(session, company)
    return _page(session, customer_timeline.of_company(session, company), kind, cursor, limit)


@router.get("/people/{person_id}/timeline")
def person_timeline(
    person_id: int,
    _agent: AsAgent,
    session: Reading,
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
    cursor: CursorIn = None,
    limit: PageLimit = 30,
) -> TimelineOut:
    """What happened with a person, under all entries that were merged into this one."""
    directory.person(session, person_id)
    return _page(session, customer_timeline.of_person(session, person_id), kind, cursor, limit)


def _health(session: ReadSession, about: About) -> HealthOut:
    now = clock.now()
    said = belongings.talks(session, about.people(), recent_since=now - PERIOD, before_since=now - 2 * PERIOD)
    talked = customer_health.Talked(last_at=said.last_at, recent=said.recent, before=said.before)
    return HealthOut.model_validate(customer_health.as_json(customer_health.health(session, about, talked)))


@router.get("/companies/{company}/health")
def company_health(company: SlugInPath, _agent: AsAgent, session: Reading) -> HealthOut:
    """How a company fares."""
    companies.company(session, company)
    return _health(session, customer_timeline.of_company(session, company))


@router.get("/people/{person_id}/health")
def person_health(person_id: int, _agent: AsAgent, session: Reading) -> HealthOut:
    """How a person fares."""
    directory.person(session, person_id)
    return _health(session, customer_timeline.of_person(session, person_id))


@router.get("/companies/{company}/orders")
def company_orders(company: SlugInPath, _agent: AsAgent) -> OrdersOut:
    """A company's orders, as the vendor's own system tells them now."""
    with read_session() as session:
        companies.company(session, company)
    found = orders_of(company)  # with nothing open: that system may take its time
    return OrdersOut(
        state=found.state,
        system=WordsOut(**found.system) if found.system else None,
        items=[dict(one) for one in found.orders],
        total=found.total,
    )
