"""What rules know of a ticket, its person, company and product: now, or as it stood at an earlier moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from foundation import clock
from foundation.db import ReadSession
from ticketing import contracts, owned_products, routing
from ticketing.rule_types import Occurrence
from ticketing.tables import (
    AccountManagerTable,
    AgentTable,
    CompanyTable,
    HistoryTable,
    PersonTable,
    StatusTable,
    TicketTable,
    TierTable,
)
from ticketing.types import State

_HOUR = timedelta(hours=1)
_SERIAL_FIELDS = ("serial", "serial_no", "serial_number", "sn")
_BATCH_FIELDS = ("batch", "batch_no", "lot", "serial_batch")


@dataclass(frozen=True)
class _Stand:
    """The parts of a ticket that its history keeps."""

    state: str
    status: str | None
    priority: str
    queue: str | None
    tier: str | None
    agent_id: int | None
    waiting_since: datetime | None


def facts_of(
    session: ReadSession, occurrence: Occurrence, *, as_of: datetime | None = None
) -> dict[str, Any]:
    """Every field of the catalogue that is known for an occurrence; `as_of` looks back into the history."""
    facts: dict[str, Any] = dict(occurrence.facts)
    if occurrence.ticket_id is not None:
        row = session.get(TicketTable, occurrence.ticket_id)
        if row is not None:
            entries = _entries(session, row.id, occurrence, as_of)
            facts |= _ticket_facts(session, row, entries, as_of)
    elif occurrence.company is not None:
        company = session.scalar(select(CompanyTable).where(CompanyTable.slug == occurrence.company))
        facts |= company_facts(session, company, None)
    elif occurrence.batch is not None:
        facts |= _batch_facts(session, occurrence)
    return facts


def batch_of(values: Mapping[str, Any] | None) -> str | None:
    """The batch that a filled form names."""
    for name in _BATCH_FIELDS:
        if (values or {}).get(name) not in (None, ""):
            return str((values or {})[name]).strip()[:100]
    return None


def _entries(
    session: ReadSession, ticket_id: int, occurrence: Occurrence, as_of: datetime | None
) -> Sequence[HistoryTable]:
    """The history of a ticket: all of it, or up to the moment, and no further than the entry looked at."""
    statement = select(HistoryTable).where(HistoryTable.ticket_id == ticket_id)
    if as_of is not None:
        statement = statement.where(HistoryTable.at <= as_of)
        kind, _, entry_id = occurrence.key.partition(":")
        if kind == "history":
            statement = statement.where(HistoryTable.id <= int(entry_id))
    return session.scalars(statement.order_by(HistoryTable.id)).all()


def _ticket_facts(
    session: ReadSession, row: TicketTable, entries: Sequence[HistoryTable], as_of: datetime | None
) -> dict[str, Any]:
    stand = _now(session, row) if as_of is None else _then(entries)
    at = as_of or clock.now()
    breached = any(one.event == "breached" for one in entries)
    company = session.get(CompanyTable, row.company_id) if row.company_id else None
    facts = {
        "ticket.state": stand.state,
        "ticket.status": stand.status or stand.state,
        "ticket.priority": stand.priority,
        "ticket.kind": row.kind,
        "ticket.queue": stand.queue,
        "ticket.channel": row.channel,
        "ticket.language": row.language,
        "ticket.department": row.department,
        "ticket.subject": row.subject,
        "ticket.assignee": _agent_email(session, stand.agent_id),
        "ticket.is_assigned": stand.agent_id is not None,
        "ticket.is_chat": row.conversation_id is not None,
        "ticket.is_breached": breached,
        "ticket.age_hours": (at - row.created_at) / _HOUR,
        "ticket.waiting_hours": (at - stand.waiting_since) / _HOUR if stand.waiting_since else None,
        **{f"form.{name}": _simple(value) for name, value in (row.form_values or {}).items()},
    }
    facts |= _person_facts(session, row) | company_facts(session, company, row.product)
    facts |= _piece_facts(session, row) | {
        "company.tier": stand.tier,
        "product.code": row.product,
        "product.batch": batch_of(row.form_values),
    }
    return facts


def _simple(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list) else None


def _now(session: ReadSession, row: TicketTable) -> _Stand:
    tier = session.get(TierTable, row.tier_id) if row.tier_id else None
    queue = next((one.slug for one in routing.queues(session) if one.id == row.queue_id), None)
    slug = tier.slug if tier else None
    return _Stand(row.state, row.status, row.priority, queue, slug, row.assignee_id, row.waiting_since)


def _then(entries: Sequence[HistoryTable]) -> _Stand:
    """How the ticket stood after these entries."""
    held: dict[str, Any] = {"state": State.NEW, "agent_id": None, "waiting_since": None}
    for entry in entries:
        held |= _after(entry, held)
    return _Stand(
        str(held["state"]),
        held.get("status"),
        str(held.get("priority")),
        held.get("queue"),
        held.get("tier"),
        held["agent_id"],
        held["waiting_since"],
    )


def _after(entry: HistoryTable, held: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry changes of how the ticket stands."""
    detail = entry.detail
    match entry.event:
        case "opened":
            kept = {key: detail.get(key) for key in ("state", "queue", "tier", "priority")}
            return {**kept, "waiting_since": entry.at}
        case "state_changed":
            return {"state": detail["after"], "status": detail.get("status")}
        case "priority_changed" | "queue_changed" | "tier_changed":
            return {entry.event.removesuffix("_changed"): detail["after"]}
        case "assigned":
            return {"agent_id": detail.get("agent_id")}
        case "replied":
            return _after_reply(entry, held)
    return {}


