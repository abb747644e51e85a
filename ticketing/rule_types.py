"""Rules as values: when to look, which conditions must hold, what is done; and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from ticketing.directory_types import Words


class When(StrEnum):
    """What makes a rule look; the closed set of triggers."""

    TICKET_CREATED = "ticket_created"
    TICKET_CHANGED = "ticket_changed"  # state, priority, queue, assignee or tier
    CUSTOMER_REPLIED = "customer_replied"
    AGENT_REPLIED = "agent_replied"  # publicly
    TICKET_RESOLVED = "ticket_resolved"
    TICKET_RATED = "ticket_rated"
    SLA_WARNING = "sla_warning"  # a quarter of the promised time is left
    SLA_BREACHED = "sla_breached"
    TICKET_SILENT = "ticket_silent"  # nobody has written for some days
    COMPANY_SILENT = "company_silent"  # a customer has not been heard of for some days
    REPAIRS_RISING = "repairs_rising"  # a product's batch comes back more often than before


ABOUT_TIME = frozenset({When.SLA_WARNING, When.TICKET_SILENT, When.COMPANY_SILENT, When.REPAIRS_RISING})
WITHOUT_TICKET = frozenset({When.COMPANY_SILENT, When.REPAIRS_RISING})


class Op(StrEnum):
    """How a condition compares; every `not` form is the exact opposite of its plain one."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"


@dataclass(frozen=True)
class Leaf:
    """One comparison of one field."""

    field: str
    op: Op
    value: Any = None


@dataclass(frozen=True)
class Group:
    """All or any of the parts must hold; an empty `all` always does, an empty `any` never."""

    kind: Literal["all", "any"]
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Not:
    """The part must not hold."""

    part: Node


Node = Leaf | Group | Not
Facts = Mapping[str, Any]  # by the names of ticketing.rule_catalogue; what is missing counts as empty


class Do(StrEnum):
    """What a rule can do; the closed set of actions."""

    SET = "set"  # priority, state, queue
    ASSIGN = "assign"
    NOTIFY = "notify"
    TASK = "task"  # an internal ticket that no customer sees
    NOTE = "note"  # internal
    MESSAGE = "message"  # to the customer
    SURVEY = "survey"  # to the customer, with the link to rate
    ARTICLE = "article"  # to the customer, who must be allowed to read it
    WEBHOOK = "webhook"


NEEDS_TICKET = frozenset({Do.SET, Do.ASSIGN, Do.NOTE, Do.MESSAGE, Do.SURVEY, Do.ARTICLE})


@dataclass(frozen=True)
class Action:
    do: Do
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    on: When
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """What a rule says. Read by `ticketing.rule_specs.parse`, so it is known to be sound."""

    name: Words
    description: Words
    trigger: Trigger
    conditions: Node
    actions: tuple[Action, ...]
    limit_per_day: int = 3  # how often it may act on one ticket (or company, or batch) within 24 hours


class Outcome(StrEnum):
    """What came of one look."""

    NOT_MATCHED = "not_matched"
    ACTED = "acted"
    FAILED = "failed"  # at least one action did
    LIMITED = "limited"  # it has acted here as often as it may
    LOOP = "loop"  # it, or too many others, stand before it in the chain of rules that led here


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """Something a rule looks at; equal keys are the same thing and are acted on once."""

    key: str
    at: datetime
    when: When
    ticket_id: int | None = None
    company: str | None = None  # slug
    batch: str | None = None  # "<product>/<batch>"
    facts: Facts = field(default_factory=dict)  # of the event itself

    @property
    def subject(self) -> str:
        if self.ticket_id is not None:
            return f"ticket:{self.ticket_id}"
        return f"company:{self.company}" if self.company is not None else f"batch:{self.batch}"


@dataclass(frozen=True, kw_only=True)
class RuleCounts:
    """What a rule did in the last 30 days."""

    looked: int = 0
    acted: int = 0
    failed: int = 0
    held_back: int = 0  # by the limit or the loop protection
    last_at: datetime | None = None  # it acted or failed


@dataclass(frozen=True, kw_only=True)
class Rule:
    id: int
    slug: str | None
    position: int
    is_enabled: bool
    version: int
    spec: RuleSpec
    made_at: datetime  # this version
    made_by: str | None
    counts: RuleCounts = RuleCounts()


@dataclass(frozen=True, kw_only=True)
class RuleVersion:
    version: int
    spec: RuleSpec
    made_at: datetime
    made_by: str | None


@dataclass(frozen=True, kw_only=True)
class RuleRun:
    """One look, as it is kept."""

    id: int
    rule_id: int
    version: int
    when: When
    occurrence: str
    subject: str
    ticket_id: int | None
    at: datetime
    depth: int
    outcome: Outcome
    unmet: str | None
    actions: tuple[dict[str, Any], ...]
    error: str | None


@dataclass(frozen=True, kw_only=True)
class WouldRun:
    """One thing a rule would have acted on."""

    at: datetime
    subject: str
    ticket_id: int | None
    title: str  # what people know it by


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a rule would have done in a stretch of history; nothing was changed."""

    days: int
    looked: int
    matched: int  # before the limit
    held_back: int  # by the limit
    actions: int  # actions of the runs that would have happened
    is_capped: bool  # there was more than was looked at; the newest counted
    examples: tuple[WouldRun, ...]  # newest first
