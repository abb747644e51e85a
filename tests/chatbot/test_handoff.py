from __future__ import annotations

import pytest

from chatbot import service as chatbot
from chatbot.errors import NothingToRateError
from chatbot.types import ConversationState, TurnKind, TurnRole
from foundation import clock, live
from foundation.access import ANONYMOUS
from foundation.db import read_session, write_session
from tests.chatbot.conftest import FAQ, House
from tests.chatbot.talk import Talk, agent_claims, agent_replies, agent_resolves
from tests.ticketing.desk import shanghai
from ticketing import service as ticketing
from ticketing.types import MessageRole, TicketFilter, Visibility


def tickets_of(house: House) -> int:
    with read_session() as session:
        return ticketing.tickets(session, house.bob, TicketFilter())[1]


def test_the_ticket_knows_everything_so_nothing_is_repeated(house: House) -> None:
    context = {"product": "YLD300", "form": "drive-configurator", "fields": {"power": "7.5"}}
    talk = Talk.begin(house.vera, locale="zh", page="/portal/configurator", context=context)
    talk.say("你好")
    talk.say("变频器报 E-203 怎么处理？")
    talk.hand_off(reason="空载也报")
    ticket = talk.ticket(house.ann)
    assert ticket.subject == "变频器报 E-203 怎么处理？" and ticket.language == "zh"
    assert ticket.tier == "vip" and ticket.queue.slug == "vip" and ticket.product == "YLD300"
    assert [one.role for one in ticket.messages] == [MessageRole.CUSTOMER, MessageRole.BOT] * 2
    assert [one.title for one in ticket.tried] == [FAQ[0][0]]
    assert ticket.handoff is not None and ticket.handoff.page == "/portal/configurator"
    assert ticket.handoff.reason == "空载也报" and ticket.handoff.context == context
    assert ticket.form is not None and ticket.form.values == {"power": "7.5"}


def test_the_customer_is_told_what_happens_next(house: House) -> None:
    with clock.fixed(shanghai("2026-09-07 10:00")):
        talk = Talk.begin(house.sam)
        talk.say("变频器报 E-203 怎么处理？")
        seen = talk.hand_off()
    told = seen.turns[-1]
    assert told.role is TurnRole.SYSTEM and told.kind is TurnKind.HANDOFF
    assert seen.ticket is not None and seen.ticket.number in told.text and "内回复" in told.text
    assert seen.state is ConversationState.WAITING and seen.ticket.queue == "中文"
    assert not seen.ticket.is_out_of_hours and seen.ticket.next_working_at is None


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh", ("非工作时间", "9月7日（周一）09:00（UTC+8）", "最晚 9月7日（周一）11:00")),
        ("en", ("closed now", "Mon 7 Sep, 09:00 (UTC+8)", "by Mon 7 Sep, 11:00")),
    ],
)
def test_out_of_hours_the_customer_is_told_when_the_desk_opens(
    house: House, locale: str, words: tuple[str, ...]
) -> None:
    with clock.fixed(shanghai("2026-09-05 20:00")):  # a Saturday
        seen = Talk.begin(ANONYMOUS, locale=locale).hand_off()
    assert all(word in seen.turns[-1].text for word in words)
    assert seen.ticket is not None and seen.ticket.is_out_of_hours
    assert seen.ticket.next_working_at == shanghai("2026-09-07 09:00")


