"""Clocks against a simulation that walks two years minute by minute and shares no code with them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ticketing import calendar as working
from ticketing import sla
from ticketing.calendar import Calendar
from ticketing.types import HistoryEntry, Metric, State

FIRST_DAY, DAYS = date(2026, 1, 1), 3 * 365  # events in the first two years, the third for what is due later
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SPECS: dict[str, dict[str, Any]] = {
    "kunshan": {  # lunch break, long holidays, make-up days
        "time_zone": "Asia/Shanghai",
        "weekly": {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in working.WEEKDAYS[:5]},
        "holidays": [
            {"from": "2026-02-16", "to": "2026-02-22"},
            {"from": "2026-10-01", "to": "2026-10-07"},
            "2027-01-01",
        ],
        "working_days": [
            {"date": "2026-02-14", "spans": [["08:30", "17:30"]]},
            {"date": "2026-10-10", "spans": [["09:00", "12:00"]]},
        ],
    },
    "berlin nights": {  # over midnight, through both changes of the clocks
        "time_zone": "Europe/Berlin",
        "weekly": {day: [["21:30", "05:15"]] for day in (*working.WEEKDAYS[:5], "sunday")},
        "holidays": ["2026-12-24", {"from": "2027-03-26", "to": "2027-03-29"}],
        "working_days": [{"date": "2026-12-26", "spans": [["20:00", "04:00"]]}],
    },
    "lord howe": {  # half an hour of summer time
        "time_zone": "Australia/Lord_Howe",
        "weekly": {day: [["00:30", "03:10"], ["09:00", "17:00"]] for day in working.WEEKDAYS},
        "holidays": ["2026-04-05", "2027-10-03"],
        "working_days": [],
    },
}


@lru_cache
def calendar(name: str) -> Calendar:
    return working.from_spec(name, SPECS[name])


@lru_cache
def worked(name: str) -> list[int]:
    """How many minutes were worked before each minute, by looking at the wall clock in every one of them."""
    spec = SPECS[name]
    zone = ZoneInfo(spec["time_zone"])
    open_at = _open_minutes(spec)
    minutes = (_wall_minute(zone, n) for n in range(DAYS * 1440))
    return list(accumulate((wall in open_at for wall in minutes), initial=0))


def _wall_minute(zone: ZoneInfo, n: int) -> int:
    wall = (EPOCH + timedelta(minutes=n)).astimezone(zone)
    return (wall.date().toordinal() * 24 + wall.hour) * 60 + wall.minute


def _open_minutes(spec: dict[str, Any]) -> set[int]:
    """Every minute of every local day at which the desk is open, spelled out."""
    closed: set[date] = set()
    for one in spec["holidays"]:
        first, last = (one["from"], one["to"]) if isinstance(one, dict) else (one, one)
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            closed.add(day)
            day += timedelta(days=1)
    extra = {date.fromisoformat(one["date"]): one["spans"] for one in spec["working_days"]}
    found: set[int] = set()
    for n in range(-3, DAYS + 3):
        day = FIRST_DAY + timedelta(days=n)
        usual = [] if day in closed else spec["weekly"].get(working.WEEKDAYS[day.weekday()], [])
        for begin, end in extra.get(day, usual):
            start, stop = _of_day(begin), _of_day(end)
            stop += 1440 if stop <= start else 0
            found.update(range(day.toordinal() * 1440 + start, day.toordinal() * 1440 + stop))
    return found


def _of_day(written: str) -> int:
    hour, minute = written.split(":")
    return int(hour) * 60 + int(minute)


class Simulated:
    """A clock that is looked at in every minute in which something happens or could."""

    def __init__(self, name: str, ran: list[tuple[int, int]]) -> None:
        self.before = worked(name)
        self.ran = ran  # [from, to) in minutes, in order

    def counted(self) -> int:
        return sum(self.before[end] - self.before[begin] for begin, end in self.ran)

    def reached(self, minutes: int, now: int) -> int | None:
        """The first minute by which so many were counted; None if that was not by `now`."""
        left = minutes
        for begin, end in self.ran:
            inside = self.before[end] - self.before[begin]
            if inside >= left:
                at = bisect_left(self.before, self.before[begin] + left)
                return at if at <= now else None
            left -= inside
        return None


steps = st.lists(
    st.tuples(
        st.integers(1, 2 * 365 * 1440),
        st.sampled_from(["open", "on_hold", "waiting_customer", "solved", "answer", "message"]),
    ),
    max_size=10,
    unique_by=lambda one: one[0],
).map(sorted)


@given(
    name=st.sampled_from(sorted(SPECS)),
    start=st.integers(0, 700 * 1440),
    steps=steps,
    close=st.booleans(),
    target=st.integers(1, 9000),
    warn=st.integers(1, 100),
    metric=st.sampled_from([one for one in Metric if one is not Metric.STEP]),  # steps: test_step_machine
    data=st.data(),
)
@settings(max_examples=250, deadline=None)
def test_clocks_equal_a_walk_through_two_years_minute_by_minute(
    name: str,
    start: int,
    steps: list[tuple[int, str]],
    close: bool,
    target: int,
    warn: int,
    metric: Metric,
    data: Any,
) -> None:
    # half of the histories stand close together, so that pauses lie inside the promised time
    events = [(start + (at % 20_000 if close else at % (729 * 1440 - start) + 1), what) for at, what in steps]
    events = sorted({at: what for at, what in events if at > start}.items())
    now = data.draw(st.integers(max((at for at, _what in events), default=start), 730 * 1440), label="now")
    history = [HistoryEntry(EPOCH + timedelta(minutes=start), None, "opened", {})]
    history += [_entry(at, what) for at, what in events]
    line = sla.timeline(metric, history)
    walked = _walk(start, events, now, metric)
    if walked is None:
        assert line is None
        return
    assert line is not None
    ran, stopped, is_paused = walked
    simulated = Simulated(name, ran)
    # a warning falls on a whole minute here, so that the walk can see it
    warn_minutes = max(1, target * warn // 100)
    plan = sla.Plan(metric, "p", calendar(name), target, 100 * warn_minutes / target, (60, 240))  # type: ignore[arg-type]
    read = sla.read(plan, line, EPOCH + timedelta(minutes=now))
    due, warned = simulated.reached(target, now), simulated.reached(warn_minutes, now)
    assert (read.breached_at is not None) == (due is not None)
    assert read.is_warned == (warned is not None)
    if due is not None:
        assert read.due_at == EPOCH + timedelta(minutes=due)
        reached = [simulated.reached(target + after, now) for after in (60, 240)]
        assert read.rungs_reached == sum(at is not None for at in reached)
        assert list(read.escalate_at[: read.rungs_reached]) == [
            EPOCH + timedelta(minutes=at) for at in reached if at is not None
        ]
    elif stopped is None and not is_paused:
        left = target - simulated.counted()
        assert read.due_at == EPOCH + timedelta(
            minutes=bisect_left(simulated.before, simulated.before[now] + left)
        )
    expected = (
        "breached"
        if due is not None
        else "met"
        if stopped is not None
        else "paused"
        if is_paused
        else "running"
    )
    assert read.state == expected
    assert sla.counted_minutes(plan, line, EPOCH + timedelta(minutes=now)) == simulated.counted()


def _entry(at: int, what: str) -> HistoryEntry:
    when = EPOCH + timedelta(minutes=at)
    if what in {"answer", "message"}:
        role = "agent" if what == "answer" else "customer"
        return HistoryEntry(when, None, "replied", {"role": role, "visibility": "public"})
    return HistoryEntry(when, None, "state_changed", {"after": what})


def _walk(
    start: int, events: list[tuple[int, str]], now: int, metric: Metric
) -> tuple[list[tuple[int, int]], int | None, bool] | None:
    """When the clock ran, when it stopped, and whether it rests; by a state that each event changes."""
    walk = Walk(metric, since=start, began=None if metric is Metric.NEXT_RESPONSE else start)
    for at, what in [*events, (now, "end")]:
        walk.go_to(at)
        walk.hear(at, what)
    return None if walk.began is None else (walk.ran, walk.stopped, walk.state not in {"new", "open"})


@dataclass
class Walk:
    """Where the walk stands."""

    metric: Metric
    since: int
    began: int | None
    stopped: int | None = None
    state: str = "new"
    answered: bool = False
    ran: list[tuple[int, int]] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return self.began is not None and self.stopped is None

    def go_to(self, at: int) -> None:
        if self.waits and self.state in {"new", "open"}:
            assert self.began is not None
            self.ran.append((max(self.since, self.began), at))
        self.since = at

    def hear(self, at: int, what: str) -> None:
        if what == "answer":
            self.answered = True
            if self.waits and self.metric is not Metric.RESOLUTION:
                self.stopped = at
        elif what == "message":
            if self.metric is Metric.NEXT_RESPONSE and self.answered and not self.waits:
                self.began, self.stopped, self.ran = at, None, []
        elif what != "end":
            self.moved(at, what)

    def moved(self, at: int, state: str) -> None:
        self.state = state
        is_solved = state == State.SOLVED
        if self.metric is Metric.NEXT_RESPONSE and is_solved and self.waits:
            self.stopped = at
        if self.metric is Metric.RESOLUTION:
            earlier = self.stopped if self.stopped is not None else at
            self.stopped = earlier if is_solved else None
