from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from foundation import clock, events, live
from foundation.db import WriteSession, read_session, write_session
from foundation.jobs import run_one
from foundation.tables import JobTable
from tests.ticketing.desk import ANN, SAM, VERA, opened, shanghai, who
from ticketing import calendar as working
from ticketing import clocks, jobs, sla
from ticketing import service as ticketing
from ticketing.calendar import ALWAYS, Calendar
from ticketing.events import ClockBreached
from ticketing.tables import ClockTable, HistoryTable
from ticketing.types import (
    ClockState,
    HistoryEntry,
    Metric,
    NewReply,
    Priority,
    Promise,
    TicketChange,
)

START = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
OFFICE = working.from_spec(
    "office",
    {
        "time_zone": "Asia/Shanghai",
        "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in working.WEEKDAYS[:5]},
    },
)


def entry(minutes: float, event: str, **detail: Any) -> HistoryEntry:
    return HistoryEntry(START + timedelta(minutes=minutes), None, event, detail)


def moved(minutes: float, after: str) -> HistoryEntry:
    return entry(minutes, "state_changed", after=after)


def answered(minutes: float, role: str = "agent", visibility: str = "public") -> HistoryEntry:
    return entry(minutes, "replied", role=role, visibility=visibility)


def read(
    metric: Metric, history: list[HistoryEntry], at: float, *, target: int = 60, calendar: Calendar = ALWAYS
) -> tuple[str, float]:
    """State and due time (minutes after the start) at `at` minutes."""
    plan = sla.Plan(metric, "p", calendar, target)
    line = sla.timeline(metric, [entry(0, "opened"), *history])
    assert line is not None
    told = sla.read(plan, line, START + timedelta(minutes=at))
    return str(told.state), (told.due_at - START) / timedelta(minutes=1)


FIRST, RESOLUTION = Metric.FIRST_RESPONSE, Metric.RESOLUTION


@pytest.mark.parametrize(
    ("metric", "history", "at", "state", "due"),
    [
        (FIRST, [], 59, "running", 60),
        (FIRST, [], 60, "breached", 60),
        (FIRST, [answered(59)], 100, "met", 60),
        (FIRST, [answered(60)], 100, "breached", 60),
        (FIRST, [answered(10, role="bot")], 61, "breached", 60),
        (FIRST, [answered(10, role="customer")], 61, "breached", 60),
        (FIRST, [answered(10, visibility="internal")], 61, "breached", 60),
        (FIRST, [answered(10), answered(90)], 100, "met", 60),
        (FIRST, [moved(20, "on_hold")], 500, "paused", 60),
        (FIRST, [moved(20, "on_hold"), moved(50, "open")], 80, "running", 90),
        (FIRST, [moved(20, "on_hold"), moved(50, "waiting_customer"), moved(70, "open")], 80, "running", 110),
        (FIRST, [moved(20, "on_hold"), answered(500)], 600, "met", 60),
        (FIRST, [moved(70, "on_hold")], 71, "breached", 60),
        (FIRST, [moved(20, "merged")], 500, "paused", 60),
        (RESOLUTION, [answered(10)], 59, "running", 60),
        (RESOLUTION, [moved(30, "solved")], 500, "met", 60),
        (RESOLUTION, [moved(30, "solved"), moved(90, "closed")], 500, "met", 60),
        (RESOLUTION, [moved(30, "solved"), moved(500, "open")], 510, "running", 530),
        (RESOLUTION, [moved(30, "solved"), moved(500, "open")], 531, "breached", 530),
        (RESOLUTION, [moved(30, "solved"), moved(500, "open"), moved(529, "solved")], 900, "met", 530),
        (RESOLUTION, [moved(10, "waiting_customer"), moved(400, "solved")], 900, "met", 60),
        (RESOLUTION, [moved(61, "solved"), moved(500, "open")], 510, "breached", 60),
    ],
)
def test_a_clock_stands_as_its_history_says(
    metric: Metric, history: list[HistoryEntry], at: float, state: str, due: float
) -> None:
    assert read(metric, history, at) == (state, due)


