"""A ticket's way through its workflow, read from the history and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ticketing.types import HistoryEntry, State
from ticketing.workflow_specs import may_go
from ticketing.workflow_types import Milestone, ProgressState, WorkflowSpec, WorkflowStep

_DONE = (State.SOLVED, State.CLOSED)


@dataclass(frozen=True)
class Stop:
    """A step on the way, and when it was entered."""

    step: WorkflowStep
    at: datetime


def trail(spec: WorkflowSpec, entries: Iterable[HistoryEntry]) -> list[Stop]:
    """The way from the first step to the present one, without the loops: what is come back to stands once.

    The present step is the last, unless the ticket has a status that is none of the workflow's, as when merged.
    """
    stops: list[Stop] = []
    for entry in entries:
        step = _entered(spec, entry)
        if step is None:
            continue
        places = [place for place, stop in enumerate(stops) if stop.step is step]
        stops = stops[: places[0] + 1] if places else [*stops, Stop(step, entry.at)]
    return stops


def _entered(spec: WorkflowSpec, entry: HistoryEntry) -> WorkflowStep | None:
    if entry.event == "opened":
        return spec.steps[0]
    return spec.step(entry.detail["status"]) if entry.event == "state_changed" else None


def step_back_to(stops: Sequence[Stop]) -> WorkflowStep | None:
    """Where stepping back leads: the last step before this one that the closed types allow and nobody decided."""
    if not stops:
        return None
    now = stops[-1].step
    for stop in reversed(stops[:-1]):
        if stop.step.approval is None and may_go(now.type, stop.step.type):
            return stop.step
    return None


def work_step(spec: WorkflowSpec, stops: Sequence[Stop]) -> WorkflowStep:
    """Where a ticket that comes back is worked on: where it last was, else in the first such step."""
    workable = [one for one in spec.steps if one.type is State.OPEN and one.approval is None]
    visited = [stop.step for stop in reversed(stops) if stop.step in workable]
    return (visited or workable)[0]


def progress(spec: WorkflowSpec, stops: Sequence[Stop], state: State) -> tuple[Milestone, ...]:
    """The line that customers see: what is done, where it stands, and what is still to come.

    A ticket that ended beside its way, called off or refused, shows that instead of what will not come.
    """
    if not stops or state is State.MERGED:
        return ()
    now, line = stops[-1].step, [one for one in spec.steps if one.is_milestone]
    entered = {stop.step.slug: stop.at for stop in stops}
    if now.type in _DONE and not now.is_milestone:
        past = [
            Milestone(one.told, ProgressState.DONE, entered[one.slug]) for one in line if one.slug in entered
        ]
        return _joined([*past, Milestone(now.told, ProgressState.STOPPED, stops[-1].at)])
    here = max((place for place, one in enumerate(line) if one.slug in entered), default=-1)
    reachable = _ahead(spec, now)
    found = []
    for place, one in enumerate(line):
        if one.slug in entered:
            is_over = place < here or now.type in _DONE
            found.append(
                Milestone(
                    one.told, ProgressState.DONE if is_over else ProgressState.CURRENT, entered[one.slug]
                )
            )
        elif place > here and one.slug in reachable and now.type not in _DONE:
            found.append(Milestone(one.told, ProgressState.TODO, None))
    return _joined(found)


def _ahead(spec: WorkflowSpec, now: WorkflowStep) -> set[str]:
    found, look = set[str](), [now.slug]
    while look:
        step = spec.step(look.pop())
        if step is None or step.slug in found:
            continue
        found.add(step.slug)
        look += [move.target for move in spec.moves_from(step.slug)]
        look += [step.approval.approved, step.approval.rejected] if step.approval else []
    return found


def _joined(marks: Sequence[Milestone]) -> tuple[Milestone, ...]:
    """Steps in a row that customers know by one name are one mark, which stands as its furthest step does."""
    found = []
    for _name, same in groupby(marks, key=lambda mark: tuple(mark.name.values())):
        group = list(same)
        states = [mark.state for mark in group]
        state = next(
            (one for one in (ProgressState.CURRENT, ProgressState.STOPPED) if one in states), states[0]
        )
        found.append(Milestone(group[0].name, state, group[0].at))
    return tuple(found)
