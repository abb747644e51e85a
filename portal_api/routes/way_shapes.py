"""Wire shapes of a ticket's way through its workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from portal_api.routes.form_shapes import FieldOut, field_out
from portal_api.routes.words import WordsOut
from ticketing.types import State
from ticketing.workflow_types import AskedApproval, Decision, ProgressState, TicketWay, WorkflowStep


class StepRefOut(BaseModel):
    """A step of a workflow as others mention it."""

    slug: str
    name: WordsOut
    type: State


class OfferedMoveOut(BaseModel):
    """A way on, with the fields it asks for; `missing` are required and have no value yet."""

    to: StepRefOut
    name: WordsOut
    fields: list[FieldOut]
    requires: list[str]
    missing: list[str]


class ApprovalOut(BaseModel):
    """A question for approval and what became of it."""

    id: int
    step: str
    by: str
    amount: float | None
    asked_at: datetime
    asked_by: str | None
    decision: Decision
    decided_at: datetime | None
    decided_by: str | None
    is_automatic: bool
    comment: str


class MilestoneOut(BaseModel):
    """One mark of the progress line."""

    name: WordsOut
    state: ProgressState
    at: datetime | None


class WayOut(BaseModel):
    """Where a ticket stands in its workflow; customers get the progress line and whether they may call it off."""

    workflow: str
    version: int
    name: WordsOut
    step: StepRefOut | None
    values: dict[str, Any]
    moves: list[OfferedMoveOut]
    can_cancel: bool
    step_back_to: StepRefOut | None
    approval: ApprovalOut | None
    can_decide: bool
    progress: list[MilestoneOut]


def _step(step: WorkflowStep | None) -> StepRefOut | None:
    return StepRefOut(slug=step.slug, name=WordsOut(**step.name), type=step.type) if step else None


def approval_out(asked: AskedApproval) -> ApprovalOut:
    return ApprovalOut(**{name: getattr(asked, name) for name in ApprovalOut.model_fields})


def way_out(way: TicketWay) -> WayOut:
    moves = [
        OfferedMoveOut(
            to=StepRefOut(slug=one.target.slug, name=WordsOut(**one.target.name), type=one.target.type),
            name=WordsOut(**one.name),
            fields=[field_out(field) for field in one.fields],
            requires=list(one.requires),
            missing=list(one.missing),
        )
        for one in way.moves
    ]
    return WayOut(
        workflow=way.slug,
        version=way.version,
        name=WordsOut(**way.name),
        step=_step(way.step),
        values=way.values,
        moves=moves,
        can_cancel=way.can_cancel,
        step_back_to=_step(way.step_back_to),
        approval=approval_out(way.approval) if way.approval else None,
        can_decide=way.can_decide,
        progress=[
            MilestoneOut(name=WordsOut(**one.name), state=one.state, at=one.at) for one in way.progress
        ],
    )
