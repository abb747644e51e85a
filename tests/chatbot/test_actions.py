"""What the bot does in a vendor's system, as its customer sees it; the system is a real one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chatbot import action_runs
from chatbot.types import ConversationState, Turn, TurnKind
from foundation import clock
from foundation.db import read_session
from foundation.settings import Settings, get_settings, use_settings
from tests.chatbot.shop import Oddity, Shop, connect, erp_app, nonsense, open_shop, running, status
from tests.chatbot.talk import Talk
from tests.chatbot.test_races import at_once
from ticketing import service as ticketing
from ticketing.types import TicketFilter

ADDRESS = "江苏省昆山市玉山镇萧林路 18 号 2 号库 刘芳"
TAX = "91320583MA1X2Y3Z4K"


@pytest.fixture
def shop(settings: Settings) -> Shop:
    return open_shop()


@pytest.fixture
def erp(shop: Shop) -> Iterator[str]:
    with running(erp_app()) as url:
        yield url


def last(turns: list[Turn]) -> Turn:
    assert len(turns) == 2
    return turns[1]


def labels(turn: Turn) -> list[str]:
    return [one.label for one in turn.actions]


def tickets(shop: Shop) -> int:
    with read_session() as session:
        return ticketing.tickets(session, shop.agent, TicketFilter())[1]


def record(talk: Talk) -> list[list[str]]:
    with read_session() as session:
        runs = action_runs.of_conversation(session, talk.id)
        return [[event for event, _detail in action_runs.events(session, run.id)] for run in runs]


def test_an_order_is_looked_up_from_one_sentence(shop: Shop, erp: str) -> None:
    told = last(Talk.begin(shop.liu).say("帮我查一下订单 so26-103977"))
    assert told.kind is TurnKind.ACTION
    assert "已发货" in told.text and "SF1403388127" in told.text and "YLD300-T7R5" in told.text


def test_what_is_missing_is_asked_for_and_a_wrong_value_is_explained(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.tom, locale="en")
    assert "SO26-104381" in last(talk.say("where is my order?")).text
    wrong = last(talk.say("the big one"))
    assert "order number" in wrong.text and "handoff" not in [one.type for one in wrong.actions]
    again = last(talk.say("12345"))
    assert "handoff" in [one.type for one in again.actions]
    assert "being picked" in last(talk.say("SO26 104120")).text


def test_a_line_the_system_says_nothing_about_is_left_out(shop: Shop, erp: str) -> None:
    told = last(Talk.begin(shop.liu).say("查订单 SO26-104381")).text
    assert "2026-11-26" in told and "快递单号" not in told


@pytest.mark.parametrize("number", ["SO26-104402", "SO26-999999"])
def test_another_companys_order_is_no_order(shop: Shop, erp: str, number: str) -> None:
    talk = Talk.begin(shop.liu)
    told = last(talk.say(f"查订单 {number}"))
    assert "没有查到" in told.text and "Oakfield" not in told.text and "Millbrook" not in told.text
    assert "已确认" in last(talk.say("写错了，是 SO26-104381")).text and tickets(shop) == 0


def test_nothing_is_sent_before_the_customer_confirms(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.liu)
    talk.say("我要改收货地址，订单 SO26-104381")
    asked = last(talk.say(ADDRESS))
    assert ADDRESS in asked.text and labels(asked) == ["确认提交", "需要修改", "算了"]
    other = Talk.begin(shop.liu)
    assert "3 号车间" in last(other.say("查订单 SO26-104381")).text
    assert ADDRESS in last(talk.say("确认提交")).text
    assert ADDRESS in last(other.say("查订单 SO26-104381")).text
    assert record(talk) == [["begun", "filled", "filled", "confirming", "calling", "called", "done"]]


@pytest.mark.parametrize(
    ("said", "lang"), [("算了", "zh"), ("never mind", "en"), ("取消", "zh"), ("cancel", "en")]
)
def test_a_cancelled_action_has_done_nothing(shop: Shop, erp: str, said: str, lang: str) -> None:
    talk = Talk.begin(shop.liu)
    talk.say("改一下 SO26-104381 的收货地址")
    talk.say(ADDRESS)
    told = last(talk.say(said))
    assert told.lang == lang
    assert "3 号车间" in last(talk.say("查订单 SO26-104381")).text
    assert record(talk)[0][-1] == "cancelled"


def test_values_are_corrected_at_the_confirmation(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.tom, locale="en")
    talk.say("please change the delivery address of SO26-104120")
    talk.say("Oakfield Pumps, 9 Wharf Road, Leeds")
    which = last(talk.say("Change something"))
    assert "Change the order number" in labels(which)
    assert "SO26-104381" in last(talk.say("Change the order number")).text
    checked = last(talk.say("SO26-104402"))
    assert "SO26-104402" in checked.text and "Wharf Road" in checked.text
    checked = last(talk.say("the delivery address should be Oakfield Pumps, 11 Wharf Road, Leeds"))
    assert "11 Wharf Road" in checked.text
    assert (
        "SO26-104402 now goes to: Oakfield Pumps, 11 Wharf Road, Leeds" in last(talk.say("yes please")).text
    )


def test_an_invoice_takes_choices_and_what_the_house_knows_of_the_customer(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.liu)
    asked = last(talk.say("帮我开发票，订单 SO26-104381"))
    assert "增值税专用发票" in labels(asked)
    talk.say("专票")
    talk.say("牧野食品机械有限公司")
    assert "15 到 20 位" in last(talk.say("123")).text
    checked = last(talk.say(TAX.lower()))
    assert (
        TAX in checked.text
        and "liu.fang@muye-food.example" in checked.text
        and "增值税专用发票" in checked.text
    )
    assert "INV-26-104381" in last(talk.say("确认")).text
    talk.say("我要开发票 SO26-104381 专票")
    talk.say("牧野食品机械有限公司")
    talk.say(TAX)
    assert "已经申请过发票" in last(talk.say("确认")).text


def test_the_language_may_change_in_the_middle(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.tom, locale="en")
    assert last(talk.say("I want to change the delivery address")).lang == "en"
    asked = last(talk.say("订单号是 SO26-104402"))
    assert asked.lang == "zh" and "新的收货地址" in asked.text
    checked = last(talk.say("Oakfield Pumps, 9 Wharf Road, Leeds LS1"))
    assert checked.lang == "zh"  # an address is a value and changes no language
    done = last(talk.say("go ahead"))
    assert done.lang == "en" and "now goes to" in done.text


def test_a_question_in_between_is_answered_and_the_action_waits(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.liu)
    talk.say("我要改收货地址")
    between = last(talk.say("保修期多久？"))
    assert between.kind is not TurnKind.ACTION and "还没办完" in between.text
    assert "新的收货地址" in last(talk.say("SO26-104381")).text


def test_asking_for_a_person_takes_the_slots_along(shop: Shop, erp: str) -> None:
    talk = Talk.begin(shop.liu)
    talk.say("改一下 SO26-104381 的收货地址")
    assert last(talk.say("转人工")).kind is TurnKind.HANDOFF
    ticket = talk.ticket(shop.agent)
    assert ticket.form is not None and ticket.form.values == {"order": "SO26-104381"}
    assert ticket.handoff is not None and "SO26-104381" in ticket.handoff.summary
    assert record(talk)[0][-1] == "handed_off"
    assert len(talk.say("确认提交")) == 1


def test_only_customers_who_have_signed_in_may(shop: Shop, erp: str) -> None:
    told = last(Talk.begin(shop.stranger).say("查订单 SO26-104381"))
    assert "登录" in told.text and "已确认" not in told.text and told.actions[0].type == "handoff"
    assert "不能在线办理" in last(Talk.begin(shop.agent).say("查订单 SO26-104381")).text


@pytest.mark.parametrize("text", ["怎么改收货地址？", "How do I change the delivery address?"])
def test_how_it_is_done_is_a_question_and_the_action_is_offered(shop: Shop, erp: str, text: str) -> None:
    talk = Talk.begin(shop.liu)
    told = last(talk.say(text))
    assert told.kind is not TurnKind.ACTION and record(talk) == []
    offered = next(
        one for one in told.actions if one.type == "choice" and ("办理" in one.label or "now" in one.label)
    )
    assert last(talk.say(offered.value)).kind is TurnKind.ACTION


def test_two_hours_of_silence_end_an_action(shop: Shop, erp: str) -> None:
    with clock.fixed(clock.now()):
        talk = Talk.begin(shop.liu)
        talk.say("我要改收货地址")
        clock.advance(timedelta(hours=3))
        assert last(talk.say("SO26-104381")).kind is not TurnKind.ACTION
    assert record(talk)[0][-1] == "expired"


# Once


def test_a_confirmation_sent_twice_is_carried_out_once(shop: Shop) -> None:
    odd = Oddity(status(200, _order()))
    with running(odd.app()):
        talk = Talk.begin(shop.liu)
        talk.say("改一下 SO26-104381 的收货地址")
        talk.say(ADDRESS)
        first = talk.say("确认", "yes")
        assert talk.say("确认", "yes") == first
        talk.say("确认")
    assert [method for method, _path, _key in odd.heard] == ["PUT"]


def test_confirmations_that_race_are_carried_out_once(shop: Shop) -> None:
    odd = Oddity(status(200, _order()))
    with running(odd.app()):
        talk = Talk.begin(shop.liu)
        talk.say("改一下 SO26-104381 的收货地址")
        talk.say(ADDRESS)
        at_once(*[lambda n=n: talk.say("确认", f"yes{n}") for n in range(4)])
    assert len({key for _method, _path, key in odd.heard}) == 1 == len(odd.heard)
    assert sum("收货地址已改为" in turn.text for turn in talk.see().turns) == 1


def test_after_a_crash_the_call_is_made_again_under_the_same_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatbot import actions

    odd = Oddity(status(200, _order()))
    with running(odd.app()):
        talk = Talk.begin(shop.liu)
        talk.say("改一下 SO26-104381 的收货地址")
        talk.say(ADDRESS)

        def die(*_all: object) -> None:
            raise SystemExit

        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(actions, "finish", die)
            talk.say("确认", "yes")
        assert "已改为" in last(talk.say("确认", "yes")).text
    assert len(odd.heard) == 2 and odd.heard[0] == odd.heard[1]


# When the system fails


def start_address_change(shop: Shop) -> Talk:
    talk = Talk.begin(shop.liu)
    talk.say("改一下 SO26-104381 的收货地址")
    talk.say(ADDRESS)
    return talk


def impatient(settings: Settings, seconds: float) -> None:
    """Give the order system less time than its YAML does."""
    from chatbot.tables import ActionSystemTable
    from foundation.db import write_session

    with write_session() as session:
        for row in session.query(ActionSystemTable):
            row.spec = {**row.spec, "timeout_s": seconds}


def check_given_up(talk: Talk, shop: Shop, told: Turn, words: str) -> None:
    assert told.kind is TurnKind.HANDOFF and words in told.text and "JD-" in told.text
    ticket = talk.ticket(shop.agent)
    assert ticket.form is not None and ticket.form.values == {"order": "SO26-104381", "address": ADDRESS}
    assert (
        ticket.queue.slug == "billing" and ticket.handoff is not None and ticket.handoff.trigger == "action"
    )
    assert talk.see().state is ConversationState.WAITING and tickets(shop) == 1
    assert record(talk)[0][-2:] == ["called", "failed"]


def test_a_system_that_is_down_leads_to_an_honest_word_and_a_ticket(shop: Shop) -> None:
    connect("http://127.0.0.1:9")
    talk = start_address_change(shop)
    check_given_up(talk, shop, last(talk.say("确认", "yes")), "没有办成")
    talk.say("确认", "yes")
    assert tickets(shop) == 1


def test_a_system_without_an_address_is_down(shop: Shop) -> None:
    talk = start_address_change(shop)
    check_given_up(talk, shop, last(talk.say("确认")), "没有办成")


def test_of_a_system_that_answers_too_late_nobody_claims_that_nothing_was_done(
    shop: Shop, settings: Settings
) -> None:
    impatient(settings, 0.5)
    odd = Oddity(status(200))
    odd.answer = odd.slow
    with running(odd.app()):
        talk = start_address_change(shop)
        told = last(talk.say("确认"))
        odd.released.set()
        check_given_up(talk, shop, told, "无法判断")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(500), "无法判断"),
        (status(503), "没有办成"),
        (status(401), "没有办成"),
        (status(302), "没有办成"),
        (nonsense, "无法判断"),
        (status(200, {"order_number": 7}), "无法判断"),
    ],
)
def test_whatever_a_broken_system_answers_the_word_is_honest(shop: Shop, answer: Any, words: str) -> None:
    with running(Oddity(answer).app()):
        talk = start_address_change(shop)
        check_given_up(talk, shop, last(talk.say("确认")), words)


def test_a_system_that_recovers_in_time_is_asked_once_more(shop: Shop) -> None:
    odd = Oddity(status(503))
    with running(odd.app()):
        talk = start_address_change(shop)
        answers = iter([status(503), status(200, _order())])

        def first_away(request: Any) -> Any:
            return next(answers)(request)

        odd.answer = first_away
        assert "已改为" in last(talk.say("确认")).text
    assert len(odd.heard) == 2 and odd.heard[0][2] == odd.heard[1][2] != ""


def test_a_value_the_system_turns_down_again_and_again_goes_to_a_person(shop: Shop, erp: str) -> None:
    chatbot = get_settings().chatbot.model_copy(update={"max_action_retries": 1})
    use_settings(get_settings().model_copy(update={"chatbot": chatbot}))
    talk = Talk.begin(shop.liu)
    assert last(talk.say("查订单 SO26-000001")).kind is TurnKind.ACTION
    told = last(talk.say("SO26-000002"))
    assert told.kind is TurnKind.HANDOFF and "没有查到" in told.text and tickets(shop) == 1


def test_an_outcome_that_comes_after_the_handoff_is_told_to_the_person(shop: Shop) -> None:
    odd = Oddity(status(200, _order()))
    with running(odd.app()):
        talk = start_address_change(shop)

        def handed_off_meanwhile(request: Any) -> Any:
            talk.hand_off()
            return status(200, _order())(request)

        odd.answer = handed_off_meanwhile
        assert len(talk.say("确认")) == 1
    ticket = talk.ticket(shop.agent)
    assert [turn.kind for turn in talk.see().turns][-1] is TurnKind.HANDOFF
    assert ticket.messages[-1].visibility == "internal" and "已改为" in ticket.messages[-1].text


def test_what_a_customer_writes_never_leaves_its_place_in_the_address(shop: Shop) -> None:
    odd = Oddity(status(404))
    with running(odd.app()):
        talk = Talk.begin(shop.liu)
        talk.say("查订单 SO26-104381/../../admin?company=oakfield-pumps")
    assert odd.heard[0][1] == "/orders/SO26-104381"


def _order() -> dict[str, Any]:
    return {
        "order_number": "SO26-104381",
        "status": "confirmed",
        "ordered_on": "2026-11-16",
        "delivery_address": ADDRESS,
        "lines": [{"product": "YLD300-T5R5", "quantity": 2}],
    }
