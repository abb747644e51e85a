"""Companies and their departments: what the vendor knows of the customers it serves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select

from foundation import clock
from foundation.access import TicketScope, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import contracts, directory_changes
from ticketing.directory_types import Company, Department, NewCompany, PersonRef, Words
from ticketing.errors import UnknownSlugError
from ticketing.errors_directory import CompanyNotFoundError, DepartmentInUseError, ExternalIdTakenError
from ticketing.slugs import id_of
from ticketing.tables import (
    AccountManagerTable,
    CompanyTable,
    DepartmentTable,
    PersonTable,
    TicketTable,
    TierTable,
)

_AUDITED = ("name", "external_id", "ticket_scope", "tags", "contract", "attributes")


def companies(
    session: ReadSession, *conditions: Any, q: str | None = None, limit: int | None = None, offset: int = 0
) -> list[Company]:
    """Companies by slug, with the number of their active people; `q` looks into names, slugs and tags."""
    counts = (
        select(PersonTable.company_id, func.count().label("people"))
        .where(PersonTable.is_active)
        .group_by(PersonTable.company_id)
        .subquery()
    )
    statement = (
        select(CompanyTable, TierTable.slug, PersonTable, counts.c.people)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .outerjoin(AccountManagerTable, AccountManagerTable.company_id == CompanyTable.id)
        .outerjoin(PersonTable, PersonTable.id == AccountManagerTable.person_id)
        .outerjoin(counts, counts.c.company_id == CompanyTable.id)
        .where(*conditions, *_matching(q))
        .order_by(CompanyTable.slug)
        .limit(limit)
        .offset(offset)
    )
    return [_to_company(*found) for found in session.execute(statement)]


def _matching(q: str | None) -> list[Any]:
    if not q:
        return []
    names = (CompanyTable.name["zh"].as_string(), CompanyTable.name["en"].as_string())
    return [or_(*(one.icontains(q, autoescape=True) for one in (CompanyTable.slug, *names)))]


def _to_company(
    row: CompanyTable, tier: str | None, manager: PersonTable | None, people: int | None
) -> Company:
    return Company(
        id=row.id,
        slug=row.slug,
        name=row.name,
        external_id=row.external_id,
        tier=tier,
        tier_is_pinned=row.tier_is_pinned,
        ticket_scope=TicketScope(row.ticket_scope),
        tags=tuple(row.tags),
        account_manager=PersonRef(manager.id, manager.name, manager.email) if manager else None,
        people=people or 0,
        contract=row.contract,
        attributes=row.attributes,
    )


def company(session: ReadSession, slug: str) -> Company:
    """One company. Raises CompanyNotFoundError."""
    found = companies(session, CompanyTable.slug == slug)
    if not found:
        raise CompanyNotFoundError(slug)
    return found[0]


def by_external_id(session: ReadSession, external_id: str) -> Company | None:
    """The company that another system calls so."""
    return next(iter(companies(session, CompanyTable.external_id == external_id)), None)


def upsert_company(session: WriteSession, new: NewCompany, actor: Viewer | None = None) -> int:
    """Make or update a company; returns its id. What is None in `new` is left as it is.

    The tier of a company that exists is left as it is, because its open tickets must be promised anew:
    see `ticketing.service.set_company_tier`. Raises UnknownSlugError, BadContractError, ExternalIdTakenError.
    """
    row = session.scalar(select(CompanyTable).where(CompanyTable.slug == new.slug))
    before = {name: getattr(row, name) for name in _AUDITED} if row is not None else None
    contract = contracts.read(new.contract) if new.contract is not None else None
    if row is None:
        row = CompanyTable(slug=new.slug, tier_id=id_of(session, TierTable, "tier", new.tier))
        row.tier_is_pinned = new.tier is not None
        row.contract, row.attributes, row.tags = {}, {}, []
        row.ticket_scope = TicketScope.COMPANY
        session.add(row)
    row.name = dict(new.name)
    row.contract = contract if contract is not None else row.contract
    row.attributes = dict(new.attributes) if new.attributes is not None else row.attributes
    row.tags = sorted(set(new.tags)) if new.tags is not None else row.tags
    row.ticket_scope = new.ticket_scope or row.ticket_scope
    if new.external_id is not None:
        _claim_external_id(session, row, new.external_id)
    directory_changes.note_fields(session, row, before, actor)
    return row.id


def _claim_external_id(session: WriteSession, row: CompanyTable, external_id: str) -> None:
    taken = CompanyTable.external_id == external_id, CompanyTable.slug != row.slug
    with session.no_autoflush:
        if session.scalar(select(CompanyTable.id).where(*taken)) is not None:
            raise ExternalIdTakenError("company", external_id)
    row.external_id = external_id


# Departments


def departments(session: ReadSession, company_slug: str) -> list[Department]:
    """The departments of a company by slug, each with its active people."""
    people = (
        select(PersonTable.company_id, PersonTable.department, func.count().label("people"))
        .where(PersonTable.is_active)
        .group_by(PersonTable.company_id, PersonTable.department)
        .subquery()
    )
    statement = (
        select(DepartmentTable, people.c.people)
        .join(CompanyTable, CompanyTable.id == DepartmentTable.company_id)
        .outerjoin(
            people,
            (people.c.company_id == DepartmentTable.company_id)
            & (people.c.department == DepartmentTable.slug),
        )
        .where(CompanyTable.slug == company_slug)
        .order_by(DepartmentTable.slug)
    )
    return [
        Department(id=row.id, slug=row.slug, name=row.name, people=count or 0)
        for row, count in session.execute(statement)
    ]


def upsert_department(
    session: WriteSession, company_slug: str, slug: str, name: Words, actor: Viewer | None = None
) -> Department:
    """Make a department or name it anew. Raises UnknownSlugError."""
    company_id = id_of(session, CompanyTable, "company", company_slug)
    row = _department(session, company_id, slug)
    if row is None or row.name != dict(name):
        row = row or DepartmentTable(company_id=company_id, slug=slug)
        row.name = dict(name)
        session.add(row)
        directory_changes.note(
            session, "department", actor, company_id=company_id, slug=slug, name=dict(name)
        )
        session.flush()
    return next(one for one in departments(session, company_slug) if one.slug == slug)


def ensure_department(session: WriteSession, company_id: int | None, slug: str | None) -> None:
    """A department that a person is said to be in exists from then on, named as it was said."""
    if company_id is None or slug is None or _department(session, company_id, slug) is not None:
        return
    session.add(DepartmentTable(company_id=company_id, slug=slug, name={"zh": slug, "en": slug}))
    session.flush()


def _department(session: ReadSession, company_id: int | None, slug: str) -> DepartmentTable | None:
    mine = DepartmentTable.company_id == company_id, DepartmentTable.slug == slug
    return session.scalar(select(DepartmentTable).where(*mine))


def remove_department(
    session: WriteSession, company_slug: str, slug: str, actor: Viewer | None = None
) -> None:
    """Forget a department that nobody and no ticket is in.

    Raises UnknownSlugError, DepartmentInUseError.
    """
    company_id = id_of(session, CompanyTable, "company", company_slug)
    row = _department(session, company_id, slug)
    if row is None:
        raise UnknownSlugError("department", slug)
    used = [
        session.scalar(
            select(table.id).where(table.company_id == company_id, table.department == slug).limit(1)
        )
        for table in (PersonTable, TicketTable)
    ]
    if any(one is not None for one in used):
        raise DepartmentInUseError(slug)
    directory_changes.note(session, "department_removed", actor, company_id=company_id, slug=slug)
    session.delete(row)
    session.flush()


def touch_synced(session: WriteSession, company_id: int, at: Any) -> None:
    """Remember which state of another system this is."""
    session.get_one(CompanyTable, company_id).synced_at = at or clock.now()
