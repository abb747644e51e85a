from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.understand import Intent, codes, detect_language, folded, intent_of, understand


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("变频器报 E-203 怎么处理", "zh"),
        ("How do I clear E-203?", "en"),
        ("YLD300 启动 auto-tuning 失败", "zh"),
        ("How do I set 加速时间 on the drive?", "en"),
        ("繁體中文怎麼設定", "zh"),
    ],
)
def test_the_language_is_that_of_the_sentence_not_of_its_product_words(text: str, lang: str) -> None:
    assert detect_language(text) == lang


@pytest.mark.parametrize("text", ["E-203", "???", "12345", "👍"])
def test_a_text_without_words_takes_the_language_of_the_page(text: str) -> None:
    assert detect_language(text, fallback="en-GB") == "en"
    assert detect_language(text, fallback="zh-CN") == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "转人工", "人工", "人工客服", "我要人工服务", "帮我转接客服", "我想和工程师沟通一下", "能不能找个人来看看",
        "请转人工，谢谢", "不要机器人，我要找真人", "Talk to a person", "I want to speak with a human agent please",
        "can you transfer me to a support engineer?", "human please", "live chat", "agent",
    ],
)  # fmt: skip
def test_asking_for_a_person_in_any_wording_reaches_one(text: str) -> None:
    assert intent_of(text) is Intent.WANTS_PERSON


@pytest.mark.parametrize(
    "text",
    [
        "人工智能模块怎么启用", "人工清零怎么做", "不用转人工", "客服电话是多少？", "How do I connect the agent to the gateway?",
        "What is the human machine interface?", "no need to talk to a human", "Is the operator panel removable?",
        "How many people can log in at once?", "工程师模式怎么进入",
    ],
)  # fmt: skip
def test_words_about_people_and_machines_do_not_call_a_person(text: str) -> None:
    assert intent_of(text) is Intent.QUESTION


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("你好", Intent.GREETING),
        ("您好！在吗？", Intent.GREETING),
        ("Hello there", Intent.GREETING),
        ("谢谢，问题解决了", Intent.THANKS),
        ("ok thanks a lot!", Intent.THANKS),
        ("好的", Intent.THANKS),
        ("我要投诉", Intent.COMPLAINT),
        ("This is unacceptable.", Intent.COMPLAINT),
        ("你好，E-203 是什么意思", Intent.QUESTION),
        ("谢谢，那保修多久？", Intent.QUESTION),
        ("怎么投诉？", Intent.QUESTION),
        ("hi, how do I reset it", Intent.QUESTION),
    ],
)
def test_what_a_turn_is_for(text: str, intent: Intent) -> None:
    assert intent_of(text) is intent


def test_codes_are_told_from_quantities() -> None:
    text = "YLP70-A 用 24V 供电，输出 4-20mA，报 Er-06，参数 P0-06=10.0s，RS485，v2.1.0，3 秒"
    assert codes(text) == ["YLP70-A", "Er-06", "P0-06", "RS485", "v2.1.0"]


def test_spellings_of_a_code_are_one() -> None:
    assert len({folded(code) for code in ("E-203", "e203", "E_203")}) == 1


@pytest.mark.parametrize(
    ("earlier", "question", "wanted"),
    [
        ("YLD300 报 E-203 怎么处理？", "那 E-205 呢？", "YLD300 报 E-205 怎么处理？"),
        ("How do I reset the YLG20?", "what about YLP70?", "How do I reset the YLP70?"),
        ("YLD300 怎么接线？", "它保修多久？", "YLD300 它保修多久？"),
        ("Which ports does the YLG20 have?", "is it waterproof?", "YLG20 is it waterproof?"),
    ],
)
def test_a_follow_up_is_completed_from_what_was_asked_before(
    earlier: str, question: str, wanted: str
) -> None:
    assert understand(question, lang="zh", earlier=[earlier]).queries[0] == wanted


def test_a_question_that_names_its_own_code_needs_nothing_from_before() -> None:
    question = "YLG20 网关的默认密码是多少？"
    assert understand(question, lang="zh", earlier=["YLD300 怎么接线"]).queries == (question,)


def test_a_polite_opening_is_not_searched_for() -> None:
    assert understand("您好，请问保修多久？", lang="zh").queries == ("保修多久？",)


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_understood_as_something(text: str, earlier: list[str]) -> None:
    understood = understand(text, lang=detect_language(text), earlier=earlier)
    assert understood.queries


@pytest.mark.parametrize(
    "question",
    ["Who painted the Mona Lisa?", "今晚吃什么好", "asdf qwer zxcv", "发票什么时候开", "我还没收到货呢"],
)
def test_a_question_that_stands_by_itself_stays_as_it_is_however_short(question: str) -> None:
    assert understand(question, lang="zh", earlier=["变送器显示 Er-02"]).queries == (question,)


@pytest.mark.parametrize(
    "text", ["我的设备冒烟了", "smoke is coming out of the drive", "有人触电了", "控制柜起火"]
)
def test_danger_is_heard_before_anything_else(text: str) -> None:
    assert intent_of(text) is Intent.DANGER


@pytest.mark.parametrize("text", ["Can I connect a smoke detector to the DI?", "有防爆的仪表吗"])
def test_words_that_only_sound_like_danger_are_questions(text: str) -> None:
    assert intent_of(text) is Intent.QUESTION
