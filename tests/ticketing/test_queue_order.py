from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from foundation import clock
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, SAM, SOLO, VERA, opened, who
from ticketing import queue_order
from ticketing import service as ticketing
from ticketing.tables import TicketTable
from ticketing.types import NewReply, Order, State

NOW = datetime(2026, 9, 7, tzinfo=UTC)
DAY = timedelta(days=1)
PLACES = 3

hours = st.integers(-24 * 9, 24 * 9)


@given(st.integers(0, PLACES - 1), hours, st.integers(0, 24 * 30))
def test_waiting_longer_never_lowers_a_ticket(place: int, due: int, wait: int) -> None:
    due_at = NOW + timedelta(hours=due)
    before = queue_order.level(place, due_at, NOW)
    assert 0 <= queue_order.level(place, due_at, NOW + timedelta(hours=wait)) <= before <= place


@given(
    st.integers(0, PLACES - 1),
    st.integers(0, 24 * 9),
    st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, 24 * 40), st.integers(0, 24 * 9))),
)
def test_nobody_starves(place: int, promised: int, others: list[tuple[int, int, int]]) -> None:
    """The stated bound: past its due time by a day per tier, nothing opened after that due time goes first."""
    opened_at, due_at = NOW, NOW + timedelta(hours=promised)
    later = due_at + place * DAY
    mine = queue_order.promise_key(State.OPEN, place, due_at, opened_at, later)
    for tier, opened_after_hours, promise_hours in others:
        their_opening = due_at + timedelta(hours=opened_after_hours)
        their_due = their_opening + timedelta(hours=promise_hours)
        their = queue_order.promise_key(State.OPEN, tier, their_due, their_opening, later)
        assert mine <= their


def test_before_anything_is_overdue_the_tier_decides_then_the_time_left_then_age() -> None:
    def key(place: int, due: int, opened_at: int) -> tuple[bool, int, datetime, datetime]:
        return queue_order.promise_key(
            State.NEW, place, NOW + timedelta(hours=due), NOW + timedelta(hours=opened_at), NOW
        )

    assert key(0, 9, -1) < key(1, 1, -9) < key(1, 2, -99) < key(1, 2, -98) < key(2, -23, -100)


TICKETS = st.lists(
    st.tuples(
        st.sampled_from([VERA, SAM, SOLO, None]),
        hours,
        hours,
        st.sampled_from([State.NEW, State.OPEN, State.ON_HOLD, State.SOLVED]),
    ),
    min_size=2,
    max_size=8,
)


@given(TICKETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_list_has_the_order_that_is_promised(
    session: WriteSession, wanted: list[tuple[str | None, int, int, State]]
) -> None:
    now, places = clock.now(), {"vip": 0, "gold": 1, "standard": 2, None: 2}
    keys = {}
    with session.begin_nested() as savepoint:
        for email, due, created, state in wanted:
            made = opened(session, email)
            due_at, created_at = now + timedelta(hours=due), now + timedelta(hours=created)
            values = {"sort_due_at": due_at, "created_at": created_at, "state": state}
            session.execute(update(TicketTable).where(TicketTable.id == made.id).values(**values))
            key = queue_order.promise_key(state, places[made.tier], due_at, created_at, now)
            keys[made.id] = (*key, made.id)
        session.expire_all()
        listed, _total = ticketing.tickets(session, who(session, ANN))
        assert [one.id for one in listed] == sorted(keys, key=keys.__getitem__)
        savepoint.rollback()


def test_a_vip_who_asks_last_is_first_and_a_parked_ticket_is_out_of_the_way(session: WriteSession) -> None:
    sam, solo = opened(session, SAM), opened(session, SOLO)
    clock.advance(timedelta(minutes=30))
    vera, ann = opened(session, VERA), who(session, ANN)

    def listed(order: Order = Order.PROMISE) -> list[int]:
        return [one.id for one in ticketing.tickets(session, ann, order=order)[0]]

    assert listed() == [vera.id, sam.id, solo.id]
    assert listed(Order.NEWEST) == [vera.id, solo.id, sam.id]
    ticketing.reply(session, ann, vera.id, NewReply(text="Which model?", then="waiting_customer"))
    assert listed() == [sam.id, solo.id, vera.id]


def test_a_standard_ticket_two_days_overdue_goes_before_a_fresh_vip(session: WriteSession) -> None:
    sam, ann = opened(session, SAM), who(session, ANN)
    assert sam.due_at is not None

    def first_of_sam_and_a_fresh_vip() -> int:
        fresh = opened(session, VERA)
        order = [one.id for one in ticketing.tickets(session, ann)[0] if one.id in (sam.id, fresh.id)]
        ticketing.resolve(session, ann, fresh.id)
        return order[0]

    clock.advance(sam.due_at + timedelta(hours=47) - clock.now())
    assert first_of_sam_and_a_fresh_vip() != sam.id
    clock.advance(timedelta(hours=1))
    assert first_of_sam_and_a_fresh_vip() == sam.id
