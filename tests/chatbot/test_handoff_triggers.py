"""When a person takes over without being asked twice."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot import handoff_triggers
from chatbot.errors import BadActionError
from chatbot.types import ConversationState, TurnKind
from foundation.access import ANONYMOUS, Viewer
from foundation.db import read_session, write_session
from foundation.settings import get_settings, use_settings
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk
from ticketing import directory
from ticketing import service as ticketing
from ticketing.directory_types import NewTier
from ticketing.types import Priority, Ticket, TicketFilter

NOWHERE = ("明天会下雨吗", "帮我写一首诗", "红烧肉怎么做", "what is the capital of France")


def handed_off(talk: Talk, house: House, text: str) -> Ticket:
    told = talk.say(text)[1]
    assert told.kind is TurnKind.HANDOFF and talk.see().state is ConversationState.WAITING
    return talk.ticket(house.bob)


def bypass(house: House, *, tier: str = "vip") -> None:
    with write_session() as session:
        made = next(one for one in directory.tiers(session) if one.slug == tier)
        new = NewTier(slug=made.slug, name=made.name, rank=made.rank, bot_bypass=True)
        directory.upsert_tier(session, new)


@pytest.mark.parametrize(
    ("text", "trigger", "priority", "words"),
    [
        ("变频器冒烟了", "risk", Priority.URGENT, "切断"),
        ("现场有人受伤了，设备伤到了手", "risk", Priority.URGENT, "切断"),
        ("The drive caught fire", "risk", Priority.URGENT, "cut the supply"),
        ("Our technician was injured by the unit", "risk", Priority.URGENT, "cut the supply"),
        ("我们会发律师函", "risk", Priority.HIGH, "同事"),
        ("You will hear from our lawyers", "risk", Priority.HIGH, "colleague"),
        ("我要投诉", "complaint", Priority.HIGH, "同事"),
        ("I want to file a complaint", "complaint", Priority.HIGH, "colleague"),
        ("转人工", "asked", Priority.NORMAL, "转接"),
    ],
)
def test_what_is_for_people_goes_to_a_person_at_once(
    house: House, text: str, trigger: str, priority: Priority, words: str
) -> None:
    talk = Talk.begin(house.sam)
    ticket = handed_off(talk, house, text)
    assert ticket.handoff is not None and ticket.handoff.trigger == trigger and ticket.priority is priority
    assert words in talk.see().turns[-1].text and ticket.number in talk.see().turns[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "变频器报 E-203 怎么处理？",
        "怎么投诉？",
        "烟雾传感器怎么接？",
        "你好",
        "谢谢",
        "What does liability mean?",
    ],
)
def test_words_that_only_sound_like_it_stay_with_the_bot(house: House, text: str) -> None:
    talk = Talk.begin(house.sam)
    assert talk.say(text)[1].kind is not TurnKind.HANDOFF and talk.see().state is ConversationState.BOT


def test_after_so_many_questions_without_an_answer_a_person_takes_over(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    assert [talk.say(text)[1].kind for text in NOWHERE[:2]] == [TurnKind.ABSTAIN] * 2
    ticket = handed_off(talk, house, NOWHERE[2])
    assert ticket.handoff is not None and ticket.handoff.trigger == "failures"
    assert NOWHERE[0] in ticket.handoff.summary and "2" in ticket.handoff.summary


def test_an_answer_in_between_begins_the_count_anew(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    for text in (NOWHERE[0], NOWHERE[1], "网关默认密码是多少？", NOWHERE[2], NOWHERE[3]):
        assert talk.say(text)[1].kind is not TurnKind.HANDOFF


def test_the_count_is_a_setting_and_nought_is_never(house: House) -> None:
    chatbot = get_settings().chatbot.model_copy(update={"handoff_after_failures": 0})
    use_settings(get_settings().model_copy(update={"chatbot": chatbot}))
    talk = Talk.begin(ANONYMOUS)
    assert [talk.say(text)[1].kind for text in NOWHERE] == [TurnKind.ABSTAIN] * 4


def test_anger_after_a_failure_is_no_time_for_another_try(house: House) -> None:
    talk = Talk.begin(house.sam)
    assert talk.say(NOWHERE[0])[1].kind is TurnKind.ABSTAIN
    ticket = handed_off(talk, house, "垃圾机器人")
    assert ticket.handoff is not None and ticket.handoff.trigger == "complaint"


def test_the_first_sharp_word_is_met_with_an_apology_and_an_offer(house: House) -> None:
    told = Talk.begin(house.sam).say("垃圾")[1]
    assert told.kind is TurnKind.ABSTAIN and told.actions[-1].type == "handoff"


@pytest.mark.parametrize("text", [NOWHERE[0], "垃圾", "找我的客户经理", "工程师在吗", "call me back"])
def test_where_the_tier_says_so_the_bot_never_stands_in_the_way(house: House, text: str) -> None:
    bypass(house)
    talk = Talk.begin(house.vera)
    ticket = handed_off(talk, house, text)
    assert ticket.queue.slug == "vip" and ticket.handoff is not None
    assert ticket.handoff.trigger in {"bypass", "asked"}
    other = Talk.begin(house.sam).say(text)
    assert other[1].kind is not TurnKind.HANDOFF or "人" in text or "客户经理" in text or "call" in text


def test_a_customer_of_such_a_tier_is_still_answered_what_is_known(house: House) -> None:
    bypass(house)
    assert Talk.begin(house.vera).say("网关默认密码是多少？")[1].kind is TurnKind.ANSWER


RULES: list[dict[str, Any]] = [
    {
        "slug": "recall",
        "phrases": {"zh": ["召回"], "en": ["recall"]},
        "priority": "urgent",
        "kind": "technical",
    },
    {"slug": "tender", "phrases": {"zh": ["招标|投标 报价"], "en": ["tender"]}, "tiers": ["vip"]},
]


def test_the_vendors_own_rules_hand_over(house: House) -> None:
    with write_session() as session:
        for _again in range(2):
            handoff_triggers.upsert_rules(session, RULES)
    ticket = handed_off(Talk.begin(house.sam), house, "你们的召回通知涉及我们吗？")
    assert ticket.priority is Priority.URGENT and ticket.kind == "technical"
    assert ticket.handoff is not None and ticket.handoff.trigger == "rule:recall"
    assert Talk.begin(house.sam).say("need a quote for a tender")[1].kind is not TurnKind.HANDOFF
    assert handed_off(Talk.begin(house.vera), house, "need a quote for a tender").tier == "vip"


def test_a_rule_that_could_never_hold_is_refused(house: House) -> None:
    for bad in (
        {"slug": "a", "phrases": {"zh": [" "]}},
        {"phrases": {"en": ["x"]}},
        {"slug": "a", "priority": "x"},
    ):
        with pytest.raises(BadActionError), write_session() as session:
            handoff_triggers.upsert_rules(session, [bad])


def tickets(house: House, viewer: Viewer) -> int:
    with read_session() as session:
        return ticketing.tickets(session, viewer, TicketFilter())[1]


def test_however_it_comes_about_there_is_one_ticket(house: House) -> None:
    talk = Talk.begin(house.sam)
    first = talk.say("变频器冒烟了", "a")
    talk.say("我要投诉", "b")
    talk.hand_off("c")
    assert talk.say("变频器冒烟了", "a") == first and tickets(house, house.bob) == 1
