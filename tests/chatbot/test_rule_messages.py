"""Rules and conversations: what a rule says is the house's, and talking with the bot is no silence."""

from __future__ import annotations

from datetime import timedelta

from chatbot import activity
from chatbot.types import ConversationState, TurnRole
from foundation import clock, jobs
from foundation.access import ANONYMOUS
from foundation.db import read_session, write_session
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk
from ticketing import rule_events, rules


def test_a_rules_message_is_shown_as_the_houses_and_nobody_has_joined_by_it(house: House) -> None:
    rule_events.subscribe()
    text = {"zh": "我们已收到。", "en": "We have it."}
    spec = {"name": text, "trigger": "ticket_created", "actions": [{"do": "message", "text": text}]}
    with write_session() as session:
        rules.add(session, spec, is_enabled=True)
    talk = Talk.begin(house.sam, locale="zh")
    talk.say("变频器报 E-203 怎么处理？")
    talk.hand_off()
    while jobs.run_one():
        pass
    seen = talk.see()
    told = seen.turns[-1]
    assert (told.role, told.text) == (TurnRole.SYSTEM, "我们已收到。")
    assert seen.state is ConversationState.WAITING


def test_people_who_ask_the_bot_are_heard_of_and_strangers_are_nobody(house: House) -> None:
    before = clock.now() - timedelta(minutes=1)
    Talk.begin(house.sam).say("变频器报 E-203 怎么处理？")
    Talk.begin(ANONYMOUS).say("变频器报 E-203 怎么处理？")
    with read_session() as session:
        heard = activity.heard(session, before, clock.now() + timedelta(minutes=1))
        assert list(heard) == [house.sam.person_id]
        assert activity.heard(session, before - timedelta(days=2), before) == {}
