from __future__ import annotations

import pytest

from chatbot import service as chatbot
from chatbot.errors import ConversationNotFoundError, TurnNotFoundError, TurnRefusedError
from chatbot.types import AnswerKind, Feedback, TurnKind, TurnRole, UserTurn
from foundation.access import ANONYMOUS
from foundation.db import read_session, write_session
from kb import gaps
from tests.chatbot.conftest import FAQ, SECRET, House, publish
from tests.chatbot.talk import Talk


def test_a_question_is_answered_with_the_passage_and_its_citation(house: House) -> None:
    said, answer = Talk.begin(ANONYMOUS).say("变频器报 E-203 怎么处理？")
    assert (said.seq, answer.seq) == (1, 2)
    assert answer.role is TurnRole.ASSISTANT and answer.kind is TurnKind.ANSWER
    assert FAQ[0][1] in answer.text and answer.text.endswith("[1]")
    (cited,) = answer.citations
    assert cited.title == FAQ[0][0] and cited.quote == FAQ[0][1]
    assert cited.url == f"/portal/articles/{cited.article_id}?chunk={cited.chunk_id}"
    assert answer.confidence is not None and answer.confidence >= 0.5


def test_the_answer_comes_in_the_language_of_the_question(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    assert talk.say("How do I clear fault E-203?")[1].citations[0].title == FAQ[1][0]
    assert talk.say("变频器报 E-203 怎么处理？")[1].citations[0].title == FAQ[0][0]


@pytest.mark.parametrize(
    "question", ["明天上海会下雨吗？", "Who won the world cup in 1998?", "变频器报 E-999 怎么处理？"]
)
def test_what_nothing_answers_is_not_answered_but_offers_a_person_and_leaves_a_gap(
    house: House, question: str
) -> None:
    answer = Talk.begin(ANONYMOUS).say(question)[1]
    assert answer.kind is TurnKind.ABSTAIN and answer.citations == ()
    assert [action.type for action in answer.actions][-1] == "handoff"
    with read_session() as session:
        assert [gap.question for gap in gaps.gaps(session)] == [question]


def test_a_code_that_no_passage_names_is_said_to_be_unknown(house: House) -> None:
    assert "E-999" in Talk.begin(ANONYMOUS).say("变频器报 E-999 怎么处理？")[1].text


def test_a_code_that_some_passage_names_is_not_called_unknown(house: House) -> None:
    answer = Talk.begin(ANONYMOUS).say("E-203 的备件在哪里买得到，要多少天？")[1]
    assert answer.kind is TurnKind.ABSTAIN and "没有查到" not in answer.text


def test_a_greeting_is_answered_without_looking_anything_up(house: House) -> None:
    answer = Talk.begin(ANONYMOUS).say("你好")[1]
    assert answer.kind is TurnKind.GREETING and answer.citations == ()


def test_a_follow_up_is_understood_from_what_was_asked_before(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.say("变频器报 E-999 怎么处理？")
    assert FAQ[0][1] in talk.say("那 E-203 呢？")[1].text


def test_the_same_client_id_is_the_same_turn_and_the_same_answer(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    first = talk.say("网关默认密码是多少？", "k1")
    assert talk.say("网关默认密码是多少？", "k1") == first
    assert [turn.id for turn in talk.see().turns] == [turn.id for turn in first]


def test_a_turn_saved_before_a_crash_is_answered_once_when_sent_again(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    said = UserTurn(text="网关默认密码是多少？", client_id="k1")
    with write_session() as session:
        saved = chatbot.save_user_turn(session, talk.viewer, talk.id, talk.token, said)
    assert saved.owes_answer
    again = talk.say("网关默认密码是多少？", "k1")
    assert again[0] == saved.turn and FAQ[2][1] in again[1].text
    assert talk.say("网关默认密码是多少？", "k1") == again and talk.see().last_seq == 2


def test_only_owner_token_and_staff_can_see_a_conversation(house: House) -> None:
    talk = Talk.begin(house.sam)
    with read_session() as session:
        for viewer, token in ((house.sam, None), (ANONYMOUS, talk.token), (house.bob, None)):
            assert chatbot.conversation(session, viewer, talk.id, token).id == talk.id
        for viewer, token in (
            (ANONYMOUS, None),
            (ANONYMOUS, "x"),
            (house.vera, None),
            (house.vera, talk.token),
        ):
            with pytest.raises(ConversationNotFoundError):
                chatbot.conversation(session, viewer, talk.id, token)
        with pytest.raises(ConversationNotFoundError):
            chatbot.conversation(session, house.sam, "c_nothing", talk.token)
        assert [one.id for one in chatbot.conversations(session, house.sam)] == [talk.id]
        assert chatbot.conversations(session, house.vera) == chatbot.conversations(session, ANONYMOUS) == []


@pytest.mark.parametrize("who", ["stranger", "vera", "bob"])
def test_nobody_else_can_speak_in_a_conversation(house: House, who: str) -> None:
    talk, other = Talk.begin(house.sam), getattr(house, who)
    said = UserTurn(text="hello", client_id="k")
    for act in (
        lambda session: chatbot.save_user_turn(session, other, talk.id, None, said),
        lambda session: chatbot.hand_off(session, other, talk.id, None),
        lambda session: chatbot.feedback(session, other, talk.id, None, "t", Feedback.UP),
        lambda session: chatbot.rate(session, other, talk.id, None, 5),
    ):
        with pytest.raises(ConversationNotFoundError), write_session() as session:
            act(session)
    assert talk.see().turns == ()


def test_a_visitor_who_signs_in_keeps_the_conversation(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.viewer = house.vera
    talk.say("你好")
    with read_session() as session:
        assert chatbot.conversation(session, house.vera, talk.id).person_id == house.vera.person_id


@pytest.mark.parametrize("question", ["VIP 专线电话是多少？", "VIP 专线电话", "VIP 专线几点到几点接听"])
def test_an_answer_never_shows_what_the_viewer_may_not_read(house: House, question: str) -> None:
    for viewer in (ANONYMOUS, house.sam):
        said = Talk.begin(viewer).say(question)[1]
        assert SECRET not in repr(said) and "VIP 专线" not in repr(said.citations) + repr(said.actions)
        assert SECRET not in repr(chatbot.ask(viewer, question))
    assert SECRET in Talk.begin(house.vera).say("VIP 专线电话是多少？")[1].text


def test_a_deleted_article_is_gone_from_the_next_answer(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    assert talk.say("网关默认密码是多少？")[1].kind is TurnKind.ANSWER
    publish([row for row in FAQ if row != FAQ[2]])
    assert talk.say("网关默认密码是多少？")[1].kind is not TurnKind.ANSWER


def test_ask_keeps_nothing_and_says_what_came_of_it(house: House) -> None:
    answer = chatbot.ask(ANONYMOUS, "网关默认密码是多少？")
    nothing = chatbot.ask(ANONYMOUS, "明天会下雨吗？")
    assert answer.kind is AnswerKind.ANSWER and answer.citations[0].quote == FAQ[2][1]
    assert nothing.kind is AnswerKind.HANDOFF and nothing.citations == ()
    assert set(answer.to_json()) == {"kind", "text", "confidence", "citations"}
    assert set(answer.to_json()["citations"][0]) == {"chunk_id", "article_id", "title", "quote", "locator"}
    with read_session() as session:
        assert gaps.gaps(session) == []


def test_feedback_is_for_answers_only(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    said, answer = talk.say("网关默认密码是多少？")
    with write_session() as session:
        chatbot.feedback(session, talk.viewer, talk.id, talk.token, answer.id, Feedback.UP)
        with pytest.raises(TurnNotFoundError):
            chatbot.feedback(session, talk.viewer, talk.id, talk.token, said.id, Feedback.UP)
    assert [turn.feedback for turn in talk.see().turns] == [None, Feedback.UP]


@pytest.mark.parametrize(("text", "client_id"), [("", "k"), ("  \n", "k"), ("x" * 4001, "k"), ("x", ""), ("x", "k" * 101), ("x", "handoff:1"), ("x", "message:1")])  # fmt: skip
def test_a_turn_that_cannot_be_taken_is_refused(house: House, text: str, client_id: str) -> None:
    talk = Talk.begin(ANONYMOUS)
    with pytest.raises(TurnRefusedError), write_session() as session:
        chatbot.save_user_turn(
            session, ANONYMOUS, talk.id, talk.token, UserTurn(text=text, client_id=client_id)
        )


def test_the_secret_is_not_kept(house: House) -> None:
    from chatbot.tables import ConversationTable

    talk = Talk.begin(ANONYMOUS)
    with read_session() as session:
        row = session.get(ConversationTable, talk.id)
        assert row is not None and talk.token not in repr(vars(row))


def test_a_page_about_a_product_helps_a_question_that_names_none(house: House) -> None:
    talk = Talk.begin(ANONYMOUS, context={"product": "YLG20"})
    assert FAQ[2][1] in talk.say("默认密码是多少？")[1].text
