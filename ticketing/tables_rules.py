"""Tables of rules and webhooks; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table

Json = dict[str, Any]


class RuleTable(Table):
    """An if-then rule; what it says stands in its versions."""

    __tablename__ = "ticketing_rule"
    __table_args__ = (Index("ix_ticketing_rule_trigger", "is_enabled", "trigger"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(Text, unique=True)  # of rules that come from a file
    position: Mapped[int]
    is_enabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int]
    trigger: Mapped[str] = mapped_column(Text)  # of the current version, so that an event finds its rules
    slot: Mapped[int] = mapped_column(
        default=0
    )  # which look of a time rule comes next; see ticketing.rule_times
    deleted_at: Mapped[datetime | None]


class RuleVersionTable(Table):
    """What a rule said from one edit to the next; rows are only ever added."""

    __tablename__ = "ticketing_rule_version"
    __table_args__ = (UniqueConstraint("rule_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("ticketing_rule.id", ondelete="CASCADE"))
    version: Mapped[int]
    spec: Mapped[Json] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(Text)  # a name; NULL: from a file


@event.listens_for(RuleVersionTable, "before_update")
@event.listens_for(RuleVersionTable, "before_delete")
def _refuse_to_rewrite(_mapper: Mapper[Any], _connection: Connection, _target: RuleVersionTable) -> None:
    raise RuntimeError("versions of rules are only ever added")


class RuleRunTable(Table):
    """One rule looked at one occurrence: at most once, which the unique key sees to."""

    __tablename__ = "ticketing_rule_run"
    __table_args__ = (
        UniqueConstraint("rule_id", "occurrence"),
        Index("ix_ticketing_rule_run_subject", "rule_id", "subject", "at"),
        Index("ix_ticketing_rule_run_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("ticketing_rule.id", ondelete="CASCADE"))
    version: Mapped[int]
    trigger: Mapped[str] = mapped_column(Text)
    occurrence: Mapped[str] = mapped_column(Text)  # history:<id>, silent:<message id>:<days> and the like
    subject: Mapped[str] = mapped_column(Text)  # ticket:<id>, company:<slug>, batch:<product>/<batch>
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    depth: Mapped[int]  # how many rules stand between a person's act and this run
    outcome: Mapped[str] = mapped_column(Text)
    unmet: Mapped[str | None] = mapped_column(Text)  # the first condition that did not hold
    actions: Mapped[list[Json]] = mapped_column(JSON)  # what was done: action, ok, detail
    error: Mapped[str | None] = mapped_column(Text)


class WebhookTable(Table):
    """An address of another system that hears of what happens here."""

    __tablename__ = "ticketing_webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)  # signs every delivery; told once, when it is made
    events: Mapped[list[str]] = mapped_column(JSON)  # empty: called by rules only
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class DeliveryTable(Table):
    """One message to one webhook, and what became of it."""

    __tablename__ = "ticketing_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_key"),
        Index("ix_ticketing_delivery_webhook", "webhook_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("ticketing_webhook.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(Text)
    event_key: Mapped[str] = mapped_column(Text)  # the same occurrence is never sent as two messages
    body: Mapped[Json] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)  # waiting, delivered, failed
    attempts: Mapped[int] = mapped_column(default=0)
    status_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
