"""SLA policies and working calendars, as the desk has set them up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from ticketing import calendar as working
from ticketing import directory, routing
from ticketing.calendar import ALWAYS, Calendar
from ticketing.directory_types import Words
from ticketing.errors import UnknownSlugError
from ticketing.policy_types import Alerted, Rung, SlaPolicy
from ticketing.tables import CalendarTable, SlaPolicyTable
from ticketing.types import Priority


def upsert_calendar(session: WriteSession, slug: str, name: Words, spec: Mapping[str, Any]) -> Calendar:
    """Make or update a calendar; `spec` as `ticketing.calendar.from_spec` reads it.

    Clocks that run follow when their ticket changes next. Raises BadCalendarError.
    """
    made = working.from_spec(slug, spec)
    row = session.scalar(select(CalendarTable).where(CalendarTable.slug == slug))
    if row is None:
        row = CalendarTable(slug=slug)
        session.add(row)
    row.name, row.spec = dict(name), _as_json(spec)
    session.flush()
    return made


def _as_json(written: Any) -> Any:
    if isinstance(written, Mapping):
        return {str(key): _as_json(value) for key, value in written.items()}
    if isinstance(written, list | tuple):
        return [_as_json(value) for value in written]
    return written.isoformat() if isinstance(written, date) else written


def calendars(session: ReadSession) -> dict[str, Calendar]:
    """All calendars by slug, the desk's first one first; `24x7` is always there."""
    rows = session.scalars(select(CalendarTable).order_by(CalendarTable.id))
    return {row.slug: _read(row) for row in rows} | {ALWAYS.slug: ALWAYS}


def calendar(session: ReadSession, slug: str) -> Calendar:
    """One calendar. Raises UnknownSlugError."""
    if slug == ALWAYS.slug:
        return ALWAYS
    row = session.scalar(select(CalendarTable).where(CalendarTable.slug == slug))
    if row is None:
        raise UnknownSlugError("calendar", slug)
    return _read(row)


def _read(row: CalendarTable) -> Calendar:
    return _parsed(row.slug, json.dumps(row.spec, sort_keys=True))


@lru_cache(maxsize=64)  # a calendar remembers the intervals it has worked out
def _parsed(slug: str, spec: str) -> Calendar:
    return working.from_spec(slug, json.loads(spec))


def desk_calendar(session: ReadSession) -> Calendar:
    """When the desk as a whole works: its first calendar, or always."""
    return next(iter(calendars(session).values()))


def policies(session: ReadSession) -> list[SlaPolicy]:
    """All policies in the order in which they are tried."""
    rows = session.scalars(select(SlaPolicyTable).order_by(SlaPolicyTable.position, SlaPolicyTable.id))
    return [_to_policy(row) for row in rows]


def _to_policy(row: SlaPolicyTable) -> SlaPolicy:
    return SlaPolicy(
        id=row.id,
        slug=row.slug,
        name=row.name,
        position=row.position,
        tier=row.tier,
        priority=Priority(row.priority) if row.priority else None,
        kind=row.kind,
        calendar=row.calendar,
        first_response_minutes=row.first_response_minutes,
        resolution_minutes=row.resolution_minutes,
        next_response_minutes=row.next_response_minutes,
        warn_percent=row.warn_percent,
        escalations=tuple(read_rung(one) for one in row.escalations),
    )


def read_rung(spec: Mapping[str, Any]) -> Rung:
    """One rung as YAML and the tables write it: `{after_minutes, notify}`."""
    return Rung(int(spec["after_minutes"]), tuple(Alerted(one) for one in spec["notify"]))


def rung_json(rung: Rung) -> dict[str, Any]:
    """The same the other way."""
    return {"after_minutes": rung.after_minutes, "notify": [str(one) for one in rung.notify]}


def policy_for(session: ReadSession, *, tier: str | None, priority: Priority, kind: str) -> SlaPolicy | None:
    """The first policy whose conditions hold; someone without a tier counts as the last tier."""
    counted = routing.counted_tier(directory.tiers(session), tier)
    for policy in policies(session):
        wanted = ((policy.tier, counted), (policy.priority, priority), (policy.kind, kind))
        if all(condition in (None, value) for condition, value in wanted):
            return policy
    return None


def upsert_policy(session: WriteSession, new: SlaPolicy) -> None:
    """Make or update the policy with this slug; the id is ignored.

    What was promised before keeps its target until the ticket's tier or priority changes. Raises
    UnknownSlugError for a calendar that does not exist.
    """
    calendar(session, new.calendar)
    row = session.scalar(select(SlaPolicyTable).where(SlaPolicyTable.slug == new.slug))
    if row is None:
        row = SlaPolicyTable(slug=new.slug)
        session.add(row)
    row.name, row.position, row.calendar = dict(new.name), new.position, new.calendar
    row.tier, row.priority, row.kind = new.tier, new.priority, new.kind
    row.first_response_minutes, row.resolution_minutes = new.first_response_minutes, new.resolution_minutes
    row.next_response_minutes, row.warn_percent = new.next_response_minutes, new.warn_percent
    row.escalations = [rung_json(one) for one in sorted(new.escalations, key=lambda rung: rung.after_minutes)]
    session.flush()
