"""Tables of the service desk; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Float, ForeignKey, Index, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table
from ticketing.tables_customers import (
    ContactTable,
    DepartmentTable,
    DirectoryChangeTable,
    MergeItemTable,
    OwnedProductTable,
    PersonMergeTable,
    SyncMessageTable,
    TierRuleTable,
)
from ticketing.tables_directory import (
    AccountManagerTable,
    AgentTable,
    CalendarTable,
    CompanyTable,
    FormTable,
    FormVersionTable,
    PersonTable,
    QueueTable,
    SlaPolicyTable,
    StatusTable,
    TeamTable,
    TierTable,
)
from ticketing.tables_links import LinkTable
from ticketing.tables_macros import MacroTable
from ticketing.tables_routing import DeskRoutingTable, GivenTable, SilenceTable
from ticketing.tables_rules import (
    DeliveryTable,
    RuleRunTable,
    RuleTable,
    RuleVersionTable,
    WebhookTable,
)
from ticketing.tables_search import keep_pairs
from ticketing.tables_workflows import ApprovalTable, WorkflowTable, WorkflowVersionTable

__all__ = [
    "AccountManagerTable",
    "AgentTable",
    "ApprovalTable",
    "CalendarTable",
    "ClockTable",
    "CompanyTable",
    "ContactTable",
    "DeliveryTable",
    "DepartmentTable",
    "DeskRoutingTable",
    "DirectoryChangeTable",
    "FormTable",
    "FormVersionTable",
    "GivenTable",
    "HistoryTable",
    "LinkTable",
    "MacroTable",
    "MergeItemTable",
    "MessageTable",
    "NotificationTable",
    "OwnedProductTable",
    "PersonMergeTable",
    "PersonTable",
    "QueueTable",
    "ReadMarkTable",
    "RuleRunTable",
    "RuleTable",
    "RuleVersionTable",
    "SilenceTable",
    "SlaPolicyTable",
    "StatusTable",
    "SurveyTable",
    "SyncMessageTable",
    "TeamTable",
    "TicketTable",
    "TierRuleTable",
    "TierTable",
    "WebhookTable",
    "WorkflowTable",
    "WorkflowVersionTable",
]


class TicketTable(Table):
    """Something a customer wants done. Its number is made from its id."""

    __tablename__ = "ticketing_ticket"
    __table_args__ = (
        Index("ix_ticketing_ticket_order", "state", "sort_due_at"),
        Index("ix_ticketing_ticket_queue", "queue_id", "state", "sort_due_at"),
        Index("ix_ticketing_ticket_assignee", "assignee_id", "state"),
        Index("ix_ticketing_ticket_company", "company_id"),
        Index("ix_ticketing_ticket_requester", "requester_id"),
        Index("ix_ticketing_ticket_updated", "updated_at", "id"),
        Index("ix_ticketing_ticket_counts", "state", "queue_id", "assignee_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(Text, unique=True)  # no foreign key: a higher room's
    idempotency_key: Mapped[str | None] = mapped_column(Text, unique=True)
    token_hash: Mapped[str | None] = mapped_column(Text, unique=True)  # lets an unknown requester follow it
    subject: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)  # the type
    status: Mapped[str | None] = mapped_column(Text)  # slug of a named status; NULL: the type's first
    priority: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    product: Mapped[str | None] = mapped_column(Text)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_tier.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_company.id"))
    department: Mapped[str | None] = mapped_column(Text)  # of the requester when it was opened
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id"))
    requester_name: Mapped[str | None] = mapped_column(Text)
    requester_email: Mapped[str | None] = mapped_column(Text)
    queue_id: Mapped[int] = mapped_column(ForeignKey("ticketing_queue.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_agent.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]
    sort_due_at: Mapped[datetime]  # see ticketing.queue_order
    solved_at: Mapped[datetime | None]
    form_slug: Mapped[str | None] = mapped_column(Text)
    form_version: Mapped[int | None]
    form_values: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tried: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    handoff: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    impression_id: Mapped[str | None] = mapped_column(Text)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_ticket.id"))
    workflow_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticketing_workflow_version.id", name="fk_ticketing_ticket_workflow_version")
    )
    step_values: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # of the workflow's fields


keep_pairs(TicketTable.__table__)


class MessageTable(Table):
    """One message of a ticket."""

    __tablename__ = "ticketing_message"
    __table_args__ = (
        UniqueConstraint("ticket_id", "client_id"),
        Index("ix_ticketing_message_ticket", "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id"))
    author_name: Mapped[str | None] = mapped_column(Text)
    client_id: Mapped[str | None] = mapped_column(Text)
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class HistoryTable(Table):
    """What happened to a ticket; rows are only ever added, which the listeners below see to."""

    __tablename__ = "ticketing_history"
    __table_args__ = (Index("ix_ticketing_history_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id"))
    actor: Mapped[str | None] = mapped_column(Text)
    event: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


@event.listens_for(HistoryTable, "before_update")
@event.listens_for(HistoryTable, "before_delete")
def _refuse_to_rewrite_history(_mapper: Mapper[Any], _connection: Connection, _target: HistoryTable) -> None:
    raise RuntimeError("history is only ever added to")


class ClockTable(Table):
    """One promise of one ticket; everything here can be computed again from the history."""

    __tablename__ = "ticketing_clock"
    __table_args__ = (
        UniqueConstraint("ticket_id", "metric"),
        Index("ix_ticketing_clock_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    metric: Mapped[str] = mapped_column(Text)
    policy: Mapped[str] = mapped_column(Text)  # slug, for people to read; the target is frozen here
    calendar: Mapped[str] = mapped_column(Text)  # slug
    target_minutes: Mapped[int]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    elapsed_minutes: Mapped[float | None] = mapped_column(Float)  # working minutes used, once met
    scheduled_for: Mapped[datetime | None]  # the moment a sweep was last enqueued for
    warned_for: Mapped[datetime | None]  # the `warn_at` that was told
    escalated_for: Mapped[datetime | None]  # the latest rung that was told


class SurveyTable(Table):
    """One question after one resolution."""

    __tablename__ = "ticketing_survey"
    __table_args__ = (
        Index("ix_ticketing_survey_ticket", "ticket_id", "id"),
        Index("ix_ticketing_survey_asked", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime]
    agent_id: Mapped[int | None]  # no foreign key: a snapshot outlives what it shows
    agent_name: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    rated_at: Mapped[datetime | None]


class NotificationTable(Table):
    """News for one person."""

    __tablename__ = "ticketing_notification"
    __table_args__ = (Index("ix_ticketing_notification_person", "person_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class ReadMarkTable(Table):
    """Up to which message a person has read a ticket."""

    __tablename__ = "ticketing_read_mark"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticketing_ticket.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("ticketing_person.id", ondelete="CASCADE"), primary_key=True
    )
    message_id: Mapped[int]
