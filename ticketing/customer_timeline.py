"""What the desk knows of a company's or person's time with us: tickets, ratings, changes of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from foundation import timeline
from foundation.db import ReadSession
from ticketing import people, repository
from ticketing.slugs import id_of
from ticketing.tables import CompanyTable, DirectoryChangeTable, PersonTable, SurveyTable, TicketTable


@dataclass(frozen=True, kw_only=True)
class About:
    """Whose time it is: a company's with all its people, or one person's under all their entries."""

    company_id: int | None
    entries: tuple[int, ...] = ()  # ids, of a person

    def people(self) -> Any:
        """A select of the ids of these people."""
        if self.company_id is not None:
            return select(PersonTable.id).where(PersonTable.company_id == self.company_id)
        return select(PersonTable.id).where(PersonTable.id.in_(self.entries))

    def tickets(self) -> ColumnElement[bool]:
        """The condition that a ticket is theirs."""
        if self.company_id is not None:
            return TicketTable.company_id == self.company_id
        return TicketTable.requester_id.in_(self.entries)


def of_company(session: ReadSession, slug: str) -> About:
    """A company's time. Raises UnknownSlugError."""
    return About(company_id=id_of(session, CompanyTable, "company", slug))


def of_person(session: ReadSession, person_id: int) -> About:
    """A person's time, under all entries that were merged into this one."""
    return About(company_id=None, entries=people.entries_of(session, person_id))


def tickets(
    session: ReadSession, about: About, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """Tickets at the time they were opened."""
    behind = timeline.behind(cursor, "ticket", TicketTable.created_at, TicketTable.id)
    wanted = select(TicketTable).where(about.tickets(), behind)
    newest = wanted.order_by(TicketTable.created_at.desc(), TicketTable.id.desc()).limit(limit)
    return [
        timeline.Entry(
            at=row.created_at,
            kind="ticket",
            ref=row.id,
            title=row.subject,
            person_id=row.requester_id,
            detail=_of_ticket(row) | {"kind": row.kind, "channel": row.channel, "product": row.product},
        )
        for row in session.scalars(newest)
    ]


def _of_ticket(row: TicketTable) -> dict[str, Any]:
    return {"number": repository.number(row.id), "state": row.state, "priority": row.priority}


def ratings(
    session: ReadSession, about: About, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """Ratings at the time they were given."""
    behind = timeline.behind(cursor, "rating", SurveyTable.rated_at, SurveyTable.id)
    wanted = (
        select(SurveyTable, TicketTable)
        .join(TicketTable, TicketTable.id == SurveyTable.ticket_id)
        .where(about.tickets(), SurveyTable.rated_at.is_not(None), behind)
        .order_by(SurveyTable.rated_at.desc(), SurveyTable.id.desc())
        .limit(limit)
    )
    return [
        timeline.Entry(
            at=row.rated_at,
            kind="rating",
            ref=row.id,
            title=ticket.subject,
            person_id=ticket.requester_id,
            detail={
                "rating": row.rating,
                "comment": row.comment,
                "agent": row.agent_name,
                "ticket_id": ticket.id,
            }
            | _of_ticket(ticket),
        )
        for row, ticket in session.execute(wanted)
        if row.rated_at is not None
    ]


def changes(
    session: ReadSession, about: About, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """Changes of the directory."""
    row_ = DirectoryChangeTable
    mine: ColumnElement[bool] = row_.person_id.in_(about.people())
    if about.company_id is not None:
        mine = or_(mine, row_.company_id == about.company_id)
    behind = timeline.behind(cursor, "change", row_.at, row_.id)
    newest = select(row_).where(mine, behind).order_by(row_.at.desc(), row_.id.desc()).limit(limit)
    return [
        timeline.Entry(
            at=row.at,
            kind="change",
            ref=row.id,
            title=row.event,
            person_id=row.person_id,
            detail={"actor": row.actor, **row.detail},
        )
        for row in session.scalars(newest)
    ]
