"""The service in numbers, for managers."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel

from chatbot import service as chatbot
from foundation import clock
from kb import gaps
from portal_api.dependencies import AsManager, Reading
from ticketing import service as ticketing

router = APIRouter(prefix="/api/v1", tags=["reports"])


class TicketNumbers(BaseModel):
    """The desk now."""

    open: int
    waiting: int
    breached: int
    solved_today: int


class ConversationNumbers(BaseModel):
    """The last 24 hours. `deflection_rate` is the share that was never handed over to a person."""

    today: int
    answered: int
    handed_off: int
    deflection_rate: float | None


class CsatNumbers(BaseModel):
    """Ratings 4 and 5 of all ratings, in percent; always read with how many answered."""

    score: float | None
    responses: int
    asked: int


class OverviewOut(BaseModel):
    """The service in numbers."""

    tickets: TicketNumbers
    conversations: ConversationNumbers
    csat: CsatNumbers
    gaps: int


@router.get("/reports/overview")
def overview(_manager: AsManager, session: Reading) -> OverviewOut:
    """The service in numbers, now and in the last 24 hours."""
    desk = ticketing.overview(session)
    begun, answered, handed_off = chatbot.counts_since(session, clock.now() - timedelta(hours=24))
    return OverviewOut(
        tickets=TicketNumbers(
            open=desk.open, waiting=desk.waiting, breached=desk.breached, solved_today=desk.solved_today
        ),
        conversations=ConversationNumbers(
            today=begun,
            answered=answered,
            handed_off=handed_off,
            deflection_rate=round(1 - handed_off / begun, 4) if begun else None,
        ),
        csat=CsatNumbers(score=desk.csat_score, responses=desk.csat_ratings, asked=desk.surveys_asked),
        gaps=gaps.open_count(session),
    )