def test_a_pause_is_measured_in_working_time() -> None:
    # on hold from 11:30 over lunch and the night until 10:00: half an hour and six more were working time
    hold = [moved(90, "on_hold"), moved(24 * 60, "open")]
    assert read(FIRST, hold, 24 * 60 + 29, target=120, calendar=OFFICE) == ("running", 24 * 60 + 30)


history_steps = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.sampled_from(["open", "waiting_customer", "on_hold", "solved", "answer", "note"]),
    ),
    max_size=8,
).map(sorted)


@given(
    history_steps,
    st.integers(0, 6000),
    st.integers(1, 900),
    st.sampled_from([Metric.FIRST_RESPONSE, Metric.RESOLUTION]),
    st.sampled_from([ALWAYS, OFFICE]),
)
@settings(max_examples=300, deadline=None)
def test_a_clock_equals_one_that_ticks_minute_by_minute(
    steps: list[tuple[int, str]], at: int, target: int, metric: Metric, calendar: Calendar
) -> None:
    steps = [step for step in steps if step[0] <= at]
    history = [_as_entry(minute, what) for minute, what in steps]
    state, due = read(metric, history, at, target=target, calendar=calendar)
    assert state == _ticked(steps, at, target, metric, calendar)
    assert (due <= at) == (state == "breached") or state in ("met", "paused")


def _as_entry(minute: int, what: str) -> HistoryEntry:
    if what in ("answer", "note"):
        return answered(minute, visibility="public" if what == "answer" else "internal")
    return moved(minute, what)


def _ticked(steps: list[tuple[int, str]], at: int, target: int, metric: Metric, calendar: Calendar) -> str:
    """The oracle: look at the state of the ticket in each minute and count those that count."""
    waiting, state, done, counted = list(steps), "new", False, 0
    for minute in range(at + 1):
        while waiting and waiting[0][0] == minute:
            state, done = _step(waiting.pop(0)[1], state, metric, done=done)
        if counted >= target:
            return "breached"
        runs = state in ("new", "open") and not done
        counted += runs and working.is_working(calendar, START + timedelta(minutes=minute))
    if done:
        return "met"
    return "running" if state in ("new", "open") else "paused"


def _step(what: str, state: str, metric: Metric, *, done: bool) -> tuple[str, bool]:
    if what == "note":
        return state, done
    if what == "answer":
        return state, done or metric is FIRST
    return what, what == "solved" if metric is RESOLUTION else done


# Stored clocks


def test_a_breach_is_noted_told_and_published_once_at_its_time(desk: None) -> None:
    broken: list[ClockBreached] = []
    told: list[dict[str, Any]] = []
    events.subscribe(ClockBreached, lambda _session, event: broken.append(event))
    stop = live.listen(["tickets"], lambda _topic, message: told.append(message))
    with write_session() as session:
        made = opened(session, VERA)
        ticketing.claim(session, who(session, ANN), made.id)
    told.clear()
    assert run_one() is False  # nothing is due yet, and nobody polls
    clock.advance(timedelta(minutes=11, seconds=15))
    assert run_one() is True  # the warning
    assert told.pop() == {"event": "warning", "ticket_id": made.id, "metric": "first_response"}
    clock.advance(timedelta(minutes=3, seconds=44))
    assert run_one() is False
    clock.advance(timedelta(seconds=1))
    assert run_one() is True
    for _again in range(3):
        jobs.sweep_clocks(made.id)
        jobs.sweep_clocks()
    stop()
    assert [(one.metric, one.due_at) for one in broken] == [(FIRST, shanghai("2026-09-07 10:15"))]
    assert told == [{"event": "breach", "ticket_id": made.id, "metric": "first_response"}]
    with read_session() as session:
        seen = ticketing.ticket(session, who(session, ANN), made.id)
        assert [one.event for one in seen.history].count("breached") == 1
        assert seen.promise is Promise.BREACHED
        kinds = [one.kind for one in ticketing.list_notifications(session, who(session, ANN))]
        assert kinds.count("breach") == 1


