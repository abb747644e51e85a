"""Whatever an answer model does, a customer gets a right or an honest answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatbot import service as chatbot
from chatbot import writing
from chatbot.types import TurnKind
from foundation.db import engine
from foundation.settings import Settings, use_settings
from models import circuit_breaker
from tests.chatbot.conftest import House
from tests.chatbot.llm import Behaviour, Exchange, LanguageModel
from tests.chatbot.talk import Talk

QUESTION = "变频器保修期多久？"
FACT = "变频器保修 24 个月，自发货之日起计算。"


@pytest.fixture
def model(house: House, settings: Settings) -> Iterator[LanguageModel]:
    server = LanguageModel()
    chatbot = settings.chatbot.model_copy(update={"answer_timeout_s": 30.0})
    use_settings(settings.model_copy(update={"answer_model": server.spec, "chatbot": chatbot}))
    writing._breakers.clear()
    yield server
    server.close()


def impatient(settings: Settings, model: LanguageModel, timeout_s: float) -> None:
    chatbot = settings.chatbot.model_copy(update={"answer_timeout_s": timeout_s})
    use_settings(settings.model_copy(update={"answer_model": model.spec, "chatbot": chatbot}))


def answer(house: House) -> str:
    _, turn = Talk.begin(house.sam).say(QUESTION)
    assert turn.kind is TurnKind.ANSWER
    assert [one.title for one in turn.citations] == ["变频器保修期多久？"]
    return turn.text


def test_a_model_that_keeps_to_the_passages_is_heard(house: House, model: LanguageModel) -> None:
    model.behaviour = lambda exchange: exchange.says("保修 24 个月，", "自发货之日", "起计算 [1]。")
    assert answer(house) == "保修 24 个月，自发货之日起计算 。 [1]".replace(" 。", "。")


def fails_with(status: int) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.begins(status, "application/json")
        exchange.writes('{"error": {"message": "no"}}')

    return behave


def cuts_the_stream(exchange: Exchange) -> None:
    exchange.says("保修 24 个月，自发货之日起计算 [1]。\n", "另外", ends=False)


def talks_nonsense(exchange: Exchange) -> None:
    exchange.says("鲸鱼", "在天上", "唱歌 [1]。")


def sends_a_web_page(exchange: Exchange) -> None:
    exchange.begins(200, "text/html")
    exchange.writes("<html><body>502 Bad Gateway</body></html>")


def changes_the_number(exchange: Exchange) -> None:
    exchange.says("变频器保修 36 个月，自发货之日起计算 [1]。")


def changes_the_unit(exchange: Exchange) -> None:
    exchange.says("变频器保修 24 天，自发货之日起计算 [1]。")


def turns_it_round(exchange: Exchange) -> None:
    exchange.says("变频器不保修 24 个月，自发货之日起不计算 [1]。")


def promises(exchange: Exchange) -> None:
    exchange.says("我们会在 24 个月内免费上门为您更换变频器 [1]。")


def invents_an_address(exchange: Exchange) -> None:
    exchange.says("变频器保修 24 个月，详见 www.evil.example/bao [1]。")


def is_empty(exchange: Exchange) -> None:
    exchange.says("")


def closes_at_once(exchange: Exchange) -> None:
    exchange.handler.close_connection = True


@pytest.mark.parametrize(
    "behaviour",
    [
        *(fails_with(status) for status in (400, 401, 404, 429, 500, 503)),
        *(cuts_the_stream, talks_nonsense, sends_a_web_page, changes_the_number, changes_the_unit, turns_it_round),
        *(promises, invents_an_address, is_empty, closes_at_once),
    ],
)  # fmt: skip
def test_a_model_that_fails_or_invents_leaves_the_quoted_answer(
    house: House, model: LanguageModel, behaviour: Behaviour
) -> None:
    model.behaviour = behaviour
    assert answer(house) == f"{FACT} [1]"
    assert model.prompts


def test_a_citation_of_the_wrong_passage_is_set_right(house: House, model: LanguageModel) -> None:
    model.behaviour = lambda exchange: exchange.says("变频器保修 24 个月，自发货之日起计算 [9]。")
    assert answer(house) == "变频器保修 24 个月，自发货之日起计算。 [1]"


def silent(exchange: Exchange) -> None:
    exchange.hangs()


def stops_halfway(exchange: Exchange) -> None:
    exchange.says("变频器保修 24 个月，", ends=False)
    exchange.hangs()


def drips(exchange: Exchange) -> None:
    exchange.begins()
    while not exchange.closing.wait(0.05):
        exchange.writes(": wait\n\n")


@pytest.mark.parametrize("behaviour", [silent, stops_halfway, drips])
def test_a_slow_model_is_not_waited_for(
    house: House, settings: Settings, model: LanguageModel, behaviour: Behaviour
) -> None:
    impatient(settings, model, 0.5)
    model.behaviour = behaviour
    assert answer(house) == f"{FACT} [1]"
    assert not model.closing.is_set(), "the server was still holding the request"


def test_after_some_failures_the_model_is_left_alone(house: House, model: LanguageModel) -> None:
    model.behaviour = fails_with(500)
    for _ in range(circuit_breaker.FAILURES + 2):
        assert answer(house) == f"{FACT} [1]"
    assert len(model.prompts) == circuit_breaker.FAILURES


def test_a_model_that_says_nothing_true_is_not_broken(house: House, model: LanguageModel) -> None:
    model.behaviour = talks_nonsense
    for _ in range(circuit_breaker.FAILURES + 2):
        answer(house)
    assert len(model.prompts) == circuit_breaker.FAILURES + 2


def test_no_transaction_is_open_while_a_model_writes(house: House, model: LanguageModel) -> None:

    open_then: list[int] = []

    def looks(exchange: Exchange) -> None:
        open_then.append(engine().pool.checkedout())  # type: ignore[attr-defined]
        exchange.says(FACT)

    model.behaviour = looks
    answer(house)
    chatbot.ask(house.sam, QUESTION)
    chatbot.draft(house.sam, ["你好", QUESTION, "还是不行"])
    assert open_then == [0, 0, 0]
