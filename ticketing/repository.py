"""Tickets as SQL: finding, locking, listing and turning rows into what crosses the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from foundation import clock
from foundation.access import TicketScope, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import clocks, directory, lifecycle, queue_order, routing, ticket_search, workflows
from ticketing.errors import TicketNotFoundError
from ticketing.tables import (
    AgentTable,
    ClockTable,
    CompanyTable,
    MessageTable,
    PersonTable,
    QueueTable,
    ReadMarkTable,
    TicketTable,
    TierTable,
)
from ticketing.types import (
    AgentRef,
    Channel,
    Clock,
    ClockState,
    CompanyRef,
    LastMessage,
    MessageRole,
    Metric,
    Order,
    Priority,
    Promise,
    Requester,
    State,
    Status,
    TicketFilter,
    TicketSummary,
    Visibility,
)
from ticketing.workflow_types import WorkflowSpec

MOST_COUNTED = 10_000  # nobody reads on, and counting a million takes longer than showing the first hundred


def number(ticket_id: int) -> str:
    """The ticket's number as people read it."""
    return f"JD-{ticket_id:06d}"


def visible_to(viewer: Viewer) -> ColumnElement[bool] | None:
    """The tickets a viewer may see: staff all (None), customers their own and, as far as their scope
    reaches, their department's or their company's.
    """
    if viewer.is_staff:
        return None
    if viewer.person_id is None:
        return false()
    own = TicketTable.requester_id == viewer.person_id
    if viewer.company is None or viewer.ticket_scope is TicketScope.PERSON:
        return own
    company = select(CompanyTable.id).where(CompanyTable.slug == viewer.company).scalar_subquery()
    of_company = TicketTable.company_id == company
    if viewer.ticket_scope is TicketScope.COMPANY:
        return or_(own, of_company)
    if viewer.department is None:
        return own  # in no department there is nobody else
    return or_(own, and_(of_company, TicketTable.department == viewer.department))


def find(session: ReadSession, viewer: Viewer, ticket_id: int) -> TicketTable:
    """One ticket. Raises TicketNotFoundError for what is not there and what the viewer may not see."""
    bound = visible_to(viewer)
    statement = select(TicketTable).where(TicketTable.id == ticket_id)
    row = session.scalar(statement if bound is None else statement.where(bound))
    if row is None:
        raise TicketNotFoundError(ticket_id)
    return row


def lock(session: WriteSession, ticket_id: int) -> TicketTable:
    """One ticket, fresh, with its row locked until the transaction ends: one writer at a time.

    Raises TicketNotFoundError. Who may see it is the caller's to check.
    """
    session.flush()
    statement = select(TicketTable).where(TicketTable.id == ticket_id).with_for_update()
    row = session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise TicketNotFoundError(ticket_id)
    return row


def lock_if_free(session: WriteSession, ticket_id: int) -> TicketTable | None:
    """One ticket, fresh and locked as by `lock`; None at once if it is not there or somebody else has it locked."""
    session.flush()
    statement = select(TicketTable).where(TicketTable.id == ticket_id).with_for_update(skip_locked=True)
    return session.scalar(statement.execution_options(populate_existing=True))


def list_rows(
    session: ReadSession,
    viewer: Viewer,
    wanted: TicketFilter,
    *,
    order: Order,
    limit: int,
    offset: int,
) -> tuple[list[TicketTable], int]:
    """One page of the tickets a viewer may see, and how many there are, counted up to `MOST_COUNTED`.

    Of what a search finds, the newest `ticket_search.NEWEST` are looked at.
    """
    conditions = _conditions(session, viewer, wanted)
    if wanted.q:
        newest = select(TicketTable.id).where(*conditions).order_by(TicketTable.id.desc())
        conditions = [TicketTable.id.in_(session.scalars(newest.limit(ticket_search.NEWEST)).all())]
    some = select(TicketTable.id).where(*conditions).limit(MOST_COUNTED).subquery()
    total = session.scalar(select(func.count()).select_from(some)) or 0
    statement = select(TicketTable).where(*conditions).order_by(*_order(session, order))
    return list(session.scalars(statement.limit(limit).offset(offset))), total


