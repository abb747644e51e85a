"""Adding turns to a locked conversation, and telling open pages about it."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot import repository
from chatbot.tables import ConversationTable, TurnTable
from chatbot.types import Action, Citation, Json, Turn, TurnKind, TurnRole
from foundation import clock, ids, live
from foundation.db import WriteSession


@dataclass(frozen=True, kw_only=True)
class NewTurn:
    """A turn before it has a place."""

    role: TurnRole
    kind: TurnKind
    text: str
    lang: str
    client_id: str | None = None
    answers: str | None = None
    citations: tuple[Citation, ...] = ()
    actions: tuple[Action, ...] = ()
    confidence: float | None = None
    author: str | None = None


def topic(conversation_id: str) -> str:
    """Where live news of a conversation is told: `turn` and `conversation` messages, not always in seq order."""
    return f"conversation:{conversation_id}"


def append(session: WriteSession, row: ConversationTable, new: NewTurn) -> Turn:
    """Add the next turn to a conversation whose row this transaction holds."""
    now = clock.now()
    row.last_seq += 1
    row.updated_at = now
    made = TurnTable(
        id=ids.new_id("t"),
        conversation_id=row.id,
        seq=row.last_seq,
        client_id=new.client_id,
        answers=new.answers,
        role=new.role,
        kind=new.kind,
        text=new.text,
        lang=new.lang,
        citations=[one.to_json() for one in new.citations],
        actions=[one.to_json() for one in new.actions],
        confidence=new.confidence,
        author=new.author,
        created_at=now,
    )
    session.add(made)
    session.flush()
    turn = repository.to_turn(made)
    live.tell_after_commit(session, topic(row.id), {"type": "turn", "turn": turn.to_json()})
    return turn


def tell_state(session: WriteSession, conversation_id: str, shown: Json) -> None:
    """Tell open pages how the conversation stands; `shown` is its JSON without turns."""
    live.tell_after_commit(session, topic(conversation_id), {"type": "conversation", "conversation": shown})
