"""Conversations as something that belongs to a person: for merging two entries, for the view of a customer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chatbot.tables import ConversationTable, TurnTable
from chatbot.types import TurnRole
from foundation import timeline
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
        rows = session.scalars(select(ConversationTable).where(*wanted)).all()
        first = _first_words_of(session, [row.id for row in rows])
        return [
            Arrival(
                kind=self.kind,
                ref=row.id,
                title=first.get(row.id, ""),
                at=row.created_at,
                probably="kept",
            )
            for row in rows
        ]


@dataclass(frozen=True, kw_only=True)
class Talks:
    """How much these people talked with us."""

    last_at: datetime | None
    recent: int  # conversations begun since the first instant asked for
    before: int  # between the two


def talks(session: ReadSession, people: Any, *, recent_since: datetime, before_since: datetime) -> Talks:
    """Conversations of these people; `people` is a select of their ids."""
    mine = ConversationTable.person_id.in_(people)
    counts = select(
        func.count().filter(ConversationTable.created_at >= recent_since),
        func.count().filter(ConversationTable.created_at < recent_since),
    ).where(mine, ConversationTable.created_at >= before_since)
    recent, before = session.execute(counts).one()
    last = session.scalar(select(func.max(ConversationTable.updated_at)).where(mine))
    return Talks(last_at=last, recent=recent, before=before)


def entries(
    session: ReadSession, people: Any, cursor: timeline.Cursor | None, limit: int
) -> list[timeline.Entry]:
    """Conversations of these people, newest first, as a source of a timeline."""
    talk = ConversationTable
    behind = timeline.behind(cursor, ConversationHolding.kind, talk.created_at, talk.id)
    wanted = select(talk).where(talk.person_id.in_(people), behind)
    rows = session.scalars(wanted.order_by(talk.created_at.desc(), talk.id.desc()).limit(limit)).all()
    first = _first_words_of(session, [row.id for row in rows])
    return [
        timeline.Entry(
            at=row.created_at,
            kind=ConversationHolding.kind,
            ref=row.id,
            title=first.get(row.id, ""),
            person_id=row.person_id,
            detail={"state": row.state, "ticket_id": row.ticket_id, "turns": row.last_seq, "page": row.page},
        )
        for row in rows
    ]


def _first_words_of(session: ReadSession, ids: Collection[str]) -> dict[str, str]:
    said = TurnTable.conversation_id.in_(ids), TurnTable.role == TurnRole.USER
    first = (
        select(TurnTable.conversation_id, func.min(TurnTable.seq).label("seq"))
        .where(*said)
        .group_by(TurnTable.conversation_id)
        .subquery()
    )
    same = (TurnTable.conversation_id == first.c.conversation_id) & (TurnTable.seq == first.c.seq)
    statement = select(TurnTable.conversation_id, TurnTable.text).join(first, same)
    return {row[0]: row[1].strip()[:_TITLE_CHARS] for row in session.execute(statement)}
