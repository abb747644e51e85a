"""Values that cross the chatbot's door, and the one place that says how they look as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kb.types import Locator

Json = dict[str, Any]
OnDelta = Callable[[str], None]  # hears the assistant's text piece by piece while it is written


class ConversationState(StrEnum):
    """Who owns the conversation: the bot answers in `BOT` only."""

    BOT = "bot"
    WAITING = "waiting"  # handed off, no person has taken it yet
    AGENT = "agent"
    RESOLVED = "resolved"  # the person is done; the next turn of the user starts afresh with the bot


class TurnRole(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"


class TurnKind(StrEnum):
    """What a turn is, which decides how it is shown."""

    TEXT = "text"
    ANSWER = "answer"
    CLARIFY = "clarify"
    ABSTAIN = "abstain"
    HANDOFF = "handoff"
    GREETING = "greeting"
    STATUS = "status"
    ACTION = "action"  # the bot does something in a system of the vendor: asks, confirms, tells the outcome
    SURVEY = "survey"


class AnswerKind(StrEnum):
    """What came of a question."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    HANDOFF = "handoff"  # nothing we know answers it, or a person was asked for


class Feedback(StrEnum):
    """What the customer thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A passage an answer rests on; `n` is the number in its `[n]` marks."""

    n: int
    chunk_id: int
    article_id: int
    title: str
    quote: str
    locator: Locator
    url: str

    def to_json(self) -> Json:
        return {**vars(self), "locator": self.locator.to_json()}

    @classmethod
    def from_json(cls, stored: Json) -> Citation:
        return cls(**{**stored, "locator": Locator.from_json(stored["locator"])})


@dataclass(frozen=True)
class Action:
    """Something the customer can tap: `handoff` reaches a person, `choice` sends `value` as the next turn."""

    type: str
    label: str
    value: str

    def to_json(self) -> Json:
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message of a conversation; `seq` runs 1, 2, 3 … within it without a gap."""

    id: str
    seq: int
    client_id: str | None
    role: TurnRole
    kind: TurnKind
    text: str
    lang: str
    citations: tuple[Citation, ...]
    actions: tuple[Action, ...]
    confidence: float | None
    author: str | None
    feedback: Feedback | None
    created_at: datetime

    def to_json(self) -> Json:
        """The turn as clients see it."""
        return {
            "id": self.id,
            "seq": self.seq,
            "client_id": self.client_id,
            "role": str(self.role),
            "kind": str(self.kind),
            "text": self.text,
            "lang": self.lang,
            "citations": [one.to_json() for one in self.citations],
            "actions": [one.to_json() for one in self.actions],
            "confidence": self.confidence,
            "created_at": instant(self.created_at),
            "author": {"name": self.author} if self.author else None,
            "feedback": str(self.feedback) if self.feedback else None,
        }


@dataclass(frozen=True, kw_only=True)
class ConversationTicket:
    """What a customer may know of the ticket their conversation became."""

    id: int
    number: str
    state: str
    assignee_name: str | None
    queue: str
    first_response_due_at: datetime | None
    expected_wait_minutes: int | None
    is_out_of_hours: bool
    next_working_at: datetime | None  # when the desk opens, while it is closed

    def to_json(self) -> Json:
        due, opens = self.first_response_due_at, self.next_working_at
        return {
            **vars(self),
            "first_response_due_at": instant(due) if due else None,
            "next_working_at": instant(opens) if opens else None,
        }


@dataclass(frozen=True)
class Survey:
    """The request to rate what a person did; `rating` is 1 to 5, None until given."""

    id: str  # of the turn that asks
    asked_at: datetime
    rating: int | None

    def to_json(self) -> Json:
        return {"id": self.id, "asked_at": instant(self.asked_at), "rating": self.rating}


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation as its owner or staff see it."""

    id: str
    state: ConversationState
    locale: str
    person_id: int | None
    page: str | None
    context: Json
    created_at: datetime
    updated_at: datetime
    last_seq: int
    boundary_seq: int  # turns up to here belong to an earlier matter that a person resolved
    ticket_id: int | None
    ticket: ConversationTicket | None
    survey: Survey | None
    turns: tuple[Turn, ...] = ()

    def to_json(self, *, with_turns: bool = True) -> Json:
        """The conversation as clients see it."""
        agent = self.ticket.assignee_name if self.ticket else None
        shown: Json = {
            "id": self.id,
            "state": str(self.state),
            "locale": self.locale,
            "created_at": instant(self.created_at),
            "ticket": self.ticket.to_json() if self.ticket else None,
            "agent": {"name": agent} if agent else None,
            "survey": self.survey.to_json() if self.survey else None,
        }
        if with_turns:
            shown["turns"] = [turn.to_json() for turn in self.turns]
        return shown


@dataclass(frozen=True, kw_only=True)
class UserTurn:
    """What a customer sends. `client_id` names it for good: sent again, it is the same turn."""

    text: str
    client_id: str
    page: str | None = None
    context: Json | None = None


@dataclass(frozen=True)
class Saved:
    """A stored user turn, and whether the bot still owes an answer to it."""

    turn: Turn
    answer: Turn | None  # the answer that was given already
    owes_answer: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a question, outside any conversation."""

    kind: AnswerKind
    text: str
    confidence: float
    lang: str
    citations: tuple[Citation, ...] = ()
    actions: tuple[Action, ...] = field(default=())

    def to_json(self) -> Json:
        """The contract of `jieda ask --json`."""
        cited = [
            {
                "chunk_id": one.chunk_id,
                "article_id": one.article_id,
                "title": one.title,
                "quote": one.quote,
                "locator": one.locator.to_json(),
            }
            for one in self.citations
        ]
        return {
            "kind": str(self.kind),
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "citations": cited,
        }


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
