"""When people were heard of in conversations, for rules about silence."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, select

from chatbot.tables import ConversationTable, TurnTable
from chatbot.types import TurnRole
from foundation.db import ReadSession


def heard(session: ReadSession, start: datetime, end: datetime) -> dict[int, list[datetime]]:
    """When each person last said something on each day in (start, end], by the person's id."""
    statement = (
        select(ConversationTable.person_id, func.max(TurnTable.created_at))
        .join(TurnTable, TurnTable.conversation_id == ConversationTable.id)
        .where(
            ConversationTable.person_id.is_not(None),
            TurnTable.role == TurnRole.USER,
            TurnTable.created_at > start,
            TurnTable.created_at <= end,
        )
        .group_by(ConversationTable.person_id, func.date(TurnTable.created_at))
    )
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    for person_id, at in session.execute(statement):
        if person_id is not None:
            found[person_id].append(at)
    return found
