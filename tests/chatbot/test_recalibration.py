from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chatbot import recalibration
from chatbot import service as chatbot
from chatbot.decide import least_confidence
from chatbot.recalibration import Adjustment, fit
from chatbot.types import Feedback
from foundation.db import read_session, write_session
from foundation.settings import Settings, use_settings
from portal_api import cli
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk


def test_without_votes_confidence_is_taken_at_its_word() -> None:
    assert fit([]) == Adjustment() and Adjustment().least(0.6) == pytest.approx(0.6)


def test_answers_that_do_not_help_ask_for_more_confidence_and_helpful_ones_for_less() -> None:
    worse = fit([(0.8, n % 2 == 0) for n in range(200)])
    better = fit([(0.6, True)] * 200)
    assert worse.least(0.6) > 0.75 and worse.helps(0.8) == pytest.approx(0.5, abs=0.05)
    assert better.least(0.6) < 0.5


def test_a_few_votes_change_little() -> None:
    assert abs(fit([(0.8, False)] * 2).least(0.6) - 0.6) < 0.08


@hypothesis_settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.floats(0.05, 0.95))
def test_whatever_is_voted_a_threshold_stays_one(votes: list[tuple[float, bool]], wanted: float) -> None:
    made = fit(votes)
    assert 0 < made.least(wanted) < 1
    assert made.least(wanted) <= made.least(min(wanted + 0.04, 0.99))


def test_votes_of_customers_move_the_threshold_and_the_command_says_so(house: House) -> None:
    before = least_confidence()
    for _ in range(25):
        talk = Talk.begin(house.sam)
        answer = talk.say("变频器保修期多久？")[1]
        with write_session() as session:
            chatbot.feedback(session, house.sam, talk.id, talk.token, answer.id, Feedback.DOWN)
    with read_session() as session:
        assert recalibration.recalibrate(session).votes == 25
    assert least_confidence() > before


def test_the_command_says_what_it_learnt(settings: Settings, tmp_path: Path) -> None:
    use_settings(settings.model_copy(update={"data_dir": tmp_path / "new", "database_url": ""}))
    said = CliRunner().invoke(cli.app, ["eval", "recalibrate", "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout.splitlines()[-1])["votes"] == 0
