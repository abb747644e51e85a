"""Gaps: questions nothing answers, for the content team to close."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from kb import gaps
from kb.types import Gap, GapState
from portal_api.dependencies import AsEditor, InTransaction, Reading

router = APIRouter(prefix="/api/v1", tags=["gaps"])


class GapOut(BaseModel):
    """A question nothing answers, and how often it was asked."""

    id: int
    question: str
    lang: str
    times_asked: int
    last_asked_at: datetime
    state: GapState


class GapsOut(BaseModel):
    """Gaps, the most asked first."""

    items: list[GapOut]
    total: int


class GapIn(BaseModel):
    """What was done about a gap."""

    state: GapState


def _out(gap: Gap) -> GapOut:
    return GapOut(**vars(gap))


@router.get("/gaps")
def list_gaps(
    _editor: AsEditor,
    session: Reading,
    state: GapState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> GapsOut:
    """Gaps, the most asked first."""
    items = [_out(gap) for gap in gaps.gaps(session, state=state, limit=limit)]
    return GapsOut(items=items, total=len(items))


@router.patch("/gaps/{gap_id}")
def set_state(gap_id: int, body: GapIn, _editor: AsEditor, session: InTransaction) -> GapOut:
    """Say what was done about a gap."""
    return _out(gaps.set_state(session, gap_id, body.state))
