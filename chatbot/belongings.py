"""Conversations as something that belongs to a person, for merging two entries of the directory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from chatbot.tables import ConversationTable, TurnTable
from chatbot.types import TurnRole
from foundation.db import ReadSession, WriteSession
from ticketing.merging_types import Arrival, Moved

_TITLE_CHARS = 120


class ConversationHolding:
    """The conversations of a person."""

    kind = "conversation"

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand conversations over."""
        wanted = select(ConversationTable).where(ConversationTable.person_id == giver)
        if refs is not None:
            wanted = wanted.where(ConversationTable.id.in_(refs))
        rows = session.scalars(wanted.order_by(ConversationTable.id).with_for_update()).all()
        for row in rows:
            row.person_id = taker
        session.flush()
        return [Moved(ref=row.id, detail={}) for row in rows]

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Hand them back."""
        self.give(session, giver, taker, [one.ref for one in moved])

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """Conversations begun after that time."""
        del merged_contacts  # a conversation does not say through which address one signed in
        wanted = ConversationTable.person_id == person_id, ConversationTable.created_at >= at
        return [
            Arrival(
                kind=self.kind,
                ref=row.id,
                title=_first_words(session, row.id),
                at=row.created_at,
                probably="kept",
            )
            for row in session.scalars(select(ConversationTable).where(*wanted))
        ]


def _first_words(session: ReadSession, conversation_id: str) -> str:
    said = TurnTable.conversation_id == conversation_id, TurnTable.role == TurnRole.USER
    text = session.scalar(select(TurnTable.text).where(*said).order_by(TurnTable.seq).limit(1))
    return (text or "").strip()[:_TITLE_CHARS]
