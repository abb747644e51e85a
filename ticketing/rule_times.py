"""Time as a trigger: what came due in a stretch of time, looked up the same way for live rules and dry runs.

Live (`until_now`), only what still holds counts: a silence that has ended meanwhile is none. Over history,
everything that came due in the stretch counts, by what the history says of that moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from foundation.db import ReadSession
from ticketing import history
from ticketing.lifecycle import ACTIVE, UNFINISHED
from ticketing.rule_facts import batch_of
from ticketing.rule_types import Occurrence, Trigger, When
from ticketing.tables import ClockTable, CompanyTable, HistoryTable, MessageTable, PersonTable, TicketTable
from ticketing.types import ClockState, MessageRole, State, Visibility

SWEEP_EVERY = {When.SLA_WARNING: timedelta(minutes=1)}  # the rest:
SWEEP_RARELY = timedelta(minutes=15)

Activity = Callable[[ReadSession, datetime, datetime], Mapping[int, list[datetime]]]
_activities: list[Activity] = []


def add_activity(source: Activity) -> None:
    """Let a higher room tell when people were heard of in (start, end]: person id → instants."""
    if source not in _activities:
        _activities.append(source)


def came_due(session: ReadSession, trigger: Trigger, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """Everything that came due in (start, end], whether it still holds or not."""
    return _LOOKS[trigger.on](session, trigger.options, start, end, False)


def due_now(session: ReadSession, trigger: Trigger, now: datetime) -> Iterator[Occurrence]:
    """Everything that came due by now and still holds, however long ago it did."""
    return _LOOKS[trigger.on](session, trigger.options, now - timedelta(days=3650), now, True)


# A promise about to break


def _warnings(
    session: ReadSession, _options: Mapping[str, Any], start: datetime, end: datetime, holds: bool
) -> Iterator[Occurrence]:
    statement = select(ClockTable).where(ClockTable.warn_at > start, ClockTable.warn_at <= end)
    if holds:
        statement = statement.where(ClockTable.state == ClockState.RUNNING, ClockTable.due_at > end)
    else:
        statement = statement.where(or_(ClockTable.met_at.is_(None), ClockTable.met_at > ClockTable.warn_at))
        statement = statement.where(ClockTable.state != ClockState.PAUSED)
    for row in session.scalars(statement.order_by(ClockTable.warn_at)):
        key = f"warned:{row.ticket_id}:{row.metric}:{row.due_at.isoformat()}"
        facts = {"event.metric": row.metric}
        yield Occurrence(key=key, at=row.warn_at, when=When.SLA_WARNING, ticket_id=row.ticket_id, facts=facts)


# Tickets nobody writes in


def _silent_tickets(
    session: ReadSession, options: Mapping[str, Any], start: datetime, end: datetime, holds: bool
) -> Iterator[Occurrence]:
    silence, role = timedelta(days=options["days"]), _last_word(options["waiting"])
    said: dict[int, list[tuple[datetime, str, int]]] = defaultdict(list)
    for one in session.execute(_public_messages(start - silence, end, holds)):
        said[one.ticket_id].append((one.created_at, one.role, one.id))
    for ticket_id, messages in said.items():
        found = messages[-1:] if holds else messages
        nexts = [at for at, _, _ in messages[1:]] + [None]
        for (at, spoke, message_id), after in zip(found, nexts[-len(found) :], strict=True):
            due = at + silence
            if spoke != role or not start < due <= end or (after is not None and after <= due):
                continue
            if _was_waiting(session, ticket_id, end if holds else due, options["waiting"]):
                yield Occurrence(
                    key=f"silent:{message_id}:{options['days']:g}",
                    at=due,
                    when=When.TICKET_SILENT,
                    ticket_id=ticket_id,
                    facts={"event.days": (end - at) / timedelta(days=1) if holds else float(options["days"])},
                )


def _last_word(waiting: str) -> str:
    return str(MessageRole.CUSTOMER if waiting == "us" else MessageRole.AGENT)


def _public_messages(since: datetime, until: datetime, unfinished_only: bool) -> Any:
    """What customer and agents said to each other, in order; what bot and house say breaks no silence."""
    statement = (
        select(MessageTable.ticket_id, MessageTable.created_at, MessageTable.role, MessageTable.id)
        .join(TicketTable, TicketTable.id == MessageTable.ticket_id)
        .where(
            MessageTable.visibility == Visibility.PUBLIC,
            MessageTable.role.in_((MessageRole.CUSTOMER, MessageRole.AGENT)),
            MessageTable.created_at > since,
            MessageTable.created_at <= until,
        )
        .order_by(MessageTable.ticket_id, MessageTable.id)
    )
    return statement.where(TicketTable.state.in_(UNFINISHED)) if unfinished_only else statement


def _was_waiting(session: ReadSession, ticket_id: int, at: datetime, waiting: str) -> bool:
    state = State.NEW
    for entry in history.entries(session, ticket_id):
        if entry.at <= at and entry.event == "state_changed":
            state = State(entry.detail["after"])
    return state in (ACTIVE if waiting == "us" else UNFINISHED)


# Companies nobody hears of


def _silent_companies(
    session: ReadSession, options: Mapping[str, Any], start: datetime, end: datetime, holds: bool
) -> Iterator[Occurrence]:
    silence = timedelta(days=options["days"])
    heard = companies_heard(session, start - silence, end)
    for slug in session.scalars(select(CompanyTable.slug).order_by(CompanyTable.slug)):
        instants = heard.get(slug, [])  # a company never heard of is new, not silent
        found = instants[-1:] if holds else instants
        nexts = [*instants[1:], None]
        for at, after in zip(found, nexts[-len(found) :], strict=True) if found else ():
            due = at + silence
            if start < due <= end and (after is None or after > due):
                yield Occurrence(
                    key=f"quiet:{slug}:{at.isoformat()}:{options['days']:g}",
                    at=due,
                    when=When.COMPANY_SILENT,
                    company=slug,
                    facts={"event.days": (end - at) / timedelta(days=1) if holds else float(options["days"])},
                )


def companies_heard(
    session: ReadSession, start: datetime, end: datetime, *, tier: int | None = None
) -> dict[str, list[datetime]]:
    """When each company, of one tier or of all, opened a ticket, wrote, was written to or rated, in order, by slug."""
    heard: dict[str, list[datetime]] = defaultdict(list)
    statement = (
        select(CompanyTable.slug, HistoryTable.at)
        .join(TicketTable, TicketTable.company_id == CompanyTable.id)
        .join(HistoryTable, HistoryTable.ticket_id == TicketTable.id)
        .where(
            HistoryTable.event.in_(("opened", "replied", "rated")),
            HistoryTable.at > start,
            HistoryTable.at <= end,
        )
    )
    if tier is not None:
        statement = statement.where(CompanyTable.tier_id == tier)
    for slug, at in session.execute(statement):
        heard[slug].append(at)
    for source in _activities:
        said = source(session, start, end)
        for person_id, slug in _companies_of(session, tier) if said else ():
            heard[slug].extend(said.get(person_id, ()))
    return {slug: sorted(instants) for slug, instants in heard.items()}


def _companies_of(session: ReadSession, tier: int | None) -> list[tuple[int, str]]:
    statement = select(PersonTable.id, CompanyTable.slug).join(
        CompanyTable, CompanyTable.id == PersonTable.company_id
    )
    if tier is not None:
        statement = statement.where(CompanyTable.tier_id == tier)
    return [(row[0], row[1]) for row in session.execute(statement)]


# Batches that come back more often


def _rising_repairs(
    session: ReadSession, options: Mapping[str, Any], start: datetime, end: datetime, holds: bool
) -> Iterator[Occurrence]:
    """Compares periods of `days` that lie side by side, counted from a fixed day, at each one's newest repair."""
    period = timedelta(days=options["days"])
    since = (end if holds else start) - 2 * period
    repairs: dict[str, list[datetime]] = defaultdict(list)
    wanted = TicketTable.kind.in_(options["kinds"]), TicketTable.product.is_not(None)
    statement = select(TicketTable.product, TicketTable.form_values, TicketTable.created_at)
    statement = statement.where(*wanted, TicketTable.created_at > since, TicketTable.created_at <= end)
    for product, values, at in session.execute(statement.order_by(TicketTable.created_at)):
        repairs[f"{product}/{batch_of(values) or ''}"].append(at)
    for batch, instants in repairs.items():
        told: set[int] = set()
        for at in [end] if holds else instants:
            count = Counter(
                "now" if at - period < one <= at else "before"
                for one in instants
                if at - 2 * period < one <= at
            )
            window = int(at.timestamp() // period.total_seconds())
            rises = count["now"] >= options["at_least"] and count["now"] * 100 >= count["before"] * (
                100 + options["percent"]
            )
            if rises and count["now"] > count["before"] and start < at <= end and window not in told:
                told.add(window)
                yield Occurrence(
                    key=f"repairs:{batch}:{options['days']:g}:{window}",
                    at=at,
                    when=When.REPAIRS_RISING,
                    batch=batch,
                    facts={"product.repairs": count["now"], "product.repairs_before": count["before"]},
                )


_LOOKS = {
    When.SLA_WARNING: _warnings,
    When.TICKET_SILENT: _silent_tickets,
    When.COMPANY_SILENT: _silent_companies,
    When.REPAIRS_RISING: _rising_repairs,
}
