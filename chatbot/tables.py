"""Tables of the chatbot; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chatbot.tables_actions import ActionEventTable, ActionRunTable, ActionSystemTable, HandoffRuleTable
from foundation.db import Table

__all__ = [
    "ActionEventTable",
    "ActionRunTable",
    "ActionSystemTable",
    "ConversationTable",
    "HandoffRuleTable",
    "TurnTable",
]


class ConversationTable(Table):
    """A chat with one customer; its row is locked by whoever adds a turn, so turns have one order."""

    __tablename__ = "chatbot_conversation"
    __table_args__ = (
        Index("ix_chatbot_conversation_person", "person_id", "updated_at"),
        Index("ix_chatbot_conversation_created", "created_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text)  # hex SHA-256; the secret itself is not kept
    person_id: Mapped[int | None]
    locale: Mapped[str] = mapped_column(Text)
    page: Mapped[str | None] = mapped_column(Text)
    context: Mapped[dict[str, Any]] = mapped_column(JSON)  # product, fields …: what the page told us
    state: Mapped[str] = mapped_column(Text, default="bot")
    ticket_id: Mapped[int | None] = mapped_column(index=True)
    last_seq: Mapped[int] = mapped_column(default=0)
    boundary_seq: Mapped[int] = mapped_column(default=0)  # turns up to here belong to a matter that is closed
    survey_ticket_id: Mapped[
        int | None
    ]  # the ticket resolved last; it can be rated after a new matter began, too
    rating: Mapped[int | None]  # of that ticket
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TurnTable(Table):
    """One message; never changed but for its feedback."""

    __tablename__ = "chatbot_turn"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("chatbot_conversation.id", ondelete="CASCADE"))
    seq: Mapped[int]
    client_id: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[str | None] = mapped_column(Text, unique=True)  # id of the user turn this one answers
    role: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(Text)
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    confidence: Mapped[float | None]
    feedback: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
