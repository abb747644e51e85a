import pytest

from ingest import faq
from tests.ingest.conftest import heading, text_block


@pytest.mark.parametrize(
    "asked",
    [
        "怎么清零？",
        "1.1.3 TiDB 是基于 MySQL 开发的吗？",
        "[Scan] How long does a scan take?",
        "Q3: Why",
        "如何修改密码",
        "报警 E-203 怎么办",
    ],
)
def test_headings_that_ask_are_questions(asked):
    assert faq.is_question(asked)


@pytest.mark.parametrize("said", ["安装", "Installation", "技术指标", "Isolation", "Whatsoever"])
def test_headings_that_name_are_not(said):
    assert not faq.is_question(said)


def page(*headings: str) -> list:
    return [heading("Page", 1)] + [
        block for text in headings for block in (heading(text), text_block(f"About {text}"))
    ]


def test_a_page_of_questions_is_split_and_each_answer_is_whole():
    blocks = [*page("How?", "Why?"), heading("Details", 3), text_block("More.")]
    entries, rest = faq.split(blocks, name="page")
    assert [(entry.question, [block.text for block in entry.answer]) for entry in entries] == [
        ("How?", ["About How?"]),
        ("Why?", ["About Why?", "Details", "More."]),
    ]
    assert [block.text for block in rest] == ["Page"]
    assert entries[0].heading_path == ("Page",)


def test_a_guide_with_one_question_stays_a_guide():
    blocks = page("What is it?", "Install", "Connect", "Start")
    assert faq.split(blocks, name="guide") == ([], blocks)


def test_a_page_called_faq_needs_fewer_questions_and_keeps_their_neighbours():
    entries, _rest = faq.split(page("What is it?", "Architecture", "License"), name="产品常见问题")
    assert [entry.question for entry in entries] == ["What is it?", "Architecture", "License"]


def test_numbers_before_a_question_are_dropped():
    assert faq.question_of("1.1.3 支持 XA 吗？") == "支持 XA 吗？"
    assert faq.question_of("Q2：怎么办") == "怎么办"