def _order(session: ReadSession, order: Order) -> list[Any]:
    if order is Order.NEWEST:
        return [TicketTable.created_at.desc(), TicketTable.id.desc()]
    if order is Order.UPDATED:
        return [TicketTable.updated_at.desc(), TicketTable.id.desc()]
    return queue_order.promise_order(directory.tiers(session), clock.now())


def _conditions(session: ReadSession, viewer: Viewer, wanted: TicketFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool] | None] = [
        visible_to(viewer),
        _slug_in(TicketTable.queue_id, QueueTable, wanted.queue),
        _slug_in(TicketTable.company_id, CompanyTable, wanted.company),
        _slug_in(TicketTable.tier_id, TierTable, wanted.tier),
        TicketTable.state.in_(wanted.states) if wanted.states else None,
        TicketTable.requester_id == wanted.requester_id if wanted.requester_id is not None else None,
        _assigned(viewer, wanted),
        ticket_search.matching(session, wanted.q) if wanted.q else None,
    ]
    return [condition for condition in found if condition is not None]


def _slug_in(column: Any, table: Any, slug: str | None) -> ColumnElement[bool] | None:
    if slug is None:
        return None
    condition: ColumnElement[bool] = column.in_(select(table.id).where(table.slug == slug))
    return condition


def _assigned(viewer: Viewer, wanted: TicketFilter) -> ColumnElement[bool] | None:
    if wanted.assignee is None:
        return None
    if wanted.assignee == "none":
        return TicketTable.assignee_id.is_(None)
    agent_id = viewer.agent_id if wanted.assignee == "me" else wanted.assignee
    return false() if agent_id is None else TicketTable.assignee_id == agent_id


# From rows to values


@dataclass(frozen=True)
class _Around:
    """What a page of tickets refers to, read in a few queries however long the page is."""

    now: datetime
    statuses: list[Status]
    queues: dict[int, Any]
    tiers: dict[int, str]
    companies: dict[int, CompanyRef]
    people: dict[int, Requester]
    agents: dict[int, AgentRef]
    clocks: dict[int, list[Clock]]
    last: dict[int, LastMessage]
    unread: set[int]
    ways: dict[int, WorkflowSpec]
    is_staff: bool


def summaries(session: ReadSession, viewer: Viewer, rows: Sequence[TicketTable]) -> list[TicketSummary]:
    """Rows as lists show them, in the same order."""
    if not rows:
        return []
    around = _around(session, viewer, rows)
    return [TicketSummary(**summary_fields(row, around)) for row in rows]


def fields_of(session: ReadSession, viewer: Viewer, row: TicketTable) -> dict[str, Any]:
    """The fields of one ticket's summary."""
    return summary_fields(row, _around(session, viewer, [row]))


def _around(session: ReadSession, viewer: Viewer, rows: Sequence[TicketTable]) -> _Around:
    ids, now = [row.id for row in rows], clock.now()
    running: dict[int, list[Clock]] = {}
    shown: list[ColumnElement[bool]] = [ClockTable.ticket_id.in_(ids)]
    if not viewer.is_staff:  # how long a step may take is the desk's own matter
        shown.append(ClockTable.metric != Metric.STEP)
    for stored in session.scalars(select(ClockTable).where(*shown).order_by(ClockTable.id)):
        running.setdefault(stored.ticket_id, []).append(clocks.to_clock(stored, now))
    companies = select(CompanyTable).where(CompanyTable.id.in_({row.company_id for row in rows}))
    people = select(PersonTable).where(PersonTable.id.in_({row.requester_id for row in rows}))
    agents = (
        select(AgentTable.id, PersonTable.name)
        .join(PersonTable, PersonTable.id == AgentTable.person_id)
        .where(AgentTable.id.in_({row.assignee_id for row in rows}))
    )
    return _Around(
        now=now,
        statuses=lifecycle.statuses(session),
        queues={queue.id: queue for queue in routing.queues(session)},
        tiers={tier.id: tier.slug for tier in directory.tiers(session)},
        companies={one.id: CompanyRef(one.slug, one.name) for one in session.scalars(companies)},
        people={one.id: Requester(one.id, one.name, one.email) for one in session.scalars(people)},
        agents={key: AgentRef(key, name) for key, name in session.execute(agents)},
        clocks=running,
        last=_last_messages(session, viewer, ids),
        unread=_unread(session, viewer, ids),
        ways=workflows.specs_by_id(session, {row.workflow_version_id for row in rows}),
        is_staff=viewer.is_staff,
    )


