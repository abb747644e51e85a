"""Workflows as JSON or YAML: reading with every fault named at its place, and writing back.

What holds for every workflow that can be read: tickets begin in its first step, every step can be reached, and
from every step that is not done a way leads to one that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from ticketing.form_specs import field_faults
from ticketing.form_types import FieldType
from ticketing.lifecycle import MOVES, UNFINISHED
from ticketing.spec_types import FaultyError, read
from ticketing.types import State
from ticketing.workflow_errors import WorkflowInvalidError
from ticketing.workflow_types import Move, WorkflowSpec, WorkflowStep

Fault = dict[str, str]
_SPEC = TypeAdapter(WorkflowSpec)
_LONGEST = 525_600  # minutes of working time, above any year's
_DONE = (State.SOLVED, State.CLOSED)


def parse(written: Any) -> WorkflowSpec:
    """Read a workflow. Raises WorkflowInvalidError with every fault and its place."""
    if not isinstance(written, Mapping):
        raise WorkflowInvalidError([_fault("", "a workflow is an object")])
    try:
        spec = read(_SPEC, written)
    except FaultyError as error:
        raise WorkflowInvalidError(error.faults) from error
    faults = [*field_faults(spec.fields), *_step_faults(spec), *_move_faults(spec), *_cancel_faults(spec)]
    # ways are looked at only where the steps and moves themselves are right
    if faults := faults or [*_way_faults(spec), *_approval_cycles(spec)]:
        raise WorkflowInvalidError(faults)
    return spec


def to_json(spec: WorkflowSpec) -> dict[str, Any]:
    """The workflow as it is stored and sent; `parse` reads the same back."""
    written: dict[str, Any] = _SPEC.dump_python(spec, mode="json")
    return written


def may_go(before: State, after: State) -> bool:
    """Whether the closed types allow it; within a type a workflow may move freely."""
    return before is after or after in MOVES[before]


def _fault(path: str, message: str) -> Fault:
    return {"path": path, "message": message}


def _step_faults(spec: WorkflowSpec) -> Iterable[Fault]:
    slugs = [one.slug for one in spec.steps]
    for position, one in enumerate(spec.steps):
        place = f"steps.{position}"
        if one.slug in slugs[:position]:
            yield _fault(f"{place}.slug", "two steps have one slug")
        if one.slug in list(State) and one.slug != one.type:
            yield _fault(f"{place}.slug", f"this is the name of another type than {one.type}")
        if one.type is State.MERGED:
            yield _fault(f"{place}.type", "tickets are merged from every step; it is none of its own")
        if (one.type is State.NEW) != (position == 0):
            yield _fault(f"{place}.type", "the first step, and only that, is new")
        yield from _limit_faults(one, place)
        yield from _approval_faults(spec, one, place)
    if not any(one.type is State.SOLVED for one in spec.steps):
        yield _fault("steps", "a step of the type solved is needed")
    if not any(one.type is State.OPEN and one.approval is None for one in spec.steps):
        yield _fault("steps", "a step of the type open is needed that waits for no approval")


def _limit_faults(one: WorkflowStep, place: str) -> Iterable[Fault]:
    if one.limit is not None and one.type not in UNFINISHED:
        yield _fault(f"{place}.limit", "what is done has no time limit")
    if one.limit and not all(0 <= rung.after_minutes <= _LONGEST for rung in one.limit.escalations):
        yield _fault(f"{place}.limit.escalations", "a rung comes within a year")


def _approval_faults(spec: WorkflowSpec, one: WorkflowStep, place: str) -> Iterable[Fault]:
    asked = one.approval
    if asked is None:
        return
    if one.type is not State.OPEN:
        yield _fault(f"{place}.type", "a step for approval is of the type open: it waits for us")
    for name, slug in (("approved", asked.approved), ("rejected", asked.rejected)):
        target = spec.step(slug)
        if target is None or target is one:
            yield _fault(f"{place}.approval.{name}", "name another step")
        elif not may_go(one.type, target.type):
            yield _fault(
                f"{place}.approval.{name}", f"a ticket that is {one.type} cannot become {target.type}"
            )
    found = spec.field(asked.field) if asked.field else None
    if asked.field and (found is None or found.type is not FieldType.NUMBER):
        yield _fault(f"{place}.approval.field", "name a field that is a number")
    if (asked.field is None) != (asked.under is None):
        yield _fault(f"{place}.approval.under", "a limit needs a field to compare, and a field a limit")


def _move_faults(spec: WorkflowSpec) -> Iterable[Fault]:
    seen: set[tuple[str, str]] = set()
    for position, one in enumerate(spec.moves):
        place = f"moves.{position}"
        if (one.source, one.target) in seen:
            yield _fault(place, "there is this move already")
        seen.add((one.source, one.target))
        yield from _ends(spec, one, place)
        for name in (*one.requires, *one.asks):
            if spec.field(name) is None:
                yield _fault(f"{place}.requires", f"there is no field {name!r}")


def _ends(spec: WorkflowSpec, one: Move, place: str) -> Iterable[Fault]:
    source, target = spec.step(one.source), spec.step(one.target)
    if source is None:
        yield _fault(f"{place}.source", f"there is no step {one.source!r}")
    if target is None:
        yield _fault(f"{place}.target", f"there is no step {one.target!r}")
    if source is None or target is None:
        return
    if source is target:
        yield _fault(f"{place}.target", "a move leads to another step")
    elif not may_go(source.type, target.type):
        yield _fault(f"{place}.target", f"a ticket that is {source.type} cannot become {target.type}")
    if source.approval is not None:
        yield _fault(f"{place}.source", "a step for approval is left by its decision only")


def _cancel_faults(spec: WorkflowSpec) -> Iterable[Fault]:
    if spec.cancel is None:
        return
    target = spec.step(spec.cancel.target)
    if target is None or target.type is not State.SOLVED:
        yield _fault("cancel.target", "name a step of the type solved")


def _ways(spec: WorkflowSpec) -> dict[str, set[str]]:
    """Where each step leads to, by a move or a decision."""
    ways: dict[str, set[str]] = {one.slug: set() for one in spec.steps}
    for move in spec.moves:
        ways[move.source].add(move.target)
    for one in spec.steps:
        if one.approval is not None:
            ways[one.slug] |= {one.approval.approved, one.approval.rejected}
    return ways


def _reached(ways: Mapping[str, set[str]], begin: str) -> set[str]:
    found, ahead = {begin}, [begin]
    while ahead:
        new = ways[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def _way_faults(spec: WorkflowSpec) -> Iterable[Fault]:
    ways, done = _ways(spec), {one.slug for one in spec.steps if one.type in _DONE}
    reached = _reached(ways, spec.steps[0].slug)
    if spec.cancel is not None:
        reached |= _reached(ways, spec.cancel.target)
    for position, one in enumerate(spec.steps):
        # a solved ticket closes by itself, so nothing needs to lead to the step that names that
        if one.slug not in reached and one.type is not State.CLOSED:
            yield _fault(f"steps.{position}", "no move leads to this step")
        if one.type in UNFINISHED and not _reached(ways, one.slug) & done:
            yield _fault(f"steps.{position}", "no way leads from this step to one that is solved")


def _approval_cycles(spec: WorkflowSpec) -> Iterable[Fault]:
    """Steps that would agree to each other for ever, were the amount under every limit."""
    follows = {one.slug: one.approval.approved for one in spec.steps if one.approval is not None}
    for position, one in enumerate(spec.steps):
        seen, at = set[str](), one.slug
        while at in follows and at not in seen:
            seen.add(at)
            at = follows[at]
        if at in seen:
            yield _fault(f"steps.{position}.approval.approved", "approvals lead back to this one")
            return
