"""Actions in conversations, as rows: one is under way at most, and what happens in it stays on record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import func, select

from chatbot.action_dialogue import ACTIVE, Progress, RunState
from chatbot.action_openapi import check_call, operation
from chatbot.action_specs import ActionSpec, Spec, System, read_system
from chatbot.tables import ActionEventTable, ActionRunTable, ActionSystemTable
from foundation import clock, ids
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.types import FilledForm

EXPIRES_AFTER: Final = timedelta(hours=2)  # of silence: whoever comes back later starts afresh


def systems(session: ReadSession) -> list[System]:
    """All systems with their actions."""
    rows = session.scalars(select(ActionSystemTable).order_by(ActionSystemTable.id))
    return [_parsed(json.dumps(row.spec, sort_keys=True, ensure_ascii=False)) for row in rows]


@lru_cache(maxsize=32)
def _parsed(spec: str) -> System:
    return read_system(json.loads(spec))


def upsert_system(session: WriteSession, spec: Spec) -> System:
    """Make or update a system and its actions; `openapi` holds the document itself. Raises BadActionError."""
    made = read_system(spec)
    for action in made.actions:
        check_call(made, action)
    if made.orders is not None:
        operation(made, made.orders.operation)
    row = session.scalar(select(ActionSystemTable).where(ActionSystemTable.slug == made.slug))
    if row is None:
        row = ActionSystemTable(slug=made.slug)
        session.add(row)
    row.spec = json.loads(json.dumps(spec, default=str))
    session.flush()
    return made


def find(known: Sequence[System], run: ActionRunTable) -> tuple[System, ActionSpec] | None:
    """The system and action of a run; None if they are declared no more."""
    for system in known:
        action = system.action(run.action) if system.slug == run.system else None
        if action is not None:
            return system, action
    return None


def active(session: ReadSession, conversation_id: str) -> ActionRunTable | None:
    """The action under way in a conversation."""
    mine = ActionRunTable.conversation_id == conversation_id, ActionRunTable.state.in_(ACTIVE)
    statement = select(ActionRunTable).where(*mine).order_by(ActionRunTable.created_at.desc()).limit(1)
    return session.scalar(statement.execution_options(populate_existing=True))


def is_expired(run: ActionRunTable, now: datetime) -> bool:
    return run.updated_at < now - EXPIRES_AFTER


def begin(
    session: WriteSession, conversation_id: str, system: System, action: ActionSpec, viewer: Viewer
) -> ActionRunTable:
    """A new run, empty; the caller holds the conversation's lock."""
    now = clock.now()
    run = ActionRunTable(
        id=ids.new_id("a"),
        conversation_id=conversation_id,
        system=system.slug,
        action=action.name,
        state=RunState.FILLING,
        slots={},
        misses=0,
        lang="zh",
        person_id=viewer.person_id,
        company=viewer.company,
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    record(session, run, "begun", viewer)
    return run


def progress(run: ActionRunTable, lang: str) -> Progress:
    """How far a run has come, to be answered in `lang`."""
    return Progress(
        state=RunState(run.state), slots=run.slots, asking=run.asking, misses=run.misses, lang=lang
    )


def advance(
    session: WriteSession, run: ActionRunTable, after: Progress, viewer: Viewer, turn_id: str
) -> None:
    """Write how far it has come now, and on record what changed."""
    before = RunState(run.state)
    if dict(after.slots) != run.slots:
        record(session, run, "filled", viewer, slots=dict(after.slots))
    run.state, run.slots, run.asking = after.state, dict(after.slots), after.asking
    run.misses, run.lang, run.updated_at = after.misses, after.lang, clock.now()
    if after.state is RunState.CALLING:
        run.turn_id = turn_id
    if after.state is not before:
        record(session, run, str(after.state), viewer)
    session.flush()


def record(
    session: WriteSession, run: ActionRunTable, event: str, viewer: Viewer | None, **detail: Any
) -> None:
    """Add to the record of a run."""
    session.add(
        ActionEventTable(
            run_id=run.id,
            at=clock.now(),
            event=event,
            person_id=viewer.person_id if viewer else None,
            detail=detail,
        )
    )


def close_for_handoff(session: WriteSession, conversation_id: str, viewer: Viewer) -> FilledForm | None:
    """End the action under way because a person takes over; what was filled in so far goes with the ticket."""
    run = active(session, conversation_id)
    if run is None:
        return None
    if run.state == RunState.CALLING:  # its outcome is still to come and is told to the person then
        return FilledForm(run.action, {**run.slots, "outcome": "pending"})
    run.state, run.updated_at = RunState.HANDED_OFF, clock.now()
    record(session, run, "handed_off", viewer)
    return FilledForm(run.action, dict(run.slots)) if run.slots else None


def calls(session: ReadSession, run_id: str) -> int:
    """How often the system has been called for a run."""
    mine = ActionEventTable.run_id == run_id, ActionEventTable.event == "called"
    return session.scalar(select(func.count()).select_from(ActionEventTable).where(*mine)) or 0


def events(session: ReadSession, run_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The record of a run in order: what happened, and its detail."""
    statement = (
        select(ActionEventTable).where(ActionEventTable.run_id == run_id).order_by(ActionEventTable.id)
    )
    return [(row.event, row.detail) for row in session.scalars(statement)]


def of_conversation(session: ReadSession, conversation_id: str) -> list[ActionRunTable]:
    """All runs of a conversation, the first one first."""
    mine = ActionRunTable.conversation_id == conversation_id
    return list(session.scalars(select(ActionRunTable).where(mine).order_by(ActionRunTable.created_at)))
