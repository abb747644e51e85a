"""Companies and people as the API shows and takes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from foundation.access import TicketScope
from portal_api.routes.auth import CompanyRefOut
from portal_api.routes.words import WordsOut
from ticketing.contacts import Contact, ContactChannel
from ticketing.directory_types import Company, Department, Person
from ticketing.merging_types import Arrival, PersonMerge

Slug = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.\-]+$")]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)]
Email = Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
ExternalId = Annotated[str, Field(min_length=1, max_length=200)]


class NameIn(BaseModel):
    """A name in both languages."""

    zh: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=200)]


class ManagerOut(BaseModel):
    """A company's account manager."""

    id: int
    name: str
    email: str | None


class CompanyOut(BaseModel):
    """A customer of the vendor."""

    id: int
    slug: str
    name: WordsOut
    external_id: str | None
    tier: str | None
    tier_is_pinned: bool
    ticket_scope: TicketScope
    tags: list[str]
    account_manager: ManagerOut | None
    people: int
    contract: dict[str, Any]
    attributes: dict[str, Any]


class CompaniesOut(BaseModel):
    """Companies by slug."""

    items: list[CompanyOut]
    total: int


class CompanyIn(BaseModel):
    """A company; what is left out stays as it is."""

    name: NameIn
    external_id: ExternalId | None = None
    ticket_scope: TicketScope | None = None
    tags: Tags | None = None
    contract: Annotated[dict[str, Any], Field(max_length=50)] | None = None
    attributes: Annotated[dict[str, Any], Field(max_length=100)] | None = None


class TierIn(BaseModel):
    """The tier a company is put into by hand; null lets the rules of tiers decide."""

    tier: Annotated[str, Field(max_length=100)] | None


class DepartmentOut(BaseModel):
    """A part of a company."""

    slug: str
    name: WordsOut
    people: int


class DepartmentsOut(BaseModel):
    """A company's departments by slug."""

    items: list[DepartmentOut]
    total: int


class OwnedIn(BaseModel):
    """A piece with its serial number, or a number of pieces of a batch; the same one again is told anew."""

    product: Annotated[str, Field(min_length=1, max_length=200)]
    serial: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    batch: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    bought_on: date | None = None
    warranty_until: date | None = None


class OwnedOut(BaseModel):
    """A product a company owns."""

    id: int
    product: str
    serial: str | None
    batch: str | None
    quantity: int
    bought_on: date | None
    warranty_until: date | None


class OwnedListOut(BaseModel):
    """What a company owns, by product."""

    items: list[OwnedOut]
    total: int


class CustomerOut(BaseModel):
    """Someone who writes to us or works here; `ticket_scope` null: as the company says."""

    id: int
    email: str | None
    external_id: str | None
    name: str
    locale: str
    company: CompanyRefOut | None
    tier: str | None
    department: str | None
    title: str | None
    ticket_scope: TicketScope | None
    tags: list[str]
    is_active: bool
    merged_into: int | None


class PeopleOut(BaseModel):
    """People, the entries that were merged left out."""

    items: list[CustomerOut]
    total: int


class PersonIn(BaseModel):
    """A person, known by the external id, else by the address."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Email | None = None
    external_id: ExternalId | None = None
    locale: Annotated[str, Field(pattern=r"^(zh|en)$")] = "zh"
    company: Slug | None = None
    department: Slug | None = None
    title: Annotated[str, Field(max_length=200)] | None = None
    ticket_scope: TicketScope | None = None
    tags: Tags | None = None
    is_active: bool = True


class ContactIn(BaseModel):
    """How a person reaches us on one channel."""

    channel: ContactChannel
    value: Annotated[str, Field(min_length=1, max_length=320)]


class ContactOut(BaseModel):
    """One contact; `id` null: an address one signs in with, which is changed with the person."""

    id: int | None
    channel: ContactChannel
    value: str
    added_at: datetime


class ContactsOut(BaseModel):
    """A person's contacts."""

    items: list[ContactOut]
    total: int


class MergeIn(BaseModel):
    """Which entry becomes part of this one, and why."""

    merged_id: int
    reason: Annotated[str, Field(max_length=500)] = ""


class MergeOut(BaseModel):
    """Two entries that became one; `moved` counts what changed hands, by kind."""

    id: int
    kept_id: int
    kept_name: str
    merged_id: int
    merged_name: str
    merged_email: str | None
    reason: str
    merged_at: datetime
    merged_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    moved: dict[str, int]


class MergesOut(BaseModel):
    """Merges, newest first."""

    items: list[MergeOut]
    total: int


class ArrivalOut(BaseModel):
    """Something that came in since a merge; undoing it asks whose it is, by `key`."""

    key: str
    kind: str
    title: str
    at: datetime
    probably: Literal["kept", "merged"]


class ArrivalsOut(BaseModel):
    """All of them, oldest first."""

    items: list[ArrivalOut]
    total: int


class UndoIn(BaseModel):
    """For every arrival, by its key, whose it is."""

    decisions: Annotated[
        dict[Annotated[str, Field(max_length=300)], Literal["kept", "merged"]], Field(max_length=10_000)
    ] = {}


def company_out(one: Company) -> CompanyOut:
    """A company as the API shows it."""
    return CompanyOut(
        id=one.id,
        slug=one.slug,
        name=WordsOut(**one.name),
        external_id=one.external_id,
        tier=one.tier,
        tier_is_pinned=one.tier_is_pinned,
        ticket_scope=one.ticket_scope,
        tags=list(one.tags),
        account_manager=ManagerOut(**vars(one.account_manager)) if one.account_manager else None,
        people=one.people,
        contract=one.contract,
        attributes=one.attributes,
    )


def person_out(one: Person) -> CustomerOut:
    """A person as the API shows them."""
    return CustomerOut(
        id=one.id,
        email=one.email,
        external_id=one.external_id,
        name=one.name,
        locale=one.locale,
        company=CompanyRefOut(slug=one.company, name=WordsOut(**one.company_name))
        if one.company and one.company_name
        else None,
        tier=one.tier,
        department=one.department,
        title=one.title,
        ticket_scope=one.ticket_scope,
        tags=list(one.tags),
        is_active=one.is_active,
        merged_into=one.merged_into,
    )


def department_out(one: Department) -> DepartmentOut:
    """A department as the API shows it."""
    return DepartmentOut(slug=one.slug, name=WordsOut(**one.name), people=one.people)


def contact_out(one: Contact) -> ContactOut:
    """A contact as the API shows it."""
    return ContactOut(id=one.id, channel=one.channel, value=one.value, added_at=one.added_at)


def merge_out(one: PersonMerge) -> MergeOut:
    """A merge as the API shows it."""
    return MergeOut(**{**vars(one), "moved": dict(one.moved)})


def arrival_out(one: Arrival) -> ArrivalOut:
    """An arrival as the API shows it."""
    return ArrivalOut(key=one.key, kind=one.kind, title=one.title, at=one.at, probably=one.probably)