def _last_messages(session: ReadSession, viewer: Viewer, ids: Sequence[int]) -> dict[int, LastMessage]:
    newest = select(func.max(MessageTable.id)).where(MessageTable.ticket_id.in_(ids))
    if not viewer.is_staff:
        newest = newest.where(MessageTable.visibility == Visibility.PUBLIC)
    statement = select(MessageTable).where(MessageTable.id.in_(newest.group_by(MessageTable.ticket_id)))
    return {
        row.ticket_id: LastMessage(MessageRole(row.role), row.text, row.created_at)
        for row in session.scalars(statement)
    }


def _unread(session: ReadSession, viewer: Viewer, ids: Sequence[int]) -> set[int]:
    """Tickets where the other side has written after what this person marked as read."""
    other = MessageRole.CUSTOMER if viewer.is_staff else MessageRole.AGENT
    mark = and_(
        ReadMarkTable.ticket_id == MessageTable.ticket_id, ReadMarkTable.person_id == viewer.person_id
    )
    statement = (
        select(MessageTable.ticket_id)
        .outerjoin(ReadMarkTable, mark)
        .where(
            MessageTable.ticket_id.in_(ids),
            MessageTable.role == other,
            MessageTable.visibility == Visibility.PUBLIC,
            MessageTable.id > func.coalesce(ReadMarkTable.message_id, 0),
        )
        .distinct()
    )
    return set(session.scalars(statement))


def summary_fields(row: TicketTable, around: _Around) -> dict[str, Any]:
    """Everything a summary holds."""
    running = tuple(around.clocks.get(row.id, ()))
    return {
        "id": row.id,
        "number": number(row.id),
        "subject": row.subject,
        "status": _status(row, around),
        "priority": Priority(row.priority),
        "kind": row.kind,
        "tier": around.tiers.get(row.tier_id or 0),
        "company": around.companies.get(row.company_id or 0),
        "requester": _requester(row, around),
        "queue": around.queues[row.queue_id],
        "assignee": around.agents.get(row.assignee_id or 0),
        "language": row.language,
        "channel": Channel(row.channel),
        "product": row.product,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "waiting_since": row.waiting_since,
        "clocks": running,
        "promise": promise(running, around.now),
        "due_at": queue_order.next_due(running),
        "version": row.version,
        "last_message": around.last.get(row.id),
        "unread": row.id in around.unread,
        "conversation_id": row.conversation_id,
    }


def _status(row: TicketTable, around: _Around) -> Status:
    spec = around.ways.get(row.workflow_version_id or 0)
    known = workflows.known_statuses(spec, around.statuses)
    found = lifecycle.find_status(known, State(row.state), row.status)
    step = spec.step(found.slug) if spec and not around.is_staff else None
    return replace(found, name=step.told) if step else found


def _requester(row: TicketTable, around: _Around) -> Requester | None:
    if row.requester_id is not None:
        return around.people[row.requester_id]
    if row.requester_name or row.requester_email:
        return Requester(None, row.requester_name, row.requester_email)
    return None


def promise(running: Sequence[Clock], now: datetime) -> Promise | None:
    """How the promises stand together: the ones not yet fulfilled, or all of them once they are."""
    if not running:
        return None
    pending = [one for one in running if one.met_at is None]
    if any(one.state is ClockState.BREACHED for one in pending or running):
        return Promise.BREACHED
    if not pending:
        return Promise.MET
    is_soon = any(one.state is ClockState.RUNNING and one.warn_at <= now for one in pending)
    return Promise.SOON if is_soon else Promise.ON_TIME
