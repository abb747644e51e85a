from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from foundation import clock, events, live
from foundation.db import WriteSession, read_session, write_session
from foundation.tables import JobTable
from tests.ticketing.desk import ANN, BOB, MIA, SAM, VERA, opened, shanghai, who
from ticketing import events as news
from ticketing import service as ticketing
from ticketing.tables import TicketTable
from ticketing.types import (
    NewReply,
)


def test_news_is_published_inside_the_transaction_and_told_live_after_it(desk: None) -> None:
    published: list[object] = []
    told: list[dict[str, Any]] = []
    for kind in (
        news.TicketOpened,
        news.TicketReplied,
        news.TicketAssigned,
        news.TicketStateChanged,
        news.TicketResolved,
        news.TicketRated,
    ):
        events.subscribe(kind, lambda _session, event: published.append(event))
    stop = live.listen(["tickets"], lambda _topic, message: told.append(message))
    try:
        with write_session() as session:
            made = opened(session, VERA, conversation_id="c_1")
            ticketing.reply(session, who(session, ANN), made.id, NewReply(text="Hello"))
            ticketing.resolve(session, who(session, ANN), made.id)
            ticketing.rate(session, who(session, VERA), made.id, 5)
            assert told == []
        names = [type(one).__name__ for one in published]
        assert names == [
            "TicketOpened",
            "TicketAssigned",
            "TicketStateChanged",
            "TicketReplied",
            "TicketStateChanged",
            "TicketResolved",
            "TicketRated",
        ] or names == [
            "TicketOpened",
            "TicketStateChanged",
            "TicketAssigned",
            "TicketReplied",
            "TicketStateChanged",
            "TicketResolved",
            "TicketRated",
        ]
        assert {one.conversation_id for one in published} == {"c_1"}
        assert next(one["event"] for one in told) == "created"
        assert {one["event"] for one in told} == {"created", "updated", "turn"}
        assert all(one["ticket_id"] == made.id for one in told)
        told.clear()
        with pytest.raises(ZeroDivisionError), write_session() as session:
            opened(session, SAM)
            raise ZeroDivisionError
        assert told == []
    finally:
        stop()


def test_the_account_manager_hears_of_a_vip_ticket_and_of_no_other(session: WriteSession) -> None:
    made = opened(session, VERA)
    opened(session, SAM)
    heard = ticketing.list_notifications(session, who(session, ANN))
    assert [(one.kind, one.ticket_id) for one in heard] == [("vip_ticket", made.id)]
    ticketing.mark_notifications_read(session, who(session, ANN), up_to_id=heard[0].id)
    assert ticketing.list_notifications(session, who(session, ANN), unread_only=True) == []
    assert ticketing.list_notifications(session, who(session, BOB)) == []


def test_an_agent_who_is_given_a_ticket_hears_of_it(session: WriteSession) -> None:
    made, bob = opened(session, SAM), who(session, BOB)
    ticketing.assign(session, who(session, MIA), made.id, agent_id=bob.agent_id)
    assert [one.kind for one in ticketing.list_notifications(session, bob)] == ["assigned"]


def test_nothing_is_left_when_the_transaction_fails(desk: None) -> None:
    with pytest.raises(ZeroDivisionError), write_session() as session:
        opened(session, VERA)
        raise ZeroDivisionError
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(TicketTable)) == 0
        assert session.scalar(select(func.count()).select_from(JobTable)) == 0


# Waiting


def test_an_expected_wait_is_only_given_when_there_is_something_to_judge_by(session: WriteSession) -> None:
    ann = who(session, ANN)
    assert ticketing.expected_wait_minutes(session, "vip") is None
    for minutes in (4, 10, 60):
        made = opened(session, VERA)
        clock.advance(timedelta(minutes=minutes))
        ticketing.reply(session, ann, made.id, NewReply(text="Hello"))
    assert ticketing.expected_wait_minutes(session, "vip") == 10
    assert ticketing.expected_wait_minutes(session, "zh") is None


def test_out_of_hours_the_wait_runs_until_the_desk_has_opened_and_worked(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    clock.advance(timedelta(minutes=10))
    ticketing.reply(session, ann, made.id, NewReply(text="Hello"))
    clock.advance(shanghai("2026-09-07 20:00") - clock.now())
    wait = ticketing.expected_wait(session, "vip")
    assert wait.is_out_of_hours and wait.next_working_at == shanghai("2026-09-08 09:00")
    assert wait.minutes == 13 * 60 + 10


def test_the_overview_counts(session: WriteSession) -> None:
    ann = who(session, ANN)
    for rating in (5, 4, 2):
        made = opened(session, VERA)
        ticketing.resolve(session, ann, made.id)
        ticketing.rate(session, who(session, VERA), made.id, rating)
    ticketing.resolve(session, ann, opened(session, VERA).id)
    opened(session, VERA)
    clock.advance(timedelta(minutes=30))
    told = ticketing.overview(session)
    assert (told.open, told.waiting, told.breached, told.solved_today) == (1, 1, 1, 4)
    assert (told.csat_score, told.csat_ratings, told.surveys_asked) == (66.7, 3, 4)
