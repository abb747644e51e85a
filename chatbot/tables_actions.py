"""Tables of what the bot does for customers; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Text, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table


class ActionSystemTable(Table):
    """One system of the vendor, as its YAML describes it, and what the bot may do there."""

    __tablename__ = "chatbot_action_system"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)


class HandoffRuleTable(Table):
    """A vendor's own reason for a person to take over."""

    __tablename__ = "chatbot_handoff_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int]
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)


class ActionRunTable(Table):
    """One action under way or done in a conversation; changed only under the conversation's lock."""

    __tablename__ = "chatbot_action_run"
    __table_args__ = (Index("ix_chatbot_action_run_conversation", "conversation_id", "state"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)  # also the idempotency key sent to the system
    conversation_id: Mapped[str] = mapped_column(ForeignKey("chatbot_conversation.id", ondelete="CASCADE"))
    system: Mapped[str] = mapped_column(Text)  # slug
    action: Mapped[str] = mapped_column(Text)  # name
    state: Mapped[str] = mapped_column(Text)
    slots: Mapped[dict[str, Any]] = mapped_column(JSON)
    asking: Mapped[str | None] = mapped_column(Text)  # the slot that was asked for
    misses: Mapped[int] = mapped_column(default=0)  # answers in a row that did not fit
    lang: Mapped[str] = mapped_column(Text)
    turn_id: Mapped[str | None] = mapped_column(Text)  # the user's turn that the call is made for
    person_id: Mapped[int | None]
    company: Mapped[str | None] = mapped_column(Text)  # slug, as it was when the action began
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ActionEventTable(Table):
    """What happened in an action: rows are only ever added, which the listeners below see to."""

    __tablename__ = "chatbot_action_event"
    __table_args__ = (Index("ix_chatbot_action_event_run", "run_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("chatbot_action_run.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


@event.listens_for(ActionEventTable, "before_update")
@event.listens_for(ActionEventTable, "before_delete")
def _refuse_to_rewrite(_mapper: Mapper[Any], _connection: Connection, _target: ActionEventTable) -> None:
    raise RuntimeError("what was done for a customer stays on record")
