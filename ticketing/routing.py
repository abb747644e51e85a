"""Routing: which queue a ticket waits in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from ticketing import directory
from ticketing.directory_types import Tier, Words
from ticketing.errors import UnknownSlugError
from ticketing.tables import QueueTable, TeamTable
from ticketing.types import Queue

_CATCH_ALL = "general"


def queues(session: ReadSession) -> list[Queue]:
    """All queues by position."""
    statement = (
        select(QueueTable, TeamTable.slug)
        .outerjoin(TeamTable, TeamTable.id == QueueTable.team_id)
        .order_by(QueueTable.position, QueueTable.id)
    )
    return [_to_queue(row, team) for row, team in session.execute(statement)]


def _to_queue(row: QueueTable, team: str | None) -> Queue:
    return Queue(
        row.id,
        row.slug,
        row.name,
        row.position,
        team,
        tuple(row.tiers),
        tuple(row.languages),
        tuple(row.kinds),
    )


def queue(session: ReadSession, slug: str) -> Queue:
    """One queue. Raises UnknownSlugError."""
    for known in queues(session):
        if known.slug == slug:
            return known
    raise UnknownSlugError("queue", slug)


def choose(known: Iterable[Queue], *, tier: str | None, language: str, kind: str) -> Queue | None:
    """The first queue by position whose conditions all hold; else the last without conditions, or the last.

    None only if there is no queue at all. `tier` is the one that counts, see `counted_tier`.
    """
    ordered = sorted(known, key=lambda one: (one.position, one.id))
    for one in ordered:
        if _holds(one.tiers, tier) and _holds(one.languages, language) and _holds(one.kinds, kind):
            return one
    open_to_all = [one for one in ordered if not (one.tiers or one.languages or one.kinds)]
    fallbacks = open_to_all or ordered
    return fallbacks[-1] if fallbacks else None


def _holds(condition: Sequence[str], value: str | None) -> bool:
    return not condition or value in condition


def counted_tier(tiers: Sequence[Tier], tier: str | None) -> str | None:
    """The tier that routing and promises go by: someone without a tier counts as the last."""
    return tier or (tiers[-1].slug if tiers else None)


def route(session: WriteSession, *, tier: str | None, language: str, kind: str) -> Queue:
    """The queue of a ticket; a desk without queues gets one for everything."""
    counted = counted_tier(directory.tiers(session), tier)
    found = choose(queues(session), tier=counted, language=language, kind=kind)
    return found or upsert_queue(
        session, Queue(0, _CATCH_ALL, {"zh": "全部工单", "en": "All tickets"}, 1, None)
    )


def upsert_queue(session: WriteSession, new: Queue) -> Queue:
    """Make or update the queue with this slug; the id is ignored. Raises UnknownSlugError."""
    team_id = directory.id_of(session, TeamTable, "team", new.team)
    row = session.scalar(select(QueueTable).where(QueueTable.slug == new.slug))
    if row is None:
        row = QueueTable(slug=new.slug)
        session.add(row)
    name: Words = dict(new.name)
    row.name, row.position, row.team_id = name, new.position, team_id
    row.tiers, row.languages, row.kinds = list(new.tiers), list(new.languages), list(new.kinds)
    session.flush()
    return _to_queue(row, new.team)