def test_a_clock_that_has_moved_is_looked_at_when_it_is_due_and_not_broken_before(desk: None) -> None:
    with write_session() as session:
        made, ann = opened(session, SAM), who(session, ANN)
        clock.advance(timedelta(minutes=30))
        ticketing.change(session, ann, made.id, TicketChange(state="on_hold"))
        clock.advance(timedelta(minutes=60))
        ticketing.change(session, ann, made.id, TicketChange(state="open"))

    def first() -> Any:
        with read_session() as session:
            return ticketing.ticket(session, ann, made.id).clock(FIRST)

    assert first().due_at == shanghai(
        "2026-09-07 14:00"
    )  # 12:00 with the break, 13:00 with the hold, lunch between
    clock.advance(shanghai("2026-09-07 13:00") - clock.now())
    while run_one():
        pass
    assert first().state is ClockState.RUNNING
    clock.advance(shanghai("2026-09-07 14:00") - clock.now())
    while run_one():
        pass
    assert first().state is ClockState.BREACHED
    with read_session() as session:
        states = session.scalars(select(JobTable.state).where(JobTable.run_at <= clock.now())).all()
        assert set(states) == {"done"}


def test_a_promise_shows_as_broken_even_before_the_sweep(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    assert made.promise is Promise.ON_TIME
    for minutes, promise in ((11, Promise.ON_TIME), (1, Promise.SOON), (3, Promise.BREACHED)):
        clock.advance(timedelta(minutes=minutes))
        assert ticketing.ticket(session, ann, made.id).promise is promise
    ticketing.reply(session, ann, made.id, NewReply(text="Sorry"))
    seen = ticketing.ticket(session, ann, made.id)
    assert seen.promise is Promise.ON_TIME  # the next promise counts; the broken one stays on record
    first = seen.clock(FIRST)
    assert first is not None and (first.state, first.met_at) == (ClockState.BREACHED, clock.now())
    assert ticketing.resolve(session, ann, made.id).promise is Promise.BREACHED


def test_a_kept_promise_is_met(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    ticketing.reply(session, ann, made.id, NewReply(text="Hello", then="solved"))
    assert ticketing.ticket(session, ann, made.id).promise is Promise.MET


def test_a_broken_promise_that_is_made_longer_runs_again_and_can_break_again(session: WriteSession) -> None:
    made, ann = opened(session, SAM, priority=Priority.URGENT), who(session, ANN)
    clock.advance(timedelta(minutes=60))
    jobs_seen = clocks_events(session, made.id)
    ticketing.mark_read(session, ann, made.id)
    ticketing.change(session, ann, made.id, TicketChange(priority=Priority.NORMAL))
    first = ticketing.ticket(session, ann, made.id).clock(FIRST)
    assert first is not None and (first.state, first.due_at) == (
        ClockState.RUNNING,
        shanghai("2026-09-07 13:00") - timedelta(hours=1),
    )
    ticketing.change(session, ann, made.id, TicketChange(priority=Priority.URGENT))
    assert clocks_events(session, made.id) == [*jobs_seen, "first_response"]


def clocks_events(session: WriteSession, ticket_id: int) -> list[str]:
    mine = HistoryTable.ticket_id == ticket_id, HistoryTable.event == "breached"
    return [row.detail["metric"] for row in session.scalars(select(HistoryTable).where(*mine))]


def test_clocks_computed_again_after_a_calendar_edit_follow_it(session: WriteSession) -> None:
    from ticketing import policies

    made = opened(session, SAM)
    always = {"time_zone": "Asia/Shanghai", "weekly": {day: [["00:00", "24:00"]] for day in working.WEEKDAYS}}
    policies.upsert_calendar(session, "office", {}, always)
    ticketing.recompute_clocks(session, [made.id])
    resolution = ticketing.ticket(session, who(session, ANN), made.id).clock(RESOLUTION)
    assert resolution is not None and resolution.due_at == shanghai("2026-09-08 02:00")


def test_what_is_stored_equals_what_the_history_gives(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    for minutes, state in (
        (5, "on_hold"),
        (30, "open"),
        (20, "waiting_customer"),
        (7, "solved"),
        (60, "open"),
    ):
        clock.advance(timedelta(minutes=minutes))
        ticketing.change(session, ann, made.id, TicketChange(state=state))
        seen = ticketing.ticket(session, ann, made.id)
        assert list(seen.clocks) == clocks.replay(session, list(seen.history), clock.now())
    rows = session.scalars(select(ClockTable).where(ClockTable.ticket_id == made.id)).all()
    assert len(rows) == 2
