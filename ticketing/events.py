"""News of tickets for the rooms above, published inside the transaction that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketing.types import Message, Metric, State


@dataclass(frozen=True, kw_only=True)
class HistoryAdded:
    """An entry was written into a ticket's history: everything that happens to tickets passes here."""

    ticket_id: int
    history_id: int
    event: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TicketOpened:
    ticket_id: int
    conversation_id: str | None
    queue: str  # slug
    tier: str | None


@dataclass(frozen=True, kw_only=True)
class TicketReplied:
    """A message was added after the opening; by whom and for whom stands in the message.

    `by_conversation` says that the conversation itself brought it and has it already.
    """

    ticket_id: int
    conversation_id: str | None
    message: Message
    by_conversation: bool


@dataclass(frozen=True, kw_only=True)
class TicketAssigned:
    ticket_id: int
    conversation_id: str | None
    agent_id: int | None  # None: given back to the queue
    agent_name: str | None


@dataclass(frozen=True, kw_only=True)
class TicketStateChanged:
    ticket_id: int
    conversation_id: str | None
    before: State
    after: State


@dataclass(frozen=True, kw_only=True)
class TicketMerged:
    """A ticket became part of another, which is answered for both from now on."""

    ticket_id: int
    into_id: int
    conversation_id: str | None  # of the merged one


@dataclass(frozen=True, kw_only=True)
class TicketResolved:
    """The ticket was solved and the customer may be asked for a rating."""

    ticket_id: int
    conversation_id: str | None
    survey_id: int
    agent_name: str | None


@dataclass(frozen=True, kw_only=True)
class TicketGivenBack:
    """The ticket was solved by giving its conversation back to the bot, which answers again."""

    ticket_id: int
    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class TicketRated:
    ticket_id: int
    conversation_id: str | None
    survey_id: int
    rating: int
    comment: str


@dataclass(frozen=True, kw_only=True)
class ClockBreached:
    ticket_id: int
    conversation_id: str | None
    metric: Metric
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class AgentCameIn:
    """An agent can take work from now on."""

    agent_id: int
