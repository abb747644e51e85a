"""Loading a whole desk from its written form: idempotent, so it may run at every start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.access import Role, TicketScope
from foundation.db import WriteSession
from ticketing import (
    companies,
    desk_routing,
    directory,
    forms,
    lifecycle,
    owned_products,
    policies,
    routing,
    tiering,
)
from ticketing.directory_types import NewAgent, NewCompany, NewPerson, NewTier
from ticketing.owned_products import NewOwnedProduct
from ticketing.policy_types import SlaPolicy
from ticketing.routing_types import DeskRouting
from ticketing.types import Priority, Queue, QueueRouting, State, Status

Spec = Mapping[str, Any]
_SILENT_DAYS = 30


def load_desk(session: WriteSession, company_yaml: Spec, form_specs: Sequence[Spec] = ()) -> None:
    """Bring the desk to what `company_yaml` and the forms say; loading the same again changes nothing.

    What is not mentioned stays. Passwords and log-ins in the file are not looked at. Raises
    UnknownSlugError, BadCalendarError, BadFormError, PersonNotFoundError.
    """
    _load_calendars(session, company_yaml)
    _load_tiers(session, company_yaml.get("tiers") or ())
    for team in company_yaml.get("teams") or ():
        directory.upsert_team(session, team["slug"], team["name"])
    for position, status in enumerate(company_yaml.get("statuses") or ()):
        made = Status(status["slug"], status["name"], State(status["type"]))
        lifecycle.upsert_status(session, made, position)
    for queue in company_yaml.get("queues") or ():
        routing.upsert_queue(session, read_queue(queue))
    if desk := company_yaml.get("routing"):
        desk_routing.write(session, DeskRouting(**desk))
    _load_policies(session, company_yaml.get("sla_policies") or ())
    _load_people(session, company_yaml)
    for position, spec in enumerate(form_specs):
        forms.upsert_form(session, spec, position)


def _load_calendars(session: WriteSession, company_yaml: Spec) -> None:
    single = company_yaml.get("calendar")
    for spec in [*([single] if single else []), *(company_yaml.get("calendars") or ())]:
        policies.upsert_calendar(session, spec["slug"], spec.get("name") or {}, spec)


def _load_tiers(session: WriteSession, tiers: Sequence[Spec]) -> None:
    """Where the file does not say otherwise, the account manager hears of the first of several tiers, and of
    its silence.
    """
    first = min((tier["rank"] for tier in tiers), default=None)
    for tier in tiers:
        is_first = len(tiers) > 1 and tier["rank"] == first
        directory.upsert_tier(
            session,
            NewTier(
                slug=tier["slug"],
                name=tier["name"],
                rank=tier["rank"],
                bot_bypass=tier.get("bot_bypass", False),
                notifies_manager=tier.get("notifies_manager", is_first),
                silent_days=tier.get("silent_days", _SILENT_DAYS if is_first else None),
            ),
        )


def read_queue(spec: Spec) -> Queue:
    """A queue as it is written."""
    conditions = spec.get("conditions") or {}
    return Queue(
        0,
        spec["slug"],
        spec["name"],
        spec["position"],
        spec.get("team"),
        tuple(conditions.get("tiers") or ()),
        tuple(conditions.get("languages") or ()),
        tuple(conditions.get("kinds") or ()),
        _queue_routing(spec.get("routing") or {}),
    )


def _queue_routing(spec: Spec) -> QueueRouting:
    return QueueRouting(
        is_automatic=spec.get("automatic", False),
        skills=tuple(spec.get("skills") or ()),
        relax_after_minutes=spec.get("relax_after_minutes"),
        fallback_team=spec.get("fallback_team"),
        fallback_after_minutes=spec.get("fallback_after_minutes"),
        ack_minutes=spec.get("ack_minutes"),
    )


def _load_policies(session: WriteSession, specs: Sequence[Spec]) -> None:
    """`by_priority` of a policy becomes policies of their own, which are tried before it."""
    position = 0
    for spec in specs:
        narrower = {Priority(key): value for key, value in (spec.get("by_priority") or {}).items()}
        for priority, minutes in narrower.items():
            position += 1
            policies.upsert_policy(session, _policy(spec, position, priority, {**spec, **minutes}))
        position += 1
        own = Priority(spec["priority"]) if spec.get("priority") else None
        policies.upsert_policy(session, _policy(spec, position, own, spec))


def _policy(spec: Spec, position: int, priority: Priority | None, minutes: Spec) -> SlaPolicy:
    narrowed = priority is not None and "by_priority" in spec
    return SlaPolicy(
        id=0,
        slug=f"{spec['slug']}:{priority}" if narrowed else spec["slug"],
        name=spec["name"],
        position=position,
        tier=spec.get("tier"),
        priority=priority,
        kind=spec.get("kind"),
        calendar=spec["calendar"],
        first_response_minutes=minutes.get("first_response_minutes"),
        resolution_minutes=minutes.get("resolution_minutes"),
        next_response_minutes=minutes.get("next_response_minutes"),
        warn_percent=minutes.get("warn_percent", 75),
        escalations=tuple(policies.read_rung(one) for one in minutes.get("escalations") or ()),
    )


_COMPANY_KEYS = {
    "slug",
    "name",
    "tier",
    "account_manager",
    "contract",
    "external_id",
    "tags",
    "departments",
    "ticket_scope",
    "owned",
}


def _load_people(session: WriteSession, company_yaml: Spec) -> None:
    customers = company_yaml.get("companies") or ()
    for one in customers:
        attributes = {key: value for key, value in one.items() if key not in _COMPANY_KEYS}
        new = NewCompany(
            slug=one["slug"],
            name=one["name"],
            tier=one.get("tier"),
            external_id=one.get("external_id"),
            ticket_scope=TicketScope(one["ticket_scope"]) if "ticket_scope" in one else None,
            tags=tuple(one["tags"]) if "tags" in one else None,
            contract=one.get("contract") or {},
            attributes=attributes,
        )
        directory.upsert_company(session, new)
        for department in one.get("departments") or ():
            companies.upsert_department(session, one["slug"], department["slug"], department["name"])
        for owned in one.get("owned") or ():
            owned_products.upsert(session, one["slug"], NewOwnedProduct(**owned))
        tiering.set_company_tier(session, one["slug"], one.get("tier"))
    agents = company_yaml.get("agents") or ()
    for person in [*(company_yaml.get("people") or ()), *agents]:
        directory.upsert_person(session, _person(person))
    for agent in agents:
        directory.upsert_agent(session, _agent(agent))
    for one in customers:
        directory.set_account_manager(session, one["slug"], one.get("account_manager"))


def _person(spec: Spec) -> NewPerson:
    languages = spec.get("languages") or ["zh"]
    return NewPerson(
        email=spec["email"],
        name=spec["name"],
        locale=spec.get("locale", languages[0]),
        company=spec.get("company"),
        department=spec.get("department"),
        title=spec.get("title"),
        external_id=spec.get("external_id"),
        ticket_scope=TicketScope(spec["ticket_scope"]) if "ticket_scope" in spec else None,
        tags=tuple(spec["tags"]) if "tags" in spec else None,
    )


def _agent(spec: Spec) -> NewAgent:
    return NewAgent(
        email=spec["email"],
        role=Role(spec.get("role", "agent")),
        team=spec.get("team"),
        languages=tuple(spec.get("languages") or ()),
        skills=tuple(spec.get("skills") or ()),
        capacity=spec.get("capacity", 8),
    )
