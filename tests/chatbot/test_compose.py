from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.compose import GAP, WHOLE_CHARS, WHOLE_FAQ_CHARS, quote
from chatbot.sentences import Shape, pieces, split
from models.embedders.fake import FakeEmbedder

EMBEDDER = FakeEmbedder(16)

sentences = st.sampled_from(
    [
        "出厂值为 10.0 s，范围 0.1–6500.0 s。", "先断开电源，等待 10 分钟。", "用 500 V 兆欧表测量应大于 5 MΩ。",
        "Set P0-06 to 20 s or more.", "See chapter 4.2 for details, e.g. the wiring of v2.1.0 devices.",
        "网关固件 v2.1.0 起支持 MQTT 5.0！", "The fuse is rated 16 A (type gG).", "是否需要接地？是的。",
    ]
)  # fmt: skip
paragraphs = st.lists(sentences, min_size=1, max_size=6).map(" ".join)
lists = st.lists(sentences, min_size=2, max_size=5).map(
    lambda items: "步骤如下：\n" + "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))
)
tables = st.lists(st.tuples(sentences, sentences), min_size=2, max_size=6).map(
    lambda rows: "参数 | 说明\n" + "\n".join(f"{a} | {b}" for a, b in rows)
)
passages = st.lists(paragraphs | lists | tables, min_size=1, max_size=6).map("\n\n".join)
questions = st.sampled_from(["加速时间出厂值是多少", "how is it wired", "E-203", "保险丝多大", ""])


@pytest.mark.parametrize(
    ("paragraph", "parts"),
    [
        ("出厂值 10.0 s。范围见 4.2 节。", ["出厂值 10.0 s。", "范围见 4.2 节。"]),
        (
            "Use v2.1.0 or later. Then restart, e.g. by menu.",
            ["Use v2.1.0 or later.", "Then restart, e.g. by menu."],
        ),
        ("他说：“好。”然后离开。", ["他说：“好。”", "然后离开。"]),
        ("没有句号", ["没有句号"]),
    ],
)
def test_sentences_end_where_they_end(paragraph: str, parts: list[str]) -> None:
    assert split(paragraph) == parts


@given(passages)
def test_cutting_loses_nothing(text: str) -> None:
    whole = "".join(piece.text for piece in pieces(text))
    assert re.sub(r"\s", "", whole) == re.sub(r"\s", "", text)


@settings(deadline=None)
@given(passages, questions)
def test_every_piece_of_an_answer_stands_in_the_source_as_it_is(text: str, question: str) -> None:
    source = re.sub(r"\s", "", text)
    answer = quote(question, text, kind="manual", embedder=EMBEDDER)
    for part in answer.split(GAP):
        assert re.sub(r"\s", "", part) in source
    assert set(re.findall(r"\d+(?:\.\d+)*", answer)) <= set(re.findall(r"\d+(?:\.\d+)*", text))


@settings(deadline=None)
@given(passages, questions)
def test_an_answer_is_made_of_whole_pieces(text: str, question: str) -> None:
    whole = {re.sub(r"\s", "", piece.text) for piece in pieces(text)}
    answer = quote(question, text, kind="manual", embedder=EMBEDDER)
    for piece in pieces(answer.replace(f" {GAP} ", "\n").replace(f"\n{GAP}\n", "\n")):
        assert re.sub(r"\s", "", piece.text) in whole


@settings(deadline=None)
@given(tables.map(lambda table: "无关内容。" * 100 + "\n\n" + table))
def test_a_table_row_comes_with_its_header(text: str) -> None:
    answer = quote("保险丝 16 A", text, kind="manual", embedder=EMBEDDER)
    if any(piece.shape is Shape.ROW for piece in pieces(text) if piece.text in answer):
        assert "参数 | 说明" in answer


def test_a_list_comes_whole_with_its_lead_in() -> None:
    filler = "本章介绍安装环境与注意事项，请仔细阅读。" * 30
    steps = "恢复出厂设置的步骤如下：\n1. 按住 SET 键 5 秒\n2. 选择 P9-01\n3. 按 ENTER 确认"
    assert (
        quote("怎么恢复出厂设置", f"{filler}\n\n{steps}\n\n{filler}", kind="manual", embedder=EMBEDDER)
        == steps
    )


def test_a_faq_answer_is_quoted_whole() -> None:
    answer = "保修 24 个月。" * (WHOLE_FAQ_CHARS // 10)
    assert quote("保修多久", answer, kind="faq", embedder=EMBEDDER) == answer
    assert len(answer) > WHOLE_CHARS


def test_of_a_long_passage_the_sentence_that_answers_is_quoted() -> None:
    filler = "".join(f"第 {n} 项检查内容与外观有关，无需工具。" for n in range(40))
    text = f"{filler}变频器的加速时间由 P0-06 设定，出厂值为 10.0 s。{filler}"
    answer = quote("加速时间 P0-06 出厂值是多少", text, kind="manual", embedder=EMBEDDER)
    assert "变频器的加速时间由 P0-06 设定，出厂值为 10.0 s。" in answer
    assert len(answer) < 600
