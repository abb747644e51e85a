"""Values of workflows that cross the room's door, and what must hold for each of them.

A workflow names statuses over the closed state types for the tickets of some kinds, and says which moves there
are between them. A ticket keeps the version it began with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field as Bound

from ticketing.directory_types import Words
from ticketing.form_types import Field, Name
from ticketing.policy_types import Rung
from ticketing.spec_types import STRICT, Label, Slug, Text
from ticketing.types import State, Status


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How long a step may take, in working time; the ladder after it as in SLA policies."""

    __pydantic_config__ = STRICT

    minutes: Annotated[int, Bound(ge=1, le=525_600)]
    warn_percent: Annotated[int, Bound(ge=1, le=100)] = 75
    escalations: Annotated[tuple[Rung, ...], Bound(max_length=5)] = ()


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Someone must agree before the ticket goes on; amounts under a limit are agreed to at once."""

    __pydantic_config__ = STRICT

    by: Slug | Literal["managers"] = "managers"  # managers, or the team of this slug
    field: Name | None = None  # the number that the limit is compared with
    under: Annotated[float, Bound(ge=0, allow_inf_nan=False)] | None = None
    approved: Slug  # the step it goes to
    rejected: Slug


@dataclass(frozen=True, kw_only=True)
class WorkflowStep:
    """A status of a workflow."""

    __pydantic_config__ = STRICT

    slug: Slug
    name: Label
    type: State
    customer_name: Label | None = None  # what customers read; else the name
    is_milestone: bool = True  # stands in the customer's progress line
    queue: Slug | None = None  # whose step it is: the ticket waits there for its team
    limit: Limit | None = None
    approval: Approval | None = None

    @property
    def status(self) -> Status:
        return Status(self.slug, self.name, self.type)

    @property
    def told(self) -> Words:
        """Its name for customers."""
        return self.customer_name or self.name


@dataclass(frozen=True, kw_only=True)
class Move:
    """A way from one step to another that an agent may choose."""

    __pydantic_config__ = STRICT

    source: Slug
    target: Slug
    name: Label | None = None  # what the button says; else the target's name
    requires: Annotated[tuple[Name, ...], Bound(max_length=30)] = ()  # fields that must be filled in
    asks: Annotated[tuple[Name, ...], Bound(max_length=30)] = ()  # fields that may be


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Where a ticket goes that is called off, from any step that is not done."""

    __pydantic_config__ = STRICT

    target: Slug
    by_customer: bool = True


@dataclass(frozen=True, kw_only=True)
class WorkflowSpec:
    """What a workflow says; the first step is where tickets begin."""

    __pydantic_config__ = STRICT

    name: Label
    description: Text | None = None
    kinds: Annotated[tuple[Slug, ...], Bound(max_length=20)]  # of the tickets that go this way
    fields: Annotated[tuple[Field, ...], Bound(max_length=30)] = ()
    steps: Annotated[tuple[WorkflowStep, ...], Bound(min_length=2, max_length=30)]
    moves: Annotated[tuple[Move, ...], Bound(max_length=150)]
    cancel: Cancel | None = None

    def step(self, slug: str | None) -> WorkflowStep | None:
        return next((one for one in self.steps if one.slug == slug), None)

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def moves_from(self, slug: str) -> list[Move]:
        return [one for one in self.moves if one.source == slug]


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow in one of its versions."""

    id: int
    slug: str
    position: int
    is_enabled: bool
    version: int
    spec: WorkflowSpec
    made_at: datetime
    made_by: str | None
    open: int = 0  # unfinished tickets that go this way, in any version


@dataclass(frozen=True, kw_only=True)
class WorkflowVersion:
    """What a workflow said from one edit to the next."""

    version: int
    spec: WorkflowSpec
    made_at: datetime
    made_by: str | None


class Decision(StrEnum):
    """What became of a question for approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # the ticket left the step without an answer


@dataclass(frozen=True, kw_only=True)
class AskedApproval:
    """One question for approval and what became of it."""

    id: int
    ticket_id: int
    step: str
    by: str  # who may answer: managers, or a team's slug
    amount: float | None
    asked_at: datetime
    asked_by: str | None  # a name
    asked_by_id: int | None  # person
    decision: Decision
    decided_at: datetime | None
    decided_by: str | None
    is_automatic: bool
    comment: str


@dataclass(frozen=True, kw_only=True)
class OfferedMove:
    """A way on that the viewer may choose now."""

    target: WorkflowStep
    name: Words
    fields: tuple[Field, ...]  # to fill in, in the workflow's order
    requires: tuple[str, ...]
    missing: tuple[str, ...]  # required ones without a value yet


class ProgressState(StrEnum):
    """How a milestone stands."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"
    STOPPED = "stopped"  # the ticket ended here before its way was done


@dataclass(frozen=True)
class Milestone:
    """One mark of the progress line that customers see."""

    name: Words
    state: ProgressState
    at: datetime | None  # when it was reached


@dataclass(frozen=True, kw_only=True)
class TicketWay:
    """Where a ticket stands in its workflow."""

    slug: str
    version: int
    name: Words
    step: WorkflowStep | None  # None once it was merged
    values: dict[str, Any] = field(default_factory=dict)
    moves: tuple[OfferedMove, ...] = ()
    can_cancel: bool = False
    step_back_to: WorkflowStep | None = None
    approval: AskedApproval | None = None
    can_decide: bool = False
    progress: tuple[Milestone, ...] = ()
