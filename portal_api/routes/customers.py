"""Companies, departments, people and their contacts; merging two entries of one person, and undoing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from foundation.errors import InvalidInputError
from portal_api.dependencies import AsAgent, AsManager, InTransaction, Reading
from portal_api.routes.customer_shapes import (
    ArrivalsOut,
    CompaniesOut,
    CompanyIn,
    CompanyOut,
    ContactIn,
    ContactOut,
    ContactsOut,
    CustomerOut,
    DepartmentOut,
    DepartmentsOut,
    MergeIn,
    MergeOut,
    MergesOut,
    NameIn,
    PeopleOut,
    PersonIn,
    TierIn,
    UndoIn,
    arrival_out,
    company_out,
    contact_out,
    department_out,
    merge_out,
    person_out,
)
from ticketing import companies, contacts, directory, merging, people, tier_rules
from ticketing import service as ticketing
from ticketing.directory_types import NewCompany, NewPerson

router = APIRouter(prefix="/api/v1", tags=["directory"])

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Q = Annotated[str | None, Query(max_length=200)]
SlugInPath = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[\w.\-]+$")]


@router.get("/companies")
def list_companies(_agent: AsAgent, session: Reading, q: Q = None) -> CompaniesOut:
    """All customer companies, or those whose slug or name holds `q`."""
    items = [company_out(one) for one in companies.companies(session, q=q)]
    return CompaniesOut(items=items, total=len(items))


@router.get("/companies/{company}")
def read_company(company: SlugInPath, _agent: AsAgent, session: Reading) -> CompanyOut:
    """One company."""
    return company_out(companies.company(session, company))


@router.put("/companies/{company}")
def put_company(
    company: SlugInPath, body: CompanyIn, viewer: AsManager, session: InTransaction
) -> CompanyOut:
    """Make a company or change it; its tier is put apart."""
    new = NewCompany(
        slug=company,
        name={"zh": body.name.zh, "en": body.name.en},
        external_id=body.external_id,
        ticket_scope=body.ticket_scope,
        tags=tuple(body.tags) if body.tags is not None else None,
        contract=body.contract,
        attributes=body.attributes,
    )
    tier_rules.apply(session, companies.upsert_company(session, new, viewer), viewer)
    return company_out(companies.company(session, company))


@router.put("/companies/{company}/tier")
def put_tier(company: SlugInPath, body: TierIn, viewer: AsManager, session: InTransaction) -> CompanyOut:
    """Put a company into a tier; its unfinished tickets are promised anew."""
    known = companies.company(session, company)
    ticketing.set_company_tier(session, company, body.tier, actor=viewer)
    tier_rules.apply(session, known.id, viewer)
    return company_out(companies.company(session, company))


@router.get("/companies/{company}/departments")
def list_departments(company: SlugInPath, _agent: AsAgent, session: Reading) -> DepartmentsOut:
    """A company's departments."""
    companies.company(session, company)
    items = [department_out(one) for one in companies.departments(session, company)]
    return DepartmentsOut(items=items, total=len(items))


@router.put("/companies/{company}/departments/{department}")
def put_department(
    company: SlugInPath, department: SlugInPath, body: NameIn, viewer: AsManager, session: InTransaction
) -> DepartmentOut:
    """Make a department or name it anew."""
    companies.company(session, company)
    name = {"zh": body.zh, "en": body.en}
    return department_out(companies.upsert_department(session, company, department, name, viewer))


@router.delete("/companies/{company}/departments/{department}", status_code=204)
def remove_department(
    company: SlugInPath, department: SlugInPath, viewer: AsManager, session: InTransaction
) -> None:
    """Forget a department that nobody and no ticket is in."""
    companies.company(session, company)
    companies.remove_department(session, company, department, viewer)


@router.get("/people")
def list_people(
    _agent: AsAgent,
    session: Reading,
    company: str | None = None,
    q: Q = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> PeopleOut:
    """Customers and staff; `q` looks into names and contacts."""
    found, total = people.people(session, company=company, q=q, limit=limit, offset=offset)
    return PeopleOut(items=[person_out(one) for one in found], total=total)


@router.post("/people")
def put_person(body: PersonIn, viewer: AsManager, session: InTransaction) -> CustomerOut:
    """Make a person, or change the one known by this external id or address."""
    if body.email is None and body.external_id is None:
        raise InvalidInputError("give an e-mail address or an external id, to be found again by")
    new = NewPerson(**{**body.model_dump(), "tags": tuple(body.tags) if body.tags is not None else None})
    return person_out(people.upsert_person(session, new, viewer))


@router.get("/people/{person_id}")
def read_person(person_id: int, _agent: AsAgent, session: Reading) -> CustomerOut:
    """One person."""
    return person_out(directory.person(session, person_id))


@router.get("/people/{person_id}/contacts")
def list_contacts(person_id: int, _agent: AsAgent, session: Reading) -> ContactsOut:
    """How a person reaches us."""
    directory.person(session, person_id)
    items = [contact_out(one) for one in contacts.contacts(session, person_id)]
    return ContactsOut(items=items, total=len(items))


@router.post("/people/{person_id}/contacts")
def add_contact(person_id: int, body: ContactIn, viewer: AsAgent, session: InTransaction) -> ContactOut:
    """Give a person a contact; one that leads to somebody else is refused with that person's id."""
    return contact_out(contacts.add(session, person_id, body.channel, body.value, viewer))


@router.delete("/people/{person_id}/contacts/{contact_id}", status_code=204)
def remove_contact(person_id: int, contact_id: int, viewer: AsAgent, session: InTransaction) -> None:
    """Forget a contact."""
    contacts.remove(session, person_id, contact_id, viewer)


@router.get("/people/{person_id}/merges")
def list_merges(person_id: int, _agent: AsAgent, session: Reading) -> MergesOut:
    """The merges in which this entry had a part."""
    directory.person(session, person_id)
    items = [merge_out(one) for one in merging.merges(session, person_id)]
    return MergesOut(items=items, total=len(items))


@router.post("/people/{person_id}/merges", status_code=201)
def merge(person_id: int, body: MergeIn, viewer: AsAgent, session: InTransaction) -> MergeOut:
    """Make another entry part of this one, with everything that belongs to it; can be undone."""
    return merge_out(merging.merge(session, viewer, person_id, body.merged_id, reason=body.reason))


@router.get("/merges/{merge_id}/arrivals")
def list_arrivals(merge_id: int, _agent: AsAgent, session: Reading) -> ArrivalsOut:
    """What came in since a merge and has to be decided on before it can be undone."""
    items = [arrival_out(one) for one in merging.arrivals(session, merge_id)]
    return ArrivalsOut(items=items, total=len(items))


@router.post("/merges/{merge_id}/undo")
def undo_merge(merge_id: int, body: UndoIn, viewer: AsAgent, session: InTransaction) -> MergeOut:
    """Make two of one again; refused while an arrival is undecided."""
    return merge_out(merging.undo(session, viewer, merge_id, body.decisions))
