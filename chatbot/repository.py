"""Every SQL statement of the chatbot; private to this room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from chatbot.tables import ConversationTable, TurnTable
from chatbot.types import Action, Citation, Feedback, Turn, TurnKind, TurnRole
from foundation.db import ReadSession, WriteSession


def conversation(session: ReadSession, conversation_id: str) -> ConversationTable | None:
    """The row as it is now."""
    return session.get(ConversationTable, conversation_id, populate_existing=True)


def lock(session: WriteSession, conversation_id: str) -> ConversationTable | None:
    """The row, held until the end of the transaction: turns are added by one writer at a time.

    SQLite has no row locks and needs none, its write transactions exclude each other.
    """
    statement = (
        select(ConversationTable)
        .where(ConversationTable.id == conversation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalar(statement)


def ids_of_ticket(session: ReadSession, ticket_id: int) -> Sequence[str]:
    """The conversations that this ticket answers now; several after a merge."""
    mine = ConversationTable.ticket_id == ticket_id
    return session.scalars(select(ConversationTable.id).where(mine)).all()


def of_person(session: ReadSession, person_id: int, *, limit: int) -> Sequence[ConversationTable]:
    """A person's conversations, the latest first."""
    statement = (
        select(ConversationTable)
        .where(ConversationTable.person_id == person_id)
        .order_by(ConversationTable.updated_at.desc(), ConversationTable.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def turns(session: ReadSession, conversation_id: str, *, after: int = 0) -> list[Turn]:
    """Turns with a higher seq than `after`, in order."""
    statement = (
        select(TurnTable)
        .where(TurnTable.conversation_id == conversation_id, TurnTable.seq > after)
        .order_by(TurnTable.seq)
    )
    return [to_turn(row) for row in session.scalars(statement)]


def turn_row(session: ReadSession, conversation_id: str, turn_id: str) -> TurnTable | None:
    """One turn of this conversation."""
    statement = select(TurnTable).where(TurnTable.conversation_id == conversation_id, TurnTable.id == turn_id)
    return session.scalar(statement)


def turn_by_client_id(session: ReadSession, conversation_id: str, client_id: str) -> TurnTable | None:
    """The turn its sender named so."""
    statement = select(TurnTable).where(
        TurnTable.conversation_id == conversation_id, TurnTable.client_id == client_id
    )
    return session.scalar(statement)


def answer_to(session: ReadSession, turn_id: str) -> TurnTable | None:
    """The assistant's or system's turn that answers this user turn."""
    return session.scalar(select(TurnTable).where(TurnTable.answers == turn_id))


def last_survey(session: ReadSession, conversation_id: str) -> TurnTable | None:
    """The latest turn that asks for a rating."""
    statement = (
        select(TurnTable)
        .where(TurnTable.conversation_id == conversation_id, TurnTable.kind == TurnKind.SURVEY)
        .order_by(TurnTable.seq.desc())
        .limit(1)
    )
    return session.scalar(statement)


def votes(session: ReadSession, *, limit: int) -> list[tuple[float, bool]]:
    """The confidence of the latest answers that customers voted on, and whether they helped."""
    statement = (
        select(TurnTable.confidence, TurnTable.feedback)
        .where(
            TurnTable.kind == TurnKind.ANSWER,
            TurnTable.feedback.is_not(None),
            TurnTable.confidence.is_not(None),
        )
        .order_by(TurnTable.created_at.desc(), TurnTable.id)
        .limit(limit)
    )
    return [(row[0] or 0.0, row[1] == Feedback.UP) for row in session.execute(statement)]


def counts_since(session: ReadSession, since: datetime) -> tuple[int, int, int]:
    """Conversations begun since then; of those, with at least one answer, and handed off."""
    begun = ConversationTable.created_at >= since
    total = session.scalar(select(func.count(ConversationTable.id)).where(begun)) or 0
    of_kind = (
        select(TurnTable.kind, func.count(func.distinct(TurnTable.conversation_id)))
        .join(ConversationTable, ConversationTable.id == TurnTable.conversation_id)
        .where(begun, TurnTable.kind.in_([TurnKind.ANSWER, TurnKind.HANDOFF]))
        .group_by(TurnTable.kind)
    )
    by_kind: dict[str, int] = {row[0]: row[1] for row in session.execute(of_kind)}
    return total, by_kind.get(TurnKind.ANSWER, 0), by_kind.get(TurnKind.HANDOFF, 0)


def to_turn(row: TurnTable) -> Turn:
    """The row as a value."""
    return Turn(
        id=row.id,
        seq=row.seq,
        client_id=row.client_id,
        role=TurnRole(row.role),
        kind=TurnKind(row.kind),
        text=row.text,
        lang=row.lang,
        citations=tuple(Citation.from_json(one) for one in row.citations),
        actions=tuple(Action(**one) for one in row.actions),
        confidence=row.confidence,
        author=row.author,
        feedback=Feedback(row.feedback) if row.feedback else None,
        created_at=row.created_at,
    )