def test_the_address_a_stranger_leaves_reaches_the_ticket_once(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    assert "邮箱" in talk.hand_off().turns[-1].text
    talk.say("我的邮箱是 wang@works.example，谢谢", "a")
    talk.say("或者 other@works.example", "b")
    requester = talk.ticket(house.bob).requester
    assert requester is not None and requester.email == "wang@works.example"
    told = [turn.text for turn in talk.see().turns if turn.kind is TurnKind.STATUS]
    assert len(told) == 1 and "wang@works.example" in told[0]
    other = Talk.begin(ANONYMOUS)
    other.say("联系 li@works.example，我要人工")
    seen = other.hand_off()
    assert "邮箱" not in seen.turns[-1].text
    requester = other.ticket(house.bob).requester
    assert requester is not None and requester.email == "li@works.example"


def test_however_often_it_is_asked_there_is_one_ticket(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.hand_off()
    talk.hand_off("a")
    talk.say("转人工")
    assert talk.hand_off("a").last_seq == 2  # told once, and the customer's own turn
    assert tickets_of(house) == 1


def test_asking_for_a_person_in_words_opens_the_ticket(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    said, told = talk.say("我要人工客服", "k1")
    assert told.kind is TurnKind.HANDOFF and talk.see().state is ConversationState.WAITING
    assert talk.say("我要人工客服", "k1") == [said, told] and tickets_of(house) == 1


def test_the_bot_is_silent_while_a_person_owns_the_conversation(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.hand_off()
    assert len(talk.say("网关默认密码是多少？", "k1")) == 1
    ticket = talk.ticket(house.bob)
    agent_claims(house.bob, ticket.id)
    assert len(talk.say("还在吗", "k2")) == 1
    talk.say("还在吗", "k2")
    said = [one.text for one in talk.ticket(house.bob).messages if one.role is MessageRole.CUSTOMER]
    assert said == ["网关默认密码是多少？", "还在吗"]
    assert [turn.text for turn in talk.see().turns if turn.role is TurnRole.USER] == said


def test_an_answer_that_comes_after_the_handoff_is_dropped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk.begin(house.sam)
    written = chatbot.answering.written

    def handed_off_meanwhile(reply: object, on_delta: object) -> object:
        talk.hand_off()
        return written(reply, on_delta)  # type: ignore[arg-type]

    monkeypatch.setattr(chatbot.answering, "written", handed_off_meanwhile)
    assert len(talk.say("网关默认密码是多少？")) == 1
    assert [turn.role for turn in talk.see().turns] == [TurnRole.USER, TurnRole.SYSTEM]


def test_the_agents_words_reach_the_customer_and_notes_do_not(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.hand_off()
    ticket = talk.ticket(house.bob)
    heard: list[dict[str, object]] = []
    stop = live.listen([f"conversation:{talk.id}"], lambda _topic, message: heard.append(message))
    agent_replies(house.bob, ticket.id, "您好，请发一下铭牌照片。")
    agent_replies(house.bob, ticket.id, "客户上次也问过", visibility=Visibility.INTERNAL)
    stop()
    seen = talk.see()
    assert [turn.text for turn in seen.turns if turn.role is TurnRole.AGENT] == ["您好，请发一下铭牌照片。"]
    assert seen.state is ConversationState.AGENT and seen.ticket is not None
    assert seen.ticket.assignee_name == "Bob" and seen.to_json()["agent"] == {"name": "Bob"}
    told = [message["turn"]["text"] for message in heard if message["type"] == "turn"]  # type: ignore[index]
    assert "您好，请发一下铭牌照片。" in told and "客户上次也问过" not in repr(heard)
    assert any(message["type"] == "conversation" for message in heard)


def test_who_joins_is_named_and_a_ticket_given_back_waits(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.hand_off()
    ticket = talk.ticket(house.bob)
    agent_claims(house.bob, ticket.id)
    assert "Bob" in talk.see().turns[-1].text and talk.see().state is ConversationState.AGENT
    with write_session() as session:
        ticketing.assign(session, house.bob, ticket.id, agent_id=None)
    assert talk.see().state is ConversationState.WAITING


def test_after_the_resolution_the_customer_rates_and_the_bot_starts_afresh(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.say("变频器报 E-203 怎么处理？")
    talk.hand_off()
    first = talk.ticket(house.bob).id
    with pytest.raises(NothingToRateError):
        talk.rate(5)
    agent_replies(house.bob, first, "换一根电机线就好。")
    agent_resolves(house.bob, first)
    seen = talk.see()
    assert seen.state is ConversationState.RESOLVED and seen.turns[-1].kind is TurnKind.SURVEY
    assert seen.survey is not None and seen.survey.rating is None
    rated = talk.rate(4, "快")
    assert rated.survey is not None and rated.survey.rating == 4

    answer = talk.say("网关默认密码是多少？")[1]
    assert answer.kind is TurnKind.ANSWER and talk.see().state is ConversationState.BOT
    assert talk.see().ticket is None
    talk.hand_off()
    second = talk.ticket(house.bob)
    assert second.id != first and tickets_of(house) == 2
    assert second.messages[0].text == "网关默认密码是多少？"
    assert [one.title for one in second.tried] == [FAQ[2][0]]
    agent_replies(house.bob, second.id, "好的")
    assert talk.see().turns[-1].text == "好的"


def test_a_repeated_handoff_of_the_old_matter_opens_nothing(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.hand_off("a")
    agent_resolves(house.bob, talk.ticket(house.bob).id)
    talk.hand_off("a")
    assert talk.see().state is ConversationState.RESOLVED and tickets_of(house) == 1
    talk.hand_off("b")
    assert talk.see().state is ConversationState.WAITING and tickets_of(house) == 2


def test_what_the_customer_writes_on_the_ticket_page_is_in_the_conversation(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.hand_off()
    ticket_id = talk.ticket(house.bob).id
    agent_replies(house.sam, ticket_id, "补充：换过电机。")
    agent_resolves(house.bob, ticket_id)
    agent_replies(house.sam, ticket_id, "还是不行。")
    seen = talk.see()
    assert [turn.text for turn in seen.turns if turn.role is TurnRole.USER] == [
        "补充：换过电机。",
        "还是不行。",
    ]
    assert seen.state in {ConversationState.WAITING, ConversationState.AGENT}


def test_a_word_of_an_earlier_matter_sent_again_does_not_reach_the_next_ticket(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.say("变频器报 E-203 怎么处理？", "old")
    talk.hand_off()
    agent_resolves(house.bob, talk.ticket(house.bob).id)
    talk.say("网关默认密码是多少？", "new")
    talk.hand_off()
    talk.say("变频器报 E-203 怎么处理？", "old")
    assert talk.ticket(house.bob).messages[0].text == "网关默认密码是多少？"
    assert "变频器报 E-203 怎么处理？" not in [one.text for one in talk.ticket(house.bob).messages]


def test_after_a_merge_both_customers_hear_the_agent_and_not_each_other(house: House) -> None:
    first, second = Talk.begin(house.sam), Talk.begin(house.sam)
    for talk in (first, second):
        talk.say("变频器报 E-203 怎么处理？")
        talk.hand_off()
    into, merged = first.ticket(house.bob).id, second.ticket(house.bob).id
    with write_session() as session:
        ticketing.merge(session, house.bob, merged, into)
    assert second.see().ticket_id == into and second.see().state is ConversationState.WAITING
    assert len(second.say("补充：换过电机线")) == 1
    agent_replies(house.bob, into, "请量一下绝缘。")
    for talk in (first, second):
        assert talk.see().turns[-1].text == "请量一下绝缘。" and talk.see().state is ConversationState.AGENT
    assert "补充：换过电机线" in [one.text for one in first.ticket(house.bob).messages]
    assert "补充：换过电机线" not in [turn.text for turn in first.see().turns]
    agent_resolves(house.bob, into)
    assert [talk.see().state for talk in (first, second)] == [ConversationState.RESOLVED] * 2
    second.say("网关默认密码是多少？")
    assert second.see().state is ConversationState.BOT and first.see().state is ConversationState.RESOLVED
