from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.follow_ups import bare, exchanged
from chatbot.parts import MOST, parts_of
from chatbot.replies import Asked, Reply, together
from chatbot.types import Action, Citation, TurnKind
from kb.types import Locator


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("保修多久？怎么寄修？", ["保修多久？", "怎么寄修？"]),
        ("E-203 怎么办，另外网关默认密码是多少", ["E-203 怎么办", "网关默认密码是多少"]),
        ("我的变频器报 E-203。怎么处理？", ["我的变频器报 E-203。怎么处理？"]),
        ("How long is the warranty and how do I return a unit?", ["How long is the warranty", "how do I return a unit?"]),
        ("What does F07 mean? Also, how do I reset it?", ["What does F07 mean?", "how do I reset it?"]),
        ("Can I use black and white cables?", ["Can I use black and white cables?"]),
        ("E-203 报警，空载正常，带载就跳", ["E-203 报警，空载正常，带载就跳"]),
        ("保修多久", ["保修多久"]),
    ],
)  # fmt: skip
def test_a_turn_is_split_where_it_asks_for_something_else(text: str, parts: list[str]) -> None:
    found = parts_of(text)
    assert [part.replace(" ", "") for part in found] == [part.replace(" ", "") for part in parts]


def test_a_long_list_of_questions_stays_together() -> None:
    text = "保修多久？怎么寄修？发票几天？运费多少？"
    assert parts_of(text) == [text] and MOST == 3


@settings(deadline=None)
@given(st.text(max_size=200))
def test_splitting_loses_no_letter_of_a_question_it_leaves_whole(text: str) -> None:
    found = parts_of(text)
    assert 1 <= len(found) <= MOST
    if len(found) == 1:
        assert found == [text.strip()]


def first(_new: str, words: list[str]) -> str | None:
    return words[0] if words else None


@pytest.mark.parametrize(
    ("previous", "new", "wanted"),
    [
        ("变频器怎么接线？", "网关", "网关怎么接线？"),
        ("4 kW 变频器配多大空开", "7.5 kW", "7.5 kW 变频器配多大空开"),
        ("How do I reset the drive?", "the gateway", "How do I reset the gateway?"),
        ("网关怎么接线？", "网关", None),
        ("多久？", "网关", None),
    ],
)
def test_the_new_thing_takes_the_place_of_the_old_one(previous: str, new: str, wanted: str | None) -> None:
    def nearest(_new: str, words: object) -> str | None:
        return next((word for word in ("变频器", "drive") if word in list(words)), None)  # type: ignore[call-overload]

    assert exchanged(previous, new, nearest) == wanted


def test_what_surrounds_a_name_is_no_part_of_it() -> None:
    assert bare("for the gateway") == "gateway" and bare("网关的话") == "网关" and bare("format") == "format"


def reply(kind: TurnKind, chunk: int, text: str) -> Reply:
    source = Citation(
        n=1, chunk_id=chunk, article_id=chunk, title="t", quote="q", locator=Locator("f"), url="/"
    )
    choice = Action("choice", text, text)
    if kind is TurnKind.ANSWER:
        return Reply(kind=kind, text=f"{text} [1]", lang="zh", confidence=0.9, citations=(source,))
    return Reply(kind=kind, text=text, lang="zh", actions=(choice, Action("handoff", "转人工", "handoff")))


def test_parts_are_answered_in_order_each_source_cited_once_and_what_is_open_said() -> None:
    answered = [
        reply(TurnKind.ANSWER, 7, "甲"),
        reply(TurnKind.ABSTAIN, 0, "近"),
        reply(TurnKind.ANSWER, 7, "乙"),
    ]
    made = together(Asked(text="?", lang="zh"), ["一？", "二？", "三？"], answered)
    assert made.text.startswith("1. 一？\n甲 [1]\n\n2. 二？\n") and made.text.endswith("3. 三？\n乙 [1]")
    assert "没有找到" in made.text and made.gap == "二？"
    assert [one.n for one in made.citations] == [1]
    assert [one.type for one in made.actions] == ["choice", "handoff"]
