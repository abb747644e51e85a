"""Going from step to step: what a workflow allows, and what follows from arriving. The caller holds the lock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foundation import events
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from foundation.jobs import enqueue_after_commit
from ticketing import (
    approvals,
    assignment,
    form_checks,
    history,
    lifecycle,
    moves,
    routing,
    surveys,
    workflows,
)
from ticketing.events import TicketResolved
from ticketing.tables import AgentTable, TeamTable, TicketTable
from ticketing.types import State, Status
from ticketing.workflow_errors import MoveNeedsFieldsError, StepNotAllowedError
from ticketing.workflow_types import Move, OfferedMove, WorkflowSpec, WorkflowStep

CLOSE_AFTER = timedelta(days=4)  # a solved ticket that nobody comes back to


def values_of(ticket: TicketTable) -> dict[str, Any]:
    """What is known: of the form that the customer filled in, and of the workflow's own fields, which win."""
    return {**(ticket.form_values or {}), **(ticket.step_values or {})}


def missing(spec: WorkflowSpec, move: Move, ticket: TicketTable) -> tuple[str, ...]:
    """Fields that the move requires, that are shown, and that have no value."""
    values = values_of(ticket)
    shown = {one.name for one in form_checks.visible_fields_of(spec.fields, values)}
    return tuple(name for name in move.requires if name in shown and form_checks.is_empty(values.get(name)))


def offered(spec: WorkflowSpec, ticket: TicketTable) -> tuple[OfferedMove, ...]:
    """The moves an agent may choose where the ticket stands."""
    found = []
    for move in spec.moves_from(ticket.status or ""):
        target = spec.step(move.target)
        if target is None:
            continue
        asked = {*move.requires, *move.asks}
        found.append(
            OfferedMove(
                target=target,
                name=move.name or target.name,
                fields=tuple(one for one in spec.fields if one.name in asked),
                requires=move.requires,
                missing=missing(spec, move, ticket),
            )
        )
    return tuple(found)


def check(spec: WorkflowSpec, ticket: TicketTable, wanted: Status) -> None:
    """Refuse a move that the workflow does not have or that lacks fields.

    Raises StepNotAllowedError, MoveNeedsFieldsError.
    """
    here = spec.moves_from(ticket.status or "")
    move = next((one for one in here if one.target == wanted.slug), None)
    if move is None:
        raise StepNotAllowedError(ticket.id, ticket.status or "", wanted.slug, [one.target for one in here])
    if lacking := missing(spec, move, ticket):
        raise MoveNeedsFieldsError(ticket.id, wanted.slug, list(lacking))


def go(
    session: WriteSession,
    ticket: TicketTable,
    status: Status,
    actor: Viewer | None,
    *,
    is_back: bool = False,
    is_called_off: bool = False,
) -> bool:
    """Bring a ticket to a status and do what follows; False if it is there already. Raises MoveNotAllowedError.

    A ticket that is solved asks for a rating, unless it was called off. In a workflow the step's team gets it, and
    a step for approval asks, or goes on at once where the amount is agreed to.
    """
    was_solved = ticket.state == State.SOLVED
    if not moves.move(session, ticket, status, actor, is_back=is_back):
        return False
    if ticket.state == State.SOLVED and not was_solved:
        if is_called_off:
            _close_later(session, ticket, survey_id=0)
        else:
            _ask_for_rating(session, ticket, actor)
    spec = workflows.spec_of(session, ticket)
    step = spec.step(ticket.status) if spec else None
    if spec is not None and step is not None:
        _arrive(session, ticket, spec, step, actor)
    moves.tell(session, ticket, "updated")
    return True


def _arrive(
    session: WriteSession, ticket: TicketTable, spec: WorkflowSpec, step: WorkflowStep, actor: Viewer | None
) -> None:
    if step.queue is not None:
        _hand_to_team(session, ticket, step.queue, actor)
    if step.approval is None or not approvals.ask(session, ticket, step, step.approval, actor):
        return
    onward = spec.step(step.approval.approved)
    if onward is not None:  # a chain of approvals ends: the workflow was checked for that
        go(session, ticket, onward.status, None)


def _hand_to_team(session: WriteSession, ticket: TicketTable, slug: str, actor: Viewer | None) -> None:
    """Put the ticket into the step's queue, and back to nobody if who has it is not of that team.

    One that lies in a queue of its tier's own stays there: a VIP's ticket is never hidden among others. A queue
    that the desk no longer has changes nothing.
    """
    known = {one.slug: one for one in routing.queues(session)}
    here = next((one for one in known.values() if one.id == ticket.queue_id), None)
    there = known.get(slug)
    if there is None or here is None or here.tiers or there.id == here.id:
        return
    ticket.queue_id, ticket.version = there.id, ticket.version + 1
    history.add(session, ticket, "queue_changed", actor, before=here.slug, after=there.slug)
    if ticket.assignee_id is None or there.team is None or State(ticket.state) in lifecycle.FINAL:
        return
    if _team_of(session, ticket.assignee_id) != there.team:
        assignment.set_assignee(session, ticket, None, actor)


def _team_of(session: ReadSession, agent_id: int) -> str | None:
    agent = session.get(AgentTable, agent_id)
    team = session.get(TeamTable, agent.team_id) if agent and agent.team_id else None
    return team.slug if team else None


def _ask_for_rating(session: WriteSession, ticket: TicketTable, actor: Viewer | None) -> None:
    asked = surveys.ask(session, ticket)
    history.add(session, ticket, "resolved", actor, survey_id=asked.id, agent=asked.agent_name)
    _close_later(session, ticket, survey_id=asked.id)
    news = TicketResolved(
        ticket_id=ticket.id,
        conversation_id=ticket.conversation_id,
        survey_id=asked.id,
        agent_name=asked.agent_name,
    )
    events.publish(session, news)


def _close_later(session: WriteSession, ticket: TicketTable, *, survey_id: int) -> None:
    at = ticket.solved_at.isoformat() if ticket.solved_at else ""
    enqueue_after_commit(
        session,
        "ticketing.jobs.close_solved",
        delay=CLOSE_AFTER,
        ticket_id=ticket.id,
        survey_id=survey_id,
        solved_at=at,
    )
