from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketing import calendar as working
from ticketing.calendar import ALWAYS, Calendar
from ticketing.errors import BadCalendarError

ZONES = [
    "Asia/Shanghai",
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "UTC",
    "Asia/Kathmandu",
]
MINUTE = timedelta(minutes=1)


def works_by_the_wall_clock(calendar: Calendar, at: datetime) -> bool:
    """The oracle: ask the clock on the wall, knowing nothing of intervals."""
    wall = at.astimezone(ZoneInfo(calendar.time_zone)).replace(tzinfo=None)
    for back in (0, 1, 2):
        day = wall.date() - timedelta(days=back)
        if day in calendar.working_days:
            spans = calendar.working_days[day]
        elif day in calendar.holidays:
            spans = ()
        else:
            spans = calendar.weekly[day.weekday()]
        midnight = datetime.combine(day, time())
        if any(midnight + first * MINUTE <= wall < midnight + last * MINUTE for first, last in spans):
            return True
    return False


spans = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda one: (one[0], one[0] + one[1])),
    max_size=3,
).map(tuple)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@st.composite
def calendars_and_starts(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    zone = draw(st.sampled_from(ZONES))
    # half of the examples stand around a change of the clocks
    day = draw(
        st.one_of(
            days,
            st.sampled_from(
                [
                    date(2026, 3, 8),
                    date(2026, 3, 29),
                    date(2026, 4, 5),
                    date(2026, 10, 4),
                    date(2026, 10, 25),
                    date(2026, 11, 1),
                ]
            ),
        )
    )
    near = st.integers(-3, 5).map(lambda step: day + timedelta(days=step))
    weekly = draw(st.tuples(*[spans] * 7))
    made = Calendar(
        "any",
        zone,
        weekly,
        draw(st.frozensets(near, max_size=3)),
        draw(st.dictionaries(near, spans, max_size=2)),
    )
    start = datetime.combine(day, time(), UTC) + draw(st.integers(-1440, 1440)) * MINUTE
    return made, start


@given(calendars_and_starts(), st.integers(0, 3 * 1440))
@settings(max_examples=60, deadline=None)
def test_the_sum_equals_a_simulation_minute_by_minute(made: tuple[Calendar, datetime], length: int) -> None:
    calendar, start = made
    simulated = sum(works_by_the_wall_clock(calendar, start + step * MINUTE) for step in range(length))
    assert working.working_minutes_between(calendar, start, start + length * MINUTE) == simulated


@given(calendars_and_starts(), st.integers(1, 900))
@settings(max_examples=60, deadline=None)
def test_adding_ends_when_the_simulation_has_counted_enough(
    made: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, start = made
    at, counted = start, 0
    for _step in range(6 * 1440):
        if counted == minutes:
            break
        counted += works_by_the_wall_clock(calendar, at)
        at += MINUTE
    if counted == minutes:
        assert working.add_working_minutes(calendar, start, minutes) == at


@given(calendars_and_starts(), st.floats(0.01, 3000))
@settings(max_examples=60, deadline=None)
def test_what_is_added_lies_between(made: tuple[Calendar, datetime], minutes: float) -> None:
    calendar, start = made
    if not any(calendar.weekly):
        return
    end = working.add_working_minutes(calendar, start, minutes)
    assert working.working_minutes_between(calendar, start, end) == pytest.approx(minutes, abs=1e-6)


OFFICE = working.from_spec(
    "office",
    {
        "time_zone": "Asia/Shanghai",
        "weekly": {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in working.WEEKDAYS[:5]},
        "holidays": [{"from": "2026-10-01", "to": "2026-10-07"}],
        "working_days": [{"date": date(2026, 10, 10), "spans": [["08:30", "12:00"], ["13:00", "17:30"]]}],
    },
)


def kunshan(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-09-07 11:50", 15, "2026-09-07 13:05"),  # over lunch
        ("2026-09-07 17:20", 15, "2026-09-08 08:35"),  # over night
        ("2026-09-11 17:20", 15, "2026-09-14 08:35"),  # over the weekend
        ("2026-09-12 10:00", 15, "2026-09-14 08:45"),  # asked on a Saturday
        ("2026-09-30 17:20", 15, "2026-10-08 08:35"),  # over the holiday week
        ("2026-10-09 17:20", 15, "2026-10-10 08:35"),  # the Saturday that makes up for it is worked
        ("2026-09-07 09:00", 180, "2026-09-07 12:00"),  # ends with the span, not after lunch
    ],
)
def test_office_hours_in_kunshan(start: str, minutes: int, due: str) -> None:
    assert working.add_working_minutes(OFFICE, kunshan(start), minutes) == kunshan(due)


def test_a_night_shift_runs_over_midnight_and_the_holiday_of_its_second_day_does_not_cut_it() -> None:
    night = working.from_spec(
        "night",
        {
            "time_zone": "Asia/Shanghai",
            "weekly": {"friday": [["22:00", "06:00"]]},
            "holidays": ["2026-09-12"],
        },
    )
    assert working.add_working_minutes(night, kunshan("2026-09-11 23:00"), 120) == kunshan("2026-09-12 01:00")
    assert working.next_working(night, kunshan("2026-09-12 06:00")) == kunshan("2026-09-18 22:00")


def test_a_desk_that_never_closes_counts_every_minute() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert working.add_working_minutes(ALWAYS, start, 10_000) == start + timedelta(minutes=10_000)
    assert working.from_spec("24x7", {"always": True}) == ALWAYS
    assert working.is_working(ALWAYS, start)


def test_the_hour_the_clocks_skip_is_no_working_time_and_the_one_they_repeat_counts_twice() -> None:
    night = working.from_spec(
        "n", {"time_zone": "Europe/Stockholm", "weekly": {"sunday": [["01:00", "04:00"]]}}
    )
    for day, minutes in (("2026-03-29", 120), ("2026-10-25", 240), ("2026-11-01", 180)):
        noon_before = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=12)
        assert working.working_minutes_between(night, noon_before, noon_before + timedelta(days=2)) == minutes


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"time_zone": "Mars/Olympus", "weekly": {"monday": [["08:00", "12:00"]]}},
        {"time_zone": "UTC", "weekly": {}},
        {"time_zone": "UTC", "weekly": {"monday": [["8 o'clock", "12:00"]]}},
        {"time_zone": "UTC", "weekly": {"monday": [["08:00", "25:00"]]}},
    ],
)
def test_a_calendar_that_cannot_be_read_is_refused(spec: dict[str, object]) -> None:
    with pytest.raises(BadCalendarError):
        working.from_spec("bad", spec)


def test_a_calendar_that_stops_working_says_so_instead_of_searching_for_ever() -> None:
    once = Calendar("once", "UTC", ((),) * 7, working_days={date(2026, 9, 7): ((0, 60),)})
    start = datetime(2026, 9, 7, tzinfo=UTC)
    assert working.add_working_minutes(once, start, 60) == start + timedelta(hours=1)
    with pytest.raises(BadCalendarError):
        working.add_working_minutes(once, start, 61)
    with pytest.raises(BadCalendarError):
        working.next_working(once, start + timedelta(hours=1))
