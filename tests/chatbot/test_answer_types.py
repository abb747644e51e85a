from __future__ import annotations

import pytest

from chatbot.answer_types import NAMES, fitting


@pytest.mark.parametrize(
    ("question", "text", "asks", "says"),
    [
        ("ESP32 支持 MIPI 接口吗？", "不支持，可以用 DVP 接口。", "asks_whether", "says_whether"),
        ("Can it run at -20 °C?", "Yes, down to -25 °C.", "asks_whether", "says_whether"),
        ("怎么恢复出厂设置？", "请把 P0-10 设为 1。", "asks_how", "says_how"),
        ("Why does it trip?", "This is caused by a short circuit.", "asks_why", "says_why"),
    ],
)
def test_a_passage_of_the_kind_asked_for_is_told_from_another(
    question: str, text: str, asks: str, says: str
) -> None:
    found = fitting(question, text)
    assert found[asks] == found[says] == 1.0
    other = fitting(question, "YLD300 产品介绍")
    assert (other[asks], other[says]) == (1.0, 0.0)


def test_asked_how_much_a_passage_without_a_number_is_marked() -> None:
    assert fitting("电缆最长多少米？", "电缆不宜太长。")["no_number"] == 1.0
    assert fitting("电缆最长多少米？", "最长 50 m。")["no_number"] == 0.0
    assert fitting("电缆怎么接？", "电缆不宜太长。")["no_number"] == 0.0


def test_every_signal_has_a_name_and_is_0_or_1() -> None:
    assert set(fitting("x", "y")) == set(NAMES)
    assert set(fitting("怎么办，多少，为什么，是什么？", "请看 1").values()) <= {0.0, 1.0}
