"""What the desk itself keeps of people and a merge hands over: contacts, tickets, suggestions seen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from kb import reads
from retrieval import impressions
from ticketing import history, moves, repository, tiering
from ticketing.lifecycle import UNFINISHED
from ticketing.merging_types import Arrival, Moved
from ticketing.tables import CompanyTable, ContactTable, PersonTable, TicketTable


class ContactHolding:
    """Contacts beside the address of the entry, which stays the entry's."""

    kind = "contact"

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand contacts over."""
        wanted = select(ContactTable).where(ContactTable.person_id == giver)
        if refs is not None:
            wanted = wanted.where(ContactTable.id.in_([int(one) for one in refs]))
        rows = session.scalars(wanted.order_by(ContactTable.id)).all()
        for row in rows:
            row.person_id = taker
        session.flush()
        return [Moved(ref=str(row.id), detail={}) for row in rows]

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Hand them back; what was removed meanwhile stays removed."""
        self.give(session, giver, taker, [one.ref for one in moved])

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """Contacts added after that time."""
        del merged_contacts  # a new contact tells nothing of the old ones
        wanted = ContactTable.person_id == person_id, ContactTable.added_at >= at
        return [
            Arrival(
                kind=self.kind,
                ref=str(row.id),
                title=f"{row.channel} {row.value}",
                at=row.added_at,
                probably="kept",
            )
            for row in session.scalars(select(ContactTable).where(*wanted))
        ]

    @staticmethod
    def values(session: ReadSession, ids: Collection[int]) -> set[str]:
        """How these contacts read."""
        return set(session.scalars(select(ContactTable.value).where(ContactTable.id.in_(ids))))


class TicketHolding:
    """Tickets that a person asked for. One that had no company comes to the taker's, with its promise."""

    kind = "ticket"

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand tickets over."""
        wanted = select(TicketTable.id).where(TicketTable.requester_id == giver)
        if refs is not None:
            wanted = wanted.where(TicketTable.id.in_([int(one) for one in refs]))
        owner = session.get_one(PersonTable, taker)
        came_back = refs is not None
        return [
            self._give_one(session, repository.lock(session, one), owner, may_leave_company=came_back)
            for one in session.scalars(wanted.order_by(TicketTable.id)).all()
        ]

    def _give_one(
        self, session: WriteSession, ticket: TicketTable, owner: PersonTable, *, may_leave_company: bool
    ) -> Moved:
        before = {
            "company_id": ticket.company_id,
            "department": ticket.department,
            "tier_id": ticket.tier_id,
        }
        _hand(session, ticket, owner)
        if ticket.company_id != owner.company_id and (ticket.company_id is None or may_leave_company):
            company = session.get(CompanyTable, owner.company_id) if owner.company_id else None
            _belong(session, ticket, owner.company_id, owner.department, company.tier_id if company else None)
            return Moved(ref=str(ticket.id), detail=before | {"set_company_id": ticket.company_id})
        return Moved(ref=str(ticket.id), detail={})

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Hand them back with the company they had, unless somebody has given them another one since."""
        owner = session.get_one(PersonTable, taker)
        for one in moved:
            ticket = session.get(TicketTable, int(one.ref))
            if ticket is None:
                continue
            ticket = repository.lock(session, ticket.id)
            if ticket.requester_id != giver:
                continue
            _hand(session, ticket, owner)
            if one.detail and ticket.company_id == one.detail["set_company_id"]:
                _belong(
                    session,
                    ticket,
                    one.detail["company_id"],
                    one.detail["department"],
                    one.detail["tier_id"],
                )

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """Tickets opened after that time."""
        wanted = TicketTable.requester_id == person_id, TicketTable.created_at >= at
        return [
            Arrival(
                kind=self.kind,
                ref=str(row.id),
                title=f"{repository.number(row.id)} {row.subject}",
                at=row.created_at,
                probably="merged" if row.requester_email in merged_contacts else "kept",
            )
            for row in session.scalars(select(TicketTable).where(*wanted))
        ]


def _hand(session: WriteSession, ticket: TicketTable, owner: PersonTable) -> None:
    before = ticket.requester_id
    ticket.requester_id, ticket.version = owner.id, ticket.version + 1
    if ticket.state in UNFINISHED:  # those at work on it must see it; the merge itself keeps all of them
        history.add(session, ticket, "requester_changed", None, before=before, after=owner.id)
        moves.tell(session, ticket, "updated")


def _belong(
    session: WriteSession,
    ticket: TicketTable,
    company_id: int | None,
    department: str | None,
    tier_id: int | None,
) -> None:
    ticket.company_id, ticket.department = company_id, department
    session.flush()
    if ticket.tier_id != tier_id:
        tiering.retier(session, ticket, tier_id)


class ImpressionHolding:
    """Suggestions that were shown; those seen since the merge stay with the kept entry."""

    kind = "impression"

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand over what was shown."""
        return [Moved(ref=one, detail={}) for one in impressions.hand_over(session, giver, taker, refs)]

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Hand it back."""
        impressions.hand_over(session, giver, taker, [one.ref for one in moved])

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """Nothing: whose page it was cannot be told, and nobody could decide it."""
        del session, person_id, at, merged_contacts
        return []


class ReadingHolding:
    """Articles that were read; those read since the merge stay with the kept entry."""

    kind = "article"

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand over what was read."""
        ids = [int(one) for one in refs] if refs is not None else None
        return [Moved(ref=str(one), detail={}) for one in reads.hand_over(session, giver, taker, ids)]

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Hand it back."""
        reads.hand_over(session, giver, taker, [int(one.ref) for one in moved])

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """Nothing, for the reason of suggestions."""
        del session, person_id, at, merged_contacts
        return []
