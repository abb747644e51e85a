"""Values of the directory that cross the room's door."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from foundation.access import Role, TicketScope

Words = dict[str, str]  # one text in each language: {"zh": …, "en": …}


class Presence(StrEnum):
    """Whether an agent can take work now."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A class of contract; the lowest rank is served first."""

    id: int
    slug: str
    name: Words
    rank: int
    bot_bypass: bool = False  # its customers may skip the bot
    notifies_manager: bool = False  # special care: the account manager hears of each ticket
    silent_days: int | None = None  # not heard of a company for so long, its manager is told


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone who writes to us or works here; e-mail addresses are unique without regard to case."""

    id: int
    email: str | None  # None: known by other contacts only
    external_id: str | None  # what the vendor's own system calls the person
    name: str
    locale: str
    company: str | None  # slug; None for staff and for customers without a company
    company_name: Words | None
    tier: str | None  # slug of the company's tier
    department: str | None
    title: str | None
    ticket_scope: TicketScope | None  # None: as the company says
    tags: tuple[str, ...]
    is_active: bool
    merged_into: int | None = None  # id of the entry this one was merged into


@dataclass(frozen=True, kw_only=True)
class Department:
    """A part of a company."""

    id: int
    slug: str
    name: Words
    people: int


@dataclass(frozen=True, kw_only=True)
class Company:
    """A customer of the vendor."""

    id: int
    slug: str
    name: Words
    external_id: str | None
    tier: str | None  # slug
    tier_is_pinned: bool  # set by hand: rules of tiers leave it alone
    ticket_scope: TicketScope
    tags: tuple[str, ...]
    account_manager: PersonRef | None
    people: int
    contract: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)  # country, products and the like


@dataclass(frozen=True)
class PersonRef:
    """A person as others mention them."""

    id: int
    name: str
    email: str | None


@dataclass(frozen=True, kw_only=True)
class Team:
    """Agents who work one or more queues together."""

    id: int
    slug: str
    name: Words


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A member of staff at the desk."""

    id: int
    person_id: int
    name: str
    email: str
    role: Role
    team: str | None  # slug
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    capacity: int  # open tickets held at once
    presence: Presence  # as the agent said; see ticketing.presence for what counts
    presence_at: datetime | None
    seen_at: datetime | None = None  # the last sign of life of the agent's console

    def absent(self) -> Agent:
        """The agent as one whose console fell silent."""
        return replace(self, presence=Presence.OFFLINE)


@dataclass(frozen=True, kw_only=True)
class NewTier:
    slug: str
    name: Words
    rank: int
    bot_bypass: bool = False
    notifies_manager: bool = False
    silent_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewCompany:
    slug: str
    name: Words
    tier: str | None = None  # slug
    external_id: str | None = None
    ticket_scope: TicketScope | None = None
    tags: tuple[str, ...] | None = None
    contract: dict[str, Any] | None = None
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Known by the external id or the address; one of the two is needed to be found again."""

    name: str
    email: str | None = None
    external_id: str | None = None
    locale: str = "zh"
    company: str | None = None  # slug
    department: str | None = None
    title: str | None = None
    ticket_scope: TicketScope | None = None
    tags: tuple[str, ...] | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class NewAgent:
    """The agent's person must exist; see `directory.upsert_agent`."""

    email: str
    role: Role = Role.AGENT
    team: str | None = None  # slug
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    capacity: int = 8
