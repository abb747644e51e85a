"""Questions for approval: asked when a ticket enters such a step, answered once. The caller holds the ticket's lock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from foundation import clock
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import directory, history, notifications
from ticketing.tables import AgentTable, ApprovalTable, PersonTable, TeamTable, TicketTable
from ticketing.workflow_errors import ApprovalNotWaitingError, ApprovalNotYoursError
from ticketing.workflow_types import Approval, AskedApproval, Decision, WorkflowStep

MANAGERS = "managers"


def amount_of(ticket: TicketTable, asked: Approval) -> float | None:
    """The number that the limit is compared with, as the workflow's fields or the ticket's form have it."""
    if asked.field is None:
        return None
    value = {**(ticket.form_values or {}), **(ticket.step_values or {})}.get(asked.field)
    try:
        return float(value) if value is not None and not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return None


def ask(
    session: WriteSession, ticket: TicketTable, step: WorkflowStep, asked: Approval, actor: Viewer | None
) -> bool:
    """Ask whoever the step names; True if the amount lies under the limit and is agreed to at once."""
    amount, now = amount_of(ticket, asked), clock.now()
    is_automatic = amount is not None and asked.under is not None and amount < asked.under
    row = ApprovalTable(
        ticket_id=ticket.id,
        step=step.slug,
        by=asked.by,
        amount=amount,
        asked_at=now,
        asked_by=actor.name if actor else None,
        asked_by_id=actor.person_id if actor else None,
        decision=Decision.APPROVED if is_automatic else Decision.WAITING,
        decided_at=now if is_automatic else None,
        is_automatic=is_automatic,
        comment="",
    )
    session.add(row)
    session.flush()
    detail: dict[str, Any] = {"approval_id": row.id, "step": step.slug, "by": asked.by, "amount": amount}
    history.add(session, ticket, "approval_asked", actor, **detail)
    if is_automatic:
        history.add(
            session,
            ticket,
            "approval_decided",
            None,
            approval_id=row.id,
            decision=Decision.APPROVED,
            under=asked.under,
        )
        return True
    for person_id in sorted(_approvers(session, asked.by) - {row.asked_by_id or 0}):
        notifications.notify(
            session,
            person_id,
            "approval",
            ticket_id=ticket.id,
            subject=ticket.subject,
            step=step.name,
            amount=amount,
        )
    return False


def _approvers(session: ReadSession, by: str) -> set[int]:
    if by == MANAGERS:
        return {one.person_id for one in directory.agents(session) if one.role.includes(Role.MANAGER)}
    statement = (
        select(AgentTable.person_id)
        .join(TeamTable, TeamTable.id == AgentTable.team_id)
        .join(PersonTable, PersonTable.id == AgentTable.person_id)
        .where(TeamTable.slug == by, PersonTable.is_active)
    )
    return set(session.scalars(statement))


def waiting(session: ReadSession, ticket_id: int) -> ApprovalTable | None:
    """The question of this ticket that nobody has answered."""
    mine = ApprovalTable.ticket_id == ticket_id, ApprovalTable.decision == Decision.WAITING
    return session.scalar(select(ApprovalTable).where(*mine))


def last(session: ReadSession, ticket_id: int) -> AskedApproval | None:
    """The latest question of a ticket, whatever became of it."""
    mine = ApprovalTable.ticket_id == ticket_id
    row = session.scalar(select(ApprovalTable).where(mine).order_by(ApprovalTable.id.desc()).limit(1))
    return to_approval(row) if row else None


def may_decide(session: ReadSession, viewer: Viewer, row: ApprovalTable) -> bool:
    """Whether the viewer may answer: one of those the step names, and not who asked."""
    if viewer.agent_id is None or (viewer.person_id is not None and viewer.person_id == row.asked_by_id):
        return False
    if row.by == MANAGERS:
        return viewer.has_role(Role.MANAGER)
    return _team_of(session, viewer.agent_id) == row.by


def _team_of(session: ReadSession, agent_id: int) -> str | None:
    statement = (
        select(TeamTable.slug)
        .join(AgentTable, AgentTable.team_id == TeamTable.id)
        .where(AgentTable.id == agent_id)
    )
    return session.scalar(statement)


def decide(
    session: WriteSession, ticket: TicketTable, viewer: Viewer, *, is_approved: bool, comment: str
) -> None:
    """Write the answer down and tell who asked. Raises ApprovalNotWaitingError, ApprovalNotYoursError."""
    row = waiting(session, ticket.id)
    if row is None:
        raise ApprovalNotWaitingError(ticket.id)
    if not may_decide(session, viewer, row):
        raise ApprovalNotYoursError(ticket.id)
    decision = Decision.APPROVED if is_approved else Decision.REJECTED
    _close(row, decision, viewer, comment)
    history.add(
        session,
        ticket,
        "approval_decided",
        viewer,
        approval_id=row.id,
        decision=decision,
        comment=row.comment,
    )
    if row.asked_by_id is not None:
        notifications.notify(
            session,
            row.asked_by_id,
            "approval_decided",
            ticket_id=ticket.id,
            subject=ticket.subject,
            decision=decision,
        )


def withdraw(session: WriteSession, ticket: TicketTable, actor: Viewer | None) -> None:
    """A question of a step that the ticket has left without an answer waits no longer."""
    row = waiting(session, ticket.id)
    if row is None or row.step == ticket.status:
        return
    _close(row, Decision.WITHDRAWN, actor, "")
    history.add(session, ticket, "approval_decided", actor, approval_id=row.id, decision=Decision.WITHDRAWN)


def _close(row: ApprovalTable, decision: Decision, actor: Viewer | None, comment: str) -> None:
    row.decision, row.decided_at, row.comment = decision, clock.now(), comment.strip()
    row.decided_by = actor.name if actor else None


def approvals(session: ReadSession, viewer: Viewer, *, limit: int = 100) -> list[AskedApproval]:
    """What waits for this viewer's answer, oldest first."""
    if viewer.agent_id is None:
        return []
    mine = [ApprovalTable.by == (_team_of(session, viewer.agent_id) or "")]
    if viewer.has_role(Role.MANAGER):
        mine.append(ApprovalTable.by == MANAGERS)
    is_anothers = or_(ApprovalTable.asked_by_id.is_(None), ApprovalTable.asked_by_id != viewer.person_id)
    statement = (
        select(ApprovalTable)
        .where(ApprovalTable.decision == Decision.WAITING, or_(*mine), is_anothers)
        .order_by(ApprovalTable.asked_at, ApprovalTable.id)
        .limit(limit)
    )
    return [to_approval(row) for row in session.scalars(statement)]


def to_approval(row: ApprovalTable) -> AskedApproval:
    return AskedApproval(
        id=row.id,
        ticket_id=row.ticket_id,
        step=row.step,
        by=row.by,
        amount=row.amount,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        asked_by_id=row.asked_by_id,
        decision=Decision(row.decision),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        is_automatic=row.is_automatic,
        comment=row.comment,
    )
