"""Routing: which queue a ticket waits in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import aliased

from foundation.db import ReadSession, WriteSession
from ticketing import directory
from ticketing.directory_types import Tier, Words
from ticketing.errors import UnknownSlugError
from ticketing.tables import QueueTable, TeamTable
from ticketing.types import Queue, QueueRouting

_CATCH_ALL = "general"


def queues(session: ReadSession) -> list[Queue]:
    """All queues by position."""
    helping = aliased(TeamTable)
    statement = (
        select(QueueTable, TeamTable.slug, helping.slug)
        .outerjoin(TeamTable, TeamTable.id == QueueTable.team_id)
        .outerjoin(helping, helping.id == QueueTable.fallback_team_id)
        .order_by(QueueTable.position, QueueTable.id)
    )
    return [_to_queue(*row) for row in session.execute(statement)]


def _to_queue(row: QueueTable, team: str | None, helping: str | None) -> Queue:
    return Queue(
        row.id,
        row.slug,
        row.name,
        row.position,
        team,
        tuple(row.tiers),
        tuple(row.languages),
        tuple(row.kinds),
        QueueRouting(
            is_automatic=row.is_automatic,
            skills=tuple(row.skills),
            relax_after_minutes=row.relax_after_minutes,
            fallback_team=helping,
            fallback_after_minutes=row.fallback_after_minutes,
            ack_minutes=row.ack_minutes,
        ),
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
    set_routing(session, row, new.routing)
    session.flush()
    return _to_queue(row, new.team, new.routing.fallback_team)


def set_routing(session: WriteSession, row: QueueTable, new: QueueRouting) -> None:
    """How the queue's tickets are handed out. Raises UnknownSlugError."""
    row.is_automatic, row.skills = new.is_automatic, list(new.skills)
    row.relax_after_minutes, row.ack_minutes = new.relax_after_minutes, new.ack_minutes
    row.fallback_team_id = directory.id_of(session, TeamTable, "team", new.fallback_team)
    row.fallback_after_minutes = new.fallback_after_minutes
