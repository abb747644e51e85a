"""A company changes its tier: what was promised to its open tickets changes with it, from their start."""

from __future__ import annotations

from sqlalchemy import select

from foundation.access import Viewer
from foundation.db import WriteSession
from ticketing import clocks, directory, directory_changes, history, moves, repository, routing
from ticketing.errors import UnknownSlugError
from ticketing.lifecycle import UNFINISHED
from ticketing.tables import CompanyTable, TicketTable, TierTable


def set_company_tier(
    session: WriteSession,
    company: str,
    tier: str | None,
    *,
    actor: Viewer | None = None,
    by_rule: bool = False,
) -> int:
    """Put a company into a tier; returns how many unfinished tickets were promised anew.

    Set by hand, a tier is left alone by the rules of tiers from then on; None by hand lets them decide again.

    Those that nobody has taken yet are routed anew as well. Raises UnknownSlugError.
    """
    row = session.scalar(select(CompanyTable).where(CompanyTable.slug == company).with_for_update())
    if row is None:
        raise UnknownSlugError("company", company)
    tier_id = directory.id_of(session, TierTable, "tier", tier)
    if not by_rule:
        row.tier_is_pinned = tier is not None
    if row.tier_id == tier_id:
        return 0
    row.tier_id = tier_id
    directory_changes.note(session, "tier", actor, company_id=row.id, slug=tier, by_rule=by_rule)
    session.flush()
    unfinished = TicketTable.company_id == row.id, TicketTable.state.in_(UNFINISHED)
    ids = session.scalars(select(TicketTable.id).where(*unfinished).order_by(TicketTable.id)).all()
    for ticket_id in ids:
        retier(session, repository.lock(session, ticket_id), tier_id, actor)
    return len(ids)


def retier(
    session: WriteSession, ticket: TicketTable, tier_id: int | None, actor: Viewer | None = None
) -> None:
    """Put one locked ticket into a tier; unless it is finished, it is promised and, while free, routed anew."""
    if ticket.state not in UNFINISHED:
        ticket.tier_id = tier_id
        return
    tier = session.scalar(select(TierTable.slug).where(TierTable.id == tier_id))
    ticket.tier_id, ticket.version = tier_id, ticket.version + 1
    history.add(session, ticket, "tier_changed", actor, after=tier)
    if ticket.assignee_id is None:
        queue = routing.route(session, tier=tier, language=ticket.language, kind=ticket.kind)
        if queue.id != ticket.queue_id:
            ticket.queue_id = queue.id
            history.add(session, ticket, "queue_changed", actor, after=queue.slug)
    clocks.plan(session, ticket)
    clocks.sync(session, ticket)
    moves.tell(session, ticket, "updated")
