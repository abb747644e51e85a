"""Promises as clocks: how a clock stands, computed from what happened and nothing else.

A clock counts working time from the opening of the ticket until the promised thing happens; that of the next
response counts from the customer's message on, each time anew. The time in which the ticket waited for the
customer, was on hold or was done is left out. A new target, because priority or tier changed, counts from the
beginning as well: it is as if it had been promised at the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ticketing.calendar import Calendar, add_working_minutes, working_time_between
from ticketing.types import Clock, ClockState, HistoryEntry, MessageRole, Metric, State, Visibility

PAUSING = frozenset({State.WAITING_CUSTOMER, State.ON_HOLD, State.SOLVED, State.CLOSED, State.MERGED})
_DONE = frozenset({State.SOLVED, State.CLOSED})
_AWAY = frozenset({State.WAITING_CUSTOMER, State.ON_HOLD})
_WARN_PERCENT = 75


@dataclass(frozen=True)
class Plan:
    """What was promised last."""

    metric: Metric
    policy: str
    calendar: Calendar
    target_minutes: int
    warn_percent: int = _WARN_PERCENT
    rungs: tuple[int, ...] = ()  # minutes after the breach at which the ladder goes on


@dataclass(frozen=True)
class Timeline:
    """When a clock ran."""

    started_at: datetime
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()  # None: it still lasts
    stopped_at: datetime | None = None

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None


def timeline(metric: Metric, history: Iterable[HistoryEntry]) -> Timeline | None:
    """When the clock of `metric` ran, by a ticket's history in order, whose first entry opens it.

    None while nothing of the kind is promised: a next response is only once a customer has written again, a step
    only where the workflow limits one.
    """
    if metric is Metric.NEXT_RESPONSE:
        return _next_response(history)
    if metric is Metric.STEP:
        return _step(history)
    entries = iter(history)
    started_at = next(entries).at
    pauses: list[tuple[datetime, datetime]] = []
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    for entry in entries:
        if entry.event == "state_changed":
            after = State(entry.detail["after"])
            if after not in PAUSING and paused_at is not None:
                pauses.append((paused_at, entry.at))
            paused_at = (paused_at or entry.at) if after in PAUSING else None
            if metric is Metric.RESOLUTION:
                stopped_at = (stopped_at or entry.at) if after in _DONE else None
        elif metric is Metric.FIRST_RESPONSE and is_human_answer(entry):
            stopped_at = stopped_at or entry.at
    last = ((paused_at, None),) if paused_at is not None else ()
    return Timeline(started_at, (*pauses, *last), stopped_at)


def _next_response(history: Iterable[HistoryEntry]) -> Timeline | None:
    """The latest round: from the first message a customer adds after an answer, to the next answer or the end."""
    is_answered = is_parked = False
    line: Timeline | None = None
    for entry in history:
        at, is_waiting = entry.at, line is not None and line.stopped_at is None
        if entry.event == "state_changed":
            after = State(entry.detail["after"])
            is_parked = after in PAUSING
            if line is not None and is_waiting:
                line = (
                    replace(line, stopped_at=at) if after in _DONE else _paused(line, at, is_parked=is_parked)
                )
        elif is_human_answer(entry):
            is_answered = True
            if line is not None and is_waiting:
                line = replace(line, stopped_at=at)
        elif is_answered and not is_waiting and _is_customers(entry):
            line = Timeline(at, ((at, None),) if is_parked else ())
    return line


def _step(history: Iterable[HistoryEntry]) -> Timeline | None:
    """The latest step with a limit: from its plan to leaving it; waiting for the customer and on hold it rests."""
    line: Timeline | None = None
    step: str | None = None
    for entry in history:
        if entry.event == "planned" and entry.detail["metric"] == Metric.STEP:
            line, step = Timeline(entry.at), entry.detail["step"]
        elif entry.event == "state_changed" and line is not None and line.stopped_at is None:
            is_parked = State(entry.detail["after"]) in _AWAY
            if is_parked or entry.detail["status"] == step:
                line = _paused(line, entry.at, is_parked=is_parked and entry.detail["status"] != step)
            else:
                line = replace(line, stopped_at=entry.at)
    return line


def _paused(line: Timeline, at: datetime, *, is_parked: bool) -> Timeline:
    if is_parked == line.is_paused:
        return line
    if is_parked:
        return replace(line, pauses=(*line.pauses, (at, None)))
    return replace(line, pauses=(*line.pauses[:-1], (line.pauses[-1][0], at)))


def _is_customers(entry: HistoryEntry) -> bool:
    return entry.event == "replied" and entry.detail["role"] == MessageRole.CUSTOMER


def is_human_answer(entry: HistoryEntry) -> bool:
    """Whether an agent spoke to the customer; the bot, the house and internal notes do not count."""
    return (
        entry.event == "replied"
        and entry.detail["role"] == MessageRole.AGENT
        and entry.detail["visibility"] == Visibility.PUBLIC
    )


def read(plan: Plan, line: Timeline, now: datetime) -> Clock:
    """How the clock stands at `now`.

    A promise is kept when the thing happens before `due_at`; at that very instant it is broken.
    """
    end = line.stopped_at or now

    def reached(minutes: float) -> tuple[datetime, bool]:
        return _reached(plan.calendar, line, minutes, end)

    due_at, is_broken = reached(plan.target_minutes)
    warn_at, is_warned = reached(plan.target_minutes * plan.warn_percent / 100)
    rungs = [reached(plan.target_minutes + after) for after in plan.rungs] if is_broken else []
    return Clock(
        metric=plan.metric,
        policy=plan.policy,
        calendar=plan.calendar.slug,
        target_minutes=plan.target_minutes,
        started_at=line.started_at,
        due_at=due_at,
        warn_at=warn_at,
        state=_state(line, is_broken=is_broken),
        met_at=line.stopped_at,
        breached_at=due_at if is_broken else None,
        is_warned=is_warned,
        escalate_at=tuple(at for at, _is_reached in rungs),
        rungs_reached=sum(is_reached for _at, is_reached in rungs),
    )


def _state(line: Timeline, *, is_broken: bool) -> ClockState:
    if is_broken:
        return ClockState.BREACHED
    if line.stopped_at is not None:
        return ClockState.MET
    return ClockState.PAUSED if line.is_paused else ClockState.RUNNING


def _reached(calendar: Calendar, line: Timeline, minutes: float, end: datetime) -> tuple[datetime, bool]:
    """When the clock has counted `minutes`, and whether that was by `end`.

    If it was not, the instant is the one that would follow if the clock ran from now on, or, while it is
    paused, the one that would have followed without the pause.
    """
    left, begin = timedelta(minutes=minutes), line.started_at
    for pause_at, resumed_at in (*line.pauses, (end, None)):
        stop = min(pause_at, end)
        counted = working_time_between(calendar, begin, stop)
        if counted >= left:
            return add_working_minutes(calendar, begin, left / timedelta(minutes=1)), True
        if resumed_at is None or resumed_at > end or pause_at >= end:
            break
        left, begin = left - counted, resumed_at
    return add_working_minutes(calendar, begin, left / timedelta(minutes=1)), False


def counted_minutes(plan: Plan, line: Timeline, now: datetime) -> float:
    """Working minutes the clock has counted until it stopped, or until `now`."""
    end, begin, total = line.stopped_at or now, line.started_at, timedelta(0)
    for pause_at, resumed_at in (*line.pauses, (end, None)):
        total += working_time_between(plan.calendar, begin, min(pause_at, end))
        if resumed_at is None or pause_at >= end:
            break
        begin = resumed_at
    return total / timedelta(minutes=1)
