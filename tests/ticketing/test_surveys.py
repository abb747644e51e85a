from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.db import WriteSession, write_session
from foundation.errors import ForbiddenError
from foundation.jobs import run_one
from tests.ticketing.desk import ANN, BOB, MIA, VERA, VICTOR, opened, who
from ticketing import service as ticketing
from ticketing.errors import RatingFinalError, RatingInvalidError, SurveyNotAskedError
from ticketing.types import NewReply, State, TicketChange


def test_a_resolution_asks_once_about_the_agent_and_team_who_had_it_then(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    ticketing.claim(session, ann, made.id)
    solved = ticketing.resolve(session, ann, made.id)
    again = ticketing.resolve(session, ann, made.id)
    assert solved.survey is not None and again.survey == solved.survey
    assert ticketing.list_surveys(session)[1] == 1
    ticketing.assign(session, ann, made.id, agent_id=None)
    survey = ticketing.rate(session, who(session, VERA), made.id, 5, "great")
    assert (survey.agent_name, survey.team, survey.rating, survey.comment) == ("Ann", "key", 5, "great")


def test_an_unassigned_resolution_is_put_down_to_the_queues_team(session: WriteSession) -> None:
    made = ticketing.resolve(session, who(session, MIA), opened(session).id)
    assert made.survey is not None and (made.survey.agent_id, made.survey.team) == (None, "care")


def test_each_resolution_has_its_own_question(session: WriteSession) -> None:
    made, ann, vera = opened(session, VERA), who(session, ANN), who(session, VERA)
    ticketing.resolve(session, ann, made.id)
    ticketing.rate(session, vera, made.id, 2)
    ticketing.reply(session, vera, made.id, NewReply(text="It beeps again"))
    ticketing.change(session, who(session, BOB), made.id, TicketChange(state="solved"))
    assert ticketing.rate(session, vera, made.id, 5).rating == 5
    ratings = [one.rating for one in ticketing.list_surveys(session, rated_only=True)[0]]
    assert ratings == [5, 2]


def test_a_rating_can_be_changed_for_a_day_and_not_later(session: WriteSession) -> None:
    made, vera = opened(session, VERA), who(session, VERA)
    ticketing.resolve(session, who(session, ANN), made.id)
    ticketing.rate(session, vera, made.id, 1)
    clock.advance(timedelta(hours=24))
    assert ticketing.rate(session, vera, made.id, 4, "they called back").rating == 4
    clock.advance(timedelta(seconds=1))
    assert ticketing.rate(session, vera, made.id, 4, "they called back").rating == 4  # the same is no change
    with pytest.raises(RatingFinalError) as caught:
        ticketing.rate(session, vera, made.id, 5)
    assert caught.value.status == 409


def test_only_the_one_who_asked_rates_and_only_after_a_resolution(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    with pytest.raises(SurveyNotAskedError):
        ticketing.rate(session, who(session, VERA), made.id, 5)
    ticketing.resolve(session, ann, made.id)
    for other in (who(session, VICTOR), ann):
        with pytest.raises(ForbiddenError):
            ticketing.rate(session, other, made.id, 5)
    for rating in (0, 6, -1):
        with pytest.raises(RatingInvalidError):
            ticketing.rate(session, who(session, VERA), made.id, rating)


def test_a_solved_ticket_closes_by_itself_unless_its_customer_came_back(desk: None) -> None:
    with write_session() as session:
        ann, vera = who(session, ANN), who(session, VERA)
        quiet, back = opened(session, VERA), opened(session, VERA)
        for one in (quiet, back):
            ticketing.resolve(session, ann, one.id)
        ticketing.reply(session, vera, back.id, NewReply(text="No"))
        clock.advance(timedelta(days=1))
        ticketing.resolve(session, ann, back.id)

    def states() -> list[State]:
        with write_session() as session:
            return [ticketing.ticket(session, ann, one.id).state for one in (quiet, back)]

    for days, expected in (
        (2.9, ["solved", "solved"]),
        (0.2, ["closed", "solved"]),
        (1, ["closed", "closed"]),
    ):
        clock.advance(timedelta(days=days))
        while run_one():
            pass
        assert states() == expected
