from __future__ import annotations

import pytest

from chatbot import named
from chatbot.compose import quote
from chatbot.decide import decide, judge
from chatbot.everyday import in_other_words
from kb.types import Locator
from models.embedders.fake import FakeEmbedder
from retrieval.types import Hit

FAKE = FakeEmbedder(16)
ROWS = "代码: F01; 名称: 过流; 处理: 减载\n代码: F02; 名称: 总线中断; 处理: 重新插紧模块"


def hit(
    n: int, title: str, text: str = "…", *, lang: str = "zh", kind: str = "faq", heading: str = ""
) -> Hit:
    return Hit(
        rank=n, score=1.0 / n, chunk_id=n, article_id=n, title=title, heading=heading, text=text, lang=lang,
        locator=Locator("faq.csv"), kind=kind, product="YLG20", product_version=None, collection="faq",
    )  # fmt: skip


def meant(question: str, *hits: Hit, lang: str = "zh") -> list[int]:
    return [one.hit.chunk_id for one in named.answers(question, hits, FAKE, lang=lang)]


@pytest.mark.parametrize(
    "question", ["网关断网时数据会丢吗？", "网关断网时数据会丢吗", " 网关断网时数据会丢吗 ?"]
)
def test_an_articles_own_question_is_answered_whatever_else_is_near(question: str) -> None:
    hits = [hit(1, "网关断网怎么办？"), hit(2, "网关断网时数据会丢吗？")]
    found = named.answers(question, hits, FAKE, lang="zh")
    assert [one.hit.chunk_id for one in found] == [2]
    assert decide([*found, *judge(question, hits, FAKE)], threshold=0.95, lang="zh").best is found[0]


@pytest.mark.parametrize("question", ["F02 怎么处理", "F02", "报 F02 咋办", "F02 是什么意思"])
def test_a_code_and_little_else_means_the_article_whose_title_names_it(question: str) -> None:
    hits = [
        hit(1, "网关故障速查", "F02 见手册", kind="guide"),
        hit(2, "F02 总线中断故障怎么查？"),
        hit(3, "F03 怎么查？"),
    ]
    assert meant(question, *hits) == [2]


def test_the_article_in_the_readers_language_is_meant() -> None:
    hits = [hit(1, "Fault F02 bus break", lang="en"), hit(2, "F02 总线中断故障怎么查？")]
    assert meant("F02", *hits, lang="zh") == [2]
    assert meant("F02", *hits, lang="en") == [1]


def test_what_else_is_asked_about_a_code_must_be_answered_too() -> None:
    assert (
        meant("F02 的备件在哪里买得到，价格多少，能开发票吗", hit(1, "F02 总线中断故障怎么查？", "插紧模块"))
        == []
    )


def test_a_code_in_many_titles_names_a_product_not_an_answer() -> None:
    assert meant("YLG20 怎么设置", *(hit(n, f"YLG20 第 {n} 篇") for n in range(1, 8))) == []


def test_without_a_title_the_table_row_of_the_code_answers_with_nothing_beside_it() -> None:
    table = hit(1, "网关手册", ROWS, kind="manual", heading="9 故障")
    assert meant("F02 怎么处理", table) == [1]
    assert quote("F02 怎么处理", ROWS, kind="manual", embedder=FAKE) == ROWS.splitlines()[1]


def test_a_row_of_a_plain_table_comes_with_its_header() -> None:
    table = "代码 | 名称\nF01 | 过流\nF02 | 总线中断"
    assert quote("F02", table, kind="manual", embedder=FAKE) == "代码 | 名称\nF02 | 总线中断"


def test_a_question_is_put_in_the_words_of_documents() -> None:
    assert in_other_words("变频器保修几年")[0] == "变频器质保期多久"
    assert in_other_words("变频器质保期多久") == []
    assert in_other_words("is it under guarantee?") == ["is it under warranty?"]
