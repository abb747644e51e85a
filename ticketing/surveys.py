"""Surveys: one question after each resolution, about the agent and team who had the ticket then."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from foundation import clock, events
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from foundation.errors import ForbiddenError
from ticketing import history, moves, repository
from ticketing.errors import RatingFinalError, RatingInvalidError, SurveyNotAskedError
from ticketing.events import TicketRated
from ticketing.tables import AgentTable, PersonTable, QueueTable, SurveyTable, TeamTable, TicketTable
from ticketing.types import Survey

CHANGEABLE_FOR = timedelta(days=1)
_COMMENT_CHARS = 4000


def ask(session: WriteSession, ticket: TicketTable) -> Survey:
    """Write down the question for the resolution that has just happened, with who is rated."""
    row = SurveyTable(ticket_id=ticket.id, asked_at=clock.now(), agent_id=ticket.assignee_id)
    row.agent_name, row.team = _agent_and_team(session, ticket)
    session.add(row)
    session.flush()
    return to_survey(row)


def _agent_and_team(session: ReadSession, ticket: TicketTable) -> tuple[str | None, str | None]:
    """The assignee's name and team; without an assignee, the team of the queue."""
    statement = (
        select(PersonTable.name, TeamTable.slug)
        .join(AgentTable, AgentTable.person_id == PersonTable.id)
        .outerjoin(TeamTable, TeamTable.id == AgentTable.team_id)
        .where(AgentTable.id == ticket.assignee_id)
    )
    found = session.execute(statement).one_or_none()
    if found is not None:
        return found[0], found[1]
    team = (
        select(TeamTable.slug)
        .join(QueueTable, QueueTable.team_id == TeamTable.id)
        .where(QueueTable.id == ticket.queue_id)
    )
    return None, session.scalar(team)


def rate(session: WriteSession, viewer: Viewer, ticket_id: int, rating: int, comment: str = "") -> Survey:
    """The requester rates the last resolution.

    Raises TicketNotFoundError, ForbiddenError for anyone else who may see the ticket, and what
    `rate_ticket` raises.
    """
    ticket = repository.find(session, viewer, ticket_id)
    if viewer.person_id is None or ticket.requester_id != viewer.person_id:
        raise ForbiddenError("only the one who asked may rate")
    return rate_ticket(session, ticket_id, rating=rating, comment=comment, actor=viewer)


def rate_ticket(
    session: WriteSession, ticket_id: int, *, rating: int, comment: str = "", actor: Viewer | None = None
) -> Survey:
    """Rate the last resolution for a customer whom the caller has made sure of.

    A rating is 1 to 5, once per resolution, and can be changed for a day. Raises RatingInvalidError,
    SurveyNotAskedError, RatingFinalError, TicketNotFoundError.
    """
    if not 1 <= rating <= 5:
        raise RatingInvalidError(rating)
    ticket = repository.lock(session, ticket_id)
    row = _last(session, ticket_id)
    if row is None:
        raise SurveyNotAskedError(ticket_id)
    comment = comment.strip()[:_COMMENT_CHARS]
    if (row.rating, row.comment) == (rating, comment):
        return to_survey(row)
    if row.rated_at is not None and clock.now() - row.rated_at > CHANGEABLE_FOR:
        raise RatingFinalError(ticket_id)
    row.rating, row.comment, row.rated_at = rating, comment, row.rated_at or clock.now()
    history.add(session, ticket, "rated", actor, survey_id=row.id, rating=rating, comment=comment)
    moves.tell(session, ticket, "updated")
    news = TicketRated(
        ticket_id=ticket_id,
        conversation_id=ticket.conversation_id,
        survey_id=row.id,
        rating=rating,
        comment=comment,
    )
    events.publish(session, news)
    return to_survey(row)


def _last(session: ReadSession, ticket_id: int) -> SurveyTable | None:
    mine = SurveyTable.ticket_id == ticket_id
    return session.scalar(select(SurveyTable).where(mine).order_by(SurveyTable.id.desc()).limit(1))


def last_survey(session: ReadSession, ticket_id: int) -> Survey | None:
    """The question after the last resolution, answered or not."""
    row = _last(session, ticket_id)
    return to_survey(row) if row else None


def surveys(
    session: ReadSession, *, rated_only: bool = False, limit: int = 50, offset: int = 0
) -> tuple[list[Survey], int]:
    """One page of all surveys, newest first, and how many there are."""
    conditions = [SurveyTable.rating.is_not(None)] if rated_only else []
    total = session.scalar(select(func.count()).select_from(SurveyTable).where(*conditions)) or 0
    statement = select(SurveyTable).where(*conditions).order_by(SurveyTable.id.desc())
    return [to_survey(row) for row in session.scalars(statement.limit(limit).offset(offset))], total


def to_survey(row: SurveyTable) -> Survey:
    return Survey(
        id=row.id,
        ticket_id=row.ticket_id,
        asked_at=row.asked_at,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        team=row.team,
        rating=row.rating,
        comment=row.comment,
        rated_at=row.rated_at,
    )
