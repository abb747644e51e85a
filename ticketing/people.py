"""People: who they are, how they are found, and the viewer each of them is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, or_, select

from foundation import clock
from foundation.access import Role, TicketScope, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import companies, directory_changes
from ticketing.directory_types import NewPerson, Person
from ticketing.errors import PersonNotFoundError
from ticketing.errors_directory import ContactTakenError, ExternalIdTakenError
from ticketing.slugs import id_of
from ticketing.tables import AgentTable, CompanyTable, ContactTable, PersonTable, TierTable

_AUDITED = (
    "name",
    "email",
    "external_id",
    "locale",
    "company_id",
    "department",
    "title",
    "ticket_scope",
    "tags",
    "is_active",
)


def normal_email(email: str) -> str:
    """An address as it is stored and compared."""
    return email.strip().lower()


def current_id(session: ReadSession, person_id: int) -> int:
    """The entry that this one has become part of by merging; itself where it was not merged."""
    while True:
        into = session.scalar(select(PersonTable.merged_into_id).where(PersonTable.id == person_id))
        if into is None:
            return person_id
        person_id = into


def entries_of(session: ReadSession, person_id: int) -> tuple[int, ...]:
    """The ids under which a person is or was known: its own and all that were merged into it."""
    found, wave = [person_id], [person_id]
    while wave:
        merged = select(PersonTable.id).where(PersonTable.merged_into_id.in_(wave))
        wave = list(session.scalars(merged.order_by(PersonTable.id)))
        found += wave
    return tuple(found)


# Viewers


def viewer_by_email(session: ReadSession, email: str) -> Viewer:
    """The viewer an active person is; the address of a merged entry leads to whom it was merged into.

    Raises PersonNotFoundError.
    """
    known = session.scalar(select(PersonTable.id).where(PersonTable.email == normal_email(email)))
    if known is None:
        raise PersonNotFoundError(email)
    return _viewer(session, PersonTable.id == current_id(session, known), email)


def viewer_by_person(session: ReadSession, person_id: int) -> Viewer:
    """The viewer an active person is; an entry that was merged away is nobody. Raises PersonNotFoundError."""
    return _viewer(session, PersonTable.id == person_id, person_id)


def _viewer(session: ReadSession, condition: Any, who: str | int) -> Viewer:
    statement = (
        select(PersonTable, CompanyTable, TierTable.slug, AgentTable)
        .outerjoin(CompanyTable, CompanyTable.id == PersonTable.company_id)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .outerjoin(AgentTable, AgentTable.person_id == PersonTable.id)
        .where(condition, PersonTable.is_active)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise PersonNotFoundError(who)
    person, company, tier, agent = found
    scope = person.ticket_scope or (company.ticket_scope if company else None)
    return Viewer(
        person_id=person.id,
        email=person.email,
        name=person.name,
        company=company.slug if company else None,
        department=person.department,
        tier=tier,
        ticket_scope=TicketScope(scope) if scope else TicketScope.COMPANY,
        role=Role(agent.role) if agent else None,
        agent_id=agent.id if agent else None,
        locale=person.locale,
    )


# Reading


def _people(*conditions: Any) -> Select[Any, Any, Any, Any]:
    return (
        select(PersonTable, CompanyTable.slug, CompanyTable.name, TierTable.slug)
        .outerjoin(CompanyTable, CompanyTable.id == PersonTable.company_id)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .where(*conditions)
        .order_by(PersonTable.id)
    )


def _to_people(session: ReadSession, statement: Select[Any, Any, Any, Any]) -> list[Person]:
    return [
        Person(
            id=row.id,
            email=row.email,
            external_id=row.external_id,
            name=row.name,
            locale=row.locale,
            company=company,
            company_name=company_name,
            tier=tier,
            department=row.department,
            title=row.title,
            ticket_scope=TicketScope(row.ticket_scope) if row.ticket_scope else None,
            tags=tuple(row.tags),
            is_active=row.is_active,
            merged_into=row.merged_into_id,
        )
        for row, company, company_name, tier in session.execute(statement)
    ]


def people(
    session: ReadSession,
    *,
    company: str | None = None,
    q: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Person], int]:
    """One page of the people of a company, or of all, and how many there are; merged entries are left out.

    `q` looks into names, addresses and every other contact.
    """
    conditions: list[Any] = [PersonTable.merged_into_id.is_(None)]
    if company:
        conditions.append(CompanyTable.slug == company)
    if q:
        by_contact = select(ContactTable.person_id).where(ContactTable.value.icontains(q, autoescape=True))
        merged = select(PersonTable.merged_into_id).where(
            PersonTable.email.icontains(q, autoescape=True), PersonTable.merged_into_id.is_not(None)
        )
        conditions.append(
            or_(
                PersonTable.name.icontains(q, autoescape=True),
                PersonTable.email.icontains(q, autoescape=True),
                PersonTable.id.in_(by_contact),
                PersonTable.id.in_(merged),
            )
        )
    statement = _people(*conditions)
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    return _to_people(session, statement.limit(limit).offset(offset)), total


def person(session: ReadSession, person_id: int) -> Person:
    """One person, active or not. Raises PersonNotFoundError."""
    found = _to_people(session, _people(PersonTable.id == person_id))
    if not found:
        raise PersonNotFoundError(person_id)
    return found[0]


def names(session: ReadSession, ids: Collection[int]) -> dict[int, str]:
    """Names by id, for lists that mention people."""
    statement = select(PersonTable.id, PersonTable.name).where(PersonTable.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(statement)}


def person_by_email(session: ReadSession, email: str) -> Person:
    """One person, active or not. Raises PersonNotFoundError."""
    found = _to_people(session, _people(PersonTable.email == normal_email(email)))
    if not found:
        raise PersonNotFoundError(email)
    return found[0]


def by_external_id(session: ReadSession, external_id: str) -> Person | None:
    """The entry that another system calls so, merged or not."""
    return next(iter(_to_people(session, _people(PersonTable.external_id == external_id))), None)


# Writing


def upsert_person(session: WriteSession, new: NewPerson, actor: Viewer | None = None) -> Person:
    """Make or update a person, known by the external id, else by the e-mail address.

    What is None in `new` of the newer fields (tags, scope, ids) is left as it is. An entry that was merged
    into another keeps what it is told, and stays merged. Raises UnknownSlugError, ContactTakenError,
    ExternalIdTakenError.
    """
    company_id = id_of(session, CompanyTable, "company", new.company)
    email = normal_email(new.email) if new.email else None
    row = _known(session, new, email)
    before = {name: getattr(row, name) for name in _AUDITED} if row is not None else None
    companies.ensure_department(session, company_id, new.department)
    if row is None:
        _refuse_taken(session, email, None)
        row = PersonTable(email=email, created_at=clock.now(), tags=[])
        session.add(row)
    elif email is not None and row.email != email:
        _refuse_taken(session, email, row.id)
        row.email = email
    row.name, row.locale = new.name, new.locale
    row.is_active = new.is_active and row.merged_into_id is None
    row.company_id, row.department, row.title = company_id, new.department, new.title
    row.ticket_scope = new.ticket_scope or row.ticket_scope
    row.tags = sorted(set(new.tags)) if new.tags is not None else row.tags
    row.external_id = new.external_id or row.external_id
    directory_changes.note_fields(session, row, before, actor)
    return person(session, row.id)


def _known(session: WriteSession, new: NewPerson, email: str | None) -> PersonTable | None:
    by_email = session.scalar(select(PersonTable).where(PersonTable.email == email)) if email else None
    if new.external_id is None:
        return by_email
    row = session.scalar(select(PersonTable).where(PersonTable.external_id == new.external_id))
    if row is not None:
        return row
    if by_email is not None and by_email.external_id not in (None, new.external_id):
        raise ExternalIdTakenError("person", str(by_email.external_id))
    return by_email


def _refuse_taken(session: ReadSession, email: str | None, own_id: int | None) -> None:
    """An address leads to one person, as what one signs in with or as a contact."""
    if email is None:
        return
    as_email = select(PersonTable.id).where(PersonTable.email == email)
    as_contact = select(ContactTable.person_id).where(
        ContactTable.channel == "mail", ContactTable.value == email
    )
    for owner in (session.scalar(as_email), session.scalar(as_contact)):
        if owner is not None and owner != own_id:
            raise ContactTakenError("mail", email, owner)
