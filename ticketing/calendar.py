"""Working time: when the desk works, and sums with it.

An instant is working time when the wall clock of the calendar's zone stands inside a span. A span
belongs to the day it begins on, so one that runs over midnight follows the rules of its first day. A day
listed as worked uses its own spans, a holiday has none, any other day those of its weekday. An hour that
the clocks repeat counts twice and one that they skip not at all, because that is how people live it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ticketing.errors import BadCalendarError

Span = tuple[int, int]  # minutes after midnight of the day it begins on; the end is excluded, may pass 1440
Interval = tuple[datetime, datetime]  # UTC, end excluded

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60
_SEARCH_DAYS = 3 * 366  # no working time for so long means the calendar is wrong


@dataclass(frozen=True)
class Calendar:
    """When the desk works. Immutable; equal by content."""

    slug: str
    time_zone: str
    weekly: tuple[tuple[Span, ...], ...]  # seven days from Monday
    holidays: frozenset[date] = frozenset()
    working_days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    _windows: dict[datetime, tuple[Interval, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The spans that begin on a local day."""
        if day in self.working_days:
            return self.working_days[day]
        return () if day in self.holidays else self.weekly[day.weekday()]


ALWAYS = Calendar("24x7", "UTC", (((0, _DAY_MINUTES),),) * 7)


def add_working_minutes(calendar: Calendar, start: datetime, minutes: float) -> datetime:
    """The earliest instant by which `minutes` of working time have passed since `start` (aware); UTC.

    Raises BadCalendarError if the calendar stops working before that.
    """
    left = timedelta(minutes=minutes)
    if left <= timedelta(0):
        return start.astimezone(UTC)
    for begin, end in _working_from(calendar, start):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    raise BadCalendarError(calendar.slug, f"there are no {minutes} minutes of working time after {start}")


def working_minutes_between(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Minutes of working time in [start, end); 0 if end is not after start."""
    return working_time_between(calendar, start, end) / timedelta(minutes=1)


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time in [start, end), exact; zero if end is not after start."""
    total, window = timedelta(0), _midnight(start.astimezone(UTC))
    while window < end:
        for begin, stop in _intervals(calendar, window):
            total += max(min(stop, end) - max(begin, start), timedelta(0))
        window += timedelta(days=1)
    return total


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Whether the desk works at this instant."""
    return any(begin <= at < end for begin, end in _intervals(calendar, _midnight(at.astimezone(UTC))))


def next_working(calendar: Calendar, at: datetime) -> datetime:
    """The first working instant that is not before `at`. Raises BadCalendarError if there is none."""
    for begin, _end in _working_from(calendar, at):
        return begin
    raise BadCalendarError(calendar.slug, f"it never works after {at}")


def _working_from(calendar: Calendar, start: datetime) -> Iterator[Interval]:
    """Working intervals from `start` on, in order; ends after a long time without any."""
    start = start.astimezone(UTC)
    window, idle_days = _midnight(start), 0
    while idle_days < _SEARCH_DAYS and window.year < 9990:
        idle_days += 1
        for begin, end in _intervals(calendar, window):
            if end > start:
                idle_days = 0
                yield max(begin, start), end
        window += timedelta(days=1)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _intervals(calendar: Calendar, window: datetime) -> tuple[Interval, ...]:
    """The working intervals of one UTC day, merged and in order."""
    known = calendar._windows.get(window)
    if known is None:
        known = calendar._windows[window] = _compute_intervals(calendar, window)
    return known


def _compute_intervals(calendar: Calendar, window: datetime) -> tuple[Interval, ...]:
    until = window + timedelta(days=1)
    found: list[Interval] = []
    for step in range(-2, 3):  # zones reach 14 hours either way and spans over midnight a day back
        day = window.date() + timedelta(days=step)
        for first, last in calendar.spans(day):
            for begin, end in _span_in_utc(calendar.zone, day, first, last):
                clipped = max(begin, window), min(end, until)
                if clipped[0] < clipped[1]:
                    found.append(clipped)
    return _merged(found)


def _span_in_utc(zone: ZoneInfo, day: date, first: int, last: int) -> Iterator[Interval]:
    """The instants at which the wall clock stands inside the span: one interval, or two around a change."""
    midnight = datetime.combine(day, time(), UTC)
    begin, end = midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)
    early, late = begin - timedelta(hours=15), end + timedelta(hours=15)
    before, after = _offset(zone, early), _offset(zone, late)
    if before == after:
        yield begin - before, end - before
        return
    change = _change(zone, early, late)
    yield begin - before, min(end - before, change)
    yield max(begin - after, change), end - after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _change(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    """The first instant, to the second, at which the zone's offset is the one it has at `late`."""
    after = _offset(zone, late)
    while late - early > timedelta(seconds=1):
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if _offset(zone, middle) == after:
            late = middle
        else:
            early = middle
    return late


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return tuple(merged)


# Reading a calendar from its written form


def from_spec(slug: str, spec: Mapping[str, Any]) -> Calendar:
    """Read a calendar as YAML or JSON writes it; dates may be dates or ISO strings.

    `{time_zone, weekly: {monday: [["08:30", "12:00"], …], …}, holidays: [day or {from, to}],
    working_days: [{date, spans}]}`, or `{always: true}`. A span that ends at or before its beginning
    runs over midnight. Raises BadCalendarError.
    """
    if spec.get("always"):
        return Calendar(slug, "UTC", ALWAYS.weekly)
    try:
        made = Calendar(
            slug,
            ZoneInfo(spec["time_zone"]).key,
            tuple(_spans(spec["weekly"].get(name) or ()) for name in WEEKDAYS),
            frozenset(day for entry in spec.get("holidays") or () for day in _days(entry)),
            {_day(one["date"]): _spans(one["spans"]) for one in spec.get("working_days") or ()},
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadCalendarError(slug, f"cannot be read: {error!r}") from error
    if not any(made.weekly):
        raise BadCalendarError(slug, "no day of the week is worked")
    return made


def _spans(written: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    return tuple(_span(*one) for one in written)


def _span(first: str, last: str) -> Span:
    begin, end = _minutes(first), _minutes(last)
    return begin, end if end > begin else end + _DAY_MINUTES


def _minutes(written: str) -> int:
    hour, _, minute = written.partition(":")
    total = int(hour) * 60 + int(minute)
    if not (0 <= total <= _DAY_MINUTES and 0 <= int(minute) < 60):
        raise ValueError(f"{written!r} is no time of day")
    return total


def _days(entry: Any) -> Iterator[date]:
    first, last = (
        (entry["from"], entry.get("to", entry["from"])) if isinstance(entry, dict) else (entry, entry)
    )
    day, end = _day(first), _day(last)
    while day <= end:
        yield day
        day += timedelta(days=1)


def _day(written: Any) -> date:
    return written if isinstance(written, date) else date.fromisoformat(str(written))