def _after_reply(entry: HistoryTable, held: Mapping[str, Any]) -> dict[str, Any]:
    if entry.detail.get("visibility") != "public":
        return {}
    if entry.detail["role"] == "agent":
        return {"waiting_since": None}
    is_first = entry.detail["role"] == "customer" and held["waiting_since"] is None
    return {"waiting_since": entry.at} if is_first else {}


def _person_facts(session: ReadSession, row: TicketTable) -> dict[str, Any]:
    person = session.get(PersonTable, row.requester_id) if row.requester_id else None
    if person is None:
        known = {"person.email": row.requester_email, "person.name": row.requester_name}
        return {**known, "person.is_known": False}
    return {
        "person.email": person.email,
        "person.name": person.name,
        "person.title": person.title,
        "person.department": person.department,
        "person.tags": list(person.tags),
        "person.external_id": person.external_id,
        "person.locale": person.locale,
        "person.is_known": True,
    }


def _batch_facts(session: ReadSession, occurrence: Occurrence) -> dict[str, Any]:
    """A batch, how many of it are owned, and which percentage of them came back."""
    product, _, batch = (occurrence.batch or "").partition("/")
    found: dict[str, Any] = {"product.code": product, "product.batch": batch or None}
    units = owned_products.units(session, product, batch or None)
    repairs = occurrence.facts.get("product.repairs")
    if units and isinstance(repairs, int):
        found |= {"product.units": units, "product.repair_percent": round(100 * repairs / units, 2)}
    return found


def _piece_facts(session: ReadSession, row: TicketTable) -> dict[str, Any]:
    """The piece that a filled form names by its serial number, as far as the company owns it."""
    values = row.form_values or {}
    serial = next((str(values[one]).strip() for one in _SERIAL_FIELDS if values.get(one)), None)
    if serial is None:
        return {}
    piece = owned_products.piece(session, row.company_id, serial) if row.company_id else None
    known: dict[str, Any] = {"product.serial": serial}
    if piece is not None and piece.warranty_until is not None:
        known["product.in_warranty"] = piece.warranty_until >= clock.now().date()
    return known


def company_facts(session: ReadSession, company: CompanyTable | None, product: str | None) -> dict[str, Any]:
    """What is known of a company, and whether it owns this product."""
    if company is None:
        return {"product.is_owned": False}
    tier = session.get(TierTable, company.tier_id) if company.tier_id else None
    listed = [str(one) for one in company.attributes.get("products") or ()]
    products = list(dict.fromkeys([*listed, *owned_products.names(session, company.id)]))
    days_left = contracts.days_left(company.contract, clock.now().date())
    return {
        "company.slug": company.slug,
        "company.name": company.name,  # for texts; a condition names the slug
        "company.tier": tier.slug if tier else None,
        "company.account_manager": _manager_email(session, company.id),
        "company.products": products,
        "company.tags": list(company.tags),
        "company.external_id": company.external_id,
        "company.contract_days_left": days_left,
        "product.is_owned": product is not None and product in products,
        **{f"company.attributes.{name}": _simple(value) for name, value in company.attributes.items()},
        **{f"company.contract.{name}": _simple(value) for name, value in company.contract.items()},
    }


def _agent_email(session: ReadSession, agent_id: int | None) -> str | None:
    if agent_id is None:
        return None
    of_agent = select(PersonTable.email).join(AgentTable, AgentTable.person_id == PersonTable.id)
    return session.scalar(of_agent.where(AgentTable.id == agent_id))


def _manager_email(session: ReadSession, company_id: int) -> str | None:
    of_company = select(PersonTable.email).join(
        AccountManagerTable, AccountManagerTable.person_id == PersonTable.id
    )
    return session.scalar(of_company.where(AccountManagerTable.company_id == company_id))


def status_names(session: ReadSession) -> list[str]:
    """Slugs of the statuses the vendor has named."""
    return list(session.scalars(select(StatusTable.slug).order_by(StatusTable.position)))
