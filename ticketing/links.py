"""How tickets belong together: links between them, and parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import history, lifecycle, moves, repository
from ticketing.link_errors import (
    ChildrenOpenError,
    LinkNotFoundError,
    LinkRefusedError,
)
from ticketing.link_types import Link, LinkKind, LinkSide
from ticketing.tables import LinkTable, TicketTable

_MOST_LINKS = 100
_SIDES = {
    LinkKind.RELATED: (LinkSide.RELATED, LinkSide.RELATED),
    LinkKind.CHILD: (LinkSide.PARENT, LinkSide.CHILD),
    LinkKind.FOLLOW_UP: (LinkSide.FOLLOWS, LinkSide.FOLLOWED_BY),
    LinkKind.SPLIT: (LinkSide.SPLIT_FROM, LinkSide.SPLIT_INTO),
}
_FOR_CUSTOMERS = frozenset({LinkSide.FOLLOWS, LinkSide.FOLLOWED_BY, LinkSide.SPLIT_FROM, LinkSide.SPLIT_INTO})


def link(session: WriteSession, viewer: Viewer, ticket_id: int, other_id: int, kind: LinkKind) -> None:
    """Link a ticket to another: as related, or as a part of it. Linking again changes nothing.

    Raises AgentRequiredError, TicketNotFoundError, and LinkRefusedError for a ticket and itself, for tickets of two
    companies where one is to be a part, for a second whole, for a circle, and for kinds that only come by themselves.
    """
    moves.require_agent(viewer)
    ticket, other = lock_both(session, ticket_id, other_id)
    _check(session, ticket, other, kind)
    if _row(session, ticket_id, other_id, kind) is None:
        add(session, ticket, other, kind, viewer)


def lock_both(session: WriteSession, one: int, two: int) -> tuple[TicketTable, TicketTable]:
    # in the order of their ids, so that two who link in opposite directions do not wait for each other
    locked = {key: repository.lock(session, key) for key in sorted({one, two})}
    return locked[one], locked[two]


def _check(session: ReadSession, ticket: TicketTable, other: TicketTable, kind: LinkKind) -> None:
    reason = _why_not(session, ticket, other, kind)
    if reason is None and kind is LinkKind.CHILD:
        reason = _why_no_part(session, ticket, other)
    if reason is not None:
        raise LinkRefusedError(ticket.id, other.id, reason)


def _why_not(session: ReadSession, ticket: TicketTable, other: TicketTable, kind: LinkKind) -> str | None:
    if ticket is other:
        return "it is the same"
    if kind not in (LinkKind.RELATED, LinkKind.CHILD):
        return "such links come by themselves"
    if any(len(_rows(session, one.id)) >= _MOST_LINKS for one in (ticket, other)):
        return f"a ticket has at most {_MOST_LINKS} links"
    return None


def _why_no_part(session: ReadSession, ticket: TicketTable, other: TicketTable) -> str | None:
    if ticket.company_id != other.company_id:
        return "they are of two companies"
    if _parent_of(session, ticket.id) not in (None, other.id):
        return "it is a part of another ticket already"
    return "the other is a part of it" if ticket.id in _wholes(session, other.id) else None


def _parent_of(session: ReadSession, ticket_id: int) -> int | None:
    mine = LinkTable.ticket_id == ticket_id, LinkTable.kind == LinkKind.CHILD
    return session.scalar(select(LinkTable.other_id).where(*mine))


def _wholes(session: ReadSession, ticket_id: int) -> set[int]:
    """The tickets of which this is a part, directly or not."""
    found = set[int]()
    at = _parent_of(session, ticket_id)
    while at is not None and at not in found:
        found.add(at)
        at = _parent_of(session, at)
    return found


def _row(session: ReadSession, ticket_id: int, other_id: int, kind: LinkKind) -> LinkTable | None:
    forward = and_(LinkTable.ticket_id == ticket_id, LinkTable.other_id == other_id)
    backward = and_(LinkTable.ticket_id == other_id, LinkTable.other_id == ticket_id)
    ends = or_(forward, backward) if kind is LinkKind.RELATED else forward
    return session.scalar(select(LinkTable).where(ends, LinkTable.kind == kind))


def add(
    session: WriteSession, ticket: TicketTable, other: TicketTable, kind: LinkKind, actor: Viewer | None
) -> None:
    """Write a link down, with both histories; the caller holds both locks and has made sure of it."""
    session.add(
        LinkTable(
            ticket_id=ticket.id,
            other_id=other.id,
            kind=kind,
            made_at=clock.now(),
            made_by=actor.name if actor else None,
        )
    )
    for one, two, side in ((ticket, other, _SIDES[kind][0]), (other, ticket, _SIDES[kind][1])):
        history.add(session, one, "linked", actor, side=side, other=repository.number(two.id))
        moves.tell(session, one, "updated")


def is_linked(session: ReadSession, ticket_id: int, other_id: int, kind: LinkKind) -> bool:
    """Whether the first stands to the second like this."""
    return _row(session, ticket_id, other_id, kind) is not None


def unlink(session: WriteSession, viewer: Viewer, ticket_id: int, other_id: int, kind: LinkKind) -> None:
    """Take a link away that somebody made. Raises AgentRequiredError, TicketNotFoundError, LinkNotFoundError."""
    moves.require_agent(viewer)
    ticket, other = lock_both(session, ticket_id, other_id)
    row = _row(session, ticket_id, other_id, kind)
    if row is None or kind not in (LinkKind.RELATED, LinkKind.CHILD):
        raise LinkNotFoundError(ticket_id, other_id)
    session.delete(row)
    for one, two in ((ticket, other), (other, ticket)):
        history.add(session, one, "unlinked", viewer, other=repository.number(two.id))
        moves.tell(session, one, "updated")


def _rows(session: ReadSession, ticket_id: int) -> Sequence[LinkTable]:
    mine = or_(LinkTable.ticket_id == ticket_id, LinkTable.other_id == ticket_id)
    return session.scalars(select(LinkTable).where(mine).order_by(LinkTable.id)).all()


def links(session: ReadSession, viewer: Viewer, ticket_id: int) -> list[Link]:
    """The tickets that belong to this one, as far as the viewer may see them; customers see what goes on where."""
    sides = {
        (row.other_id if row.ticket_id == ticket_id else row.ticket_id): _SIDES[LinkKind(row.kind)][
            0 if row.ticket_id == ticket_id else 1
        ]
        for row in _rows(session, ticket_id)
    }
    bound = repository.visible_to(viewer)
    statement = select(TicketTable).where(TicketTable.id.in_(sides)).order_by(TicketTable.id)
    rows = session.scalars(statement if bound is None else statement.where(bound)).all()
    found = [Link(sides[one.id], one) for one in repository.summaries(session, viewer, rows)]
    return [one for one in found if viewer.is_staff or one.side in _FOR_CUSTOMERS]


def check_children(session: ReadSession, ticket_id: int) -> None:
    """Refuse to solve a ticket before its parts. Raises ChildrenOpenError."""
    statement = (
        select(TicketTable.id)
        .join(LinkTable, LinkTable.ticket_id == TicketTable.id)
        .where(
            LinkTable.other_id == ticket_id,
            LinkTable.kind == LinkKind.CHILD,
            TicketTable.state.in_(lifecycle.UNFINISHED),
        )
        .order_by(TicketTable.id)
    )
    if still_open := [repository.number(one) for one in session.scalars(statement)]:
        raise ChildrenOpenError(ticket_id, still_open)
