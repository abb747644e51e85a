"""The desk: queues, people, companies, promises and ratings, for staff to read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from portal_api.dependencies import AsAgent, Reading
from portal_api.routes.words import WordsOut
from ticketing import service as ticketing
from ticketing.policy_types import Alerted

router = APIRouter(prefix="/api/v1", tags=["desk"])

Limit = Annotated[int, Query(ge=1, le=500)]


class RungOut(BaseModel):
    """One rung of the ladder after a broken promise."""

    after_minutes: int
    notify: list[Alerted]


class PolicyOut(BaseModel):
    """A promise and the tickets it is made for; a null condition means any."""

    slug: str
    name: WordsOut
    tier: str | None
    priority: str | None
    kind: str | None
    calendar: str
    first_response_minutes: int | None
    resolution_minutes: int | None
    next_response_minutes: int | None
    warn_percent: int
    escalations: list[RungOut]


class PoliciesOut(BaseModel):
    """All promises; the first that matches counts."""

    items: list[PolicyOut]
    total: int


class RatingOut(BaseModel):
    """A survey and what came of it."""

    id: int
    ticket_id: int
    asked_at: datetime
    agent_name: str | None
    team: str | None
    rating: int | None
    comment: str
    rated_at: datetime | None


class RatingsOut(BaseModel):
    """Surveys, newest first."""

    items: list[RatingOut]
    total: int


@router.get("/sla-policies")
def list_policies(_agent: AsAgent, session: Reading) -> PoliciesOut:
    """All promises, in the order in which they are tried."""
    items = [
        PolicyOut(
            slug=one.slug,
            name=WordsOut(**one.name),
            tier=one.tier,
            priority=one.priority,
            kind=one.kind,
            calendar=one.calendar,
            first_response_minutes=one.first_response_minutes,
            resolution_minutes=one.resolution_minutes,
            next_response_minutes=one.next_response_minutes,
            warn_percent=one.warn_percent,
            escalations=[
                RungOut(after_minutes=rung.after_minutes, notify=list(rung.notify))
                for rung in one.escalations
            ],
        )
        for one in ticketing.sla_policies(session)
    ]
    return PoliciesOut(items=items, total=len(items))


@router.get("/surveys")
def list_surveys(_agent: AsAgent, session: Reading, limit: Limit = 100) -> RatingsOut:
    """Ratings, newest first."""
    found, total = ticketing.list_surveys(session, limit=limit)
    items = [
        RatingOut(
            id=one.id,
            ticket_id=one.ticket_id,
            asked_at=one.asked_at,
            agent_name=one.agent_name,
            team=one.team,
            rating=one.rating,
            comment=one.comment,
            rated_at=one.rated_at,
        )
        for one in found
    ]
    return RatingsOut(items=items, total=total)
