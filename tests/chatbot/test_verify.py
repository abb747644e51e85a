from __future__ import annotations

import pytest

from chatbot.citations import marks, renumbered, unmarked
from chatbot.verify import is_grounded
from kb.types import Locator
from models.embedders.fake import FakeEmbedder
from retrieval.types import Hit

EMBEDDER = FakeEmbedder(64)
SOURCE = [
    "变频器 YLD300 的保修期为 24 个月，自发货之日起计算。保修期内维修不收费。断电后不能立即打开外壳，须等待 10 分钟。"
]
ENGLISH = ["The warranty of the drive is 24 months from shipping. Do not open the cover within 10 minutes."]


def hit(chunk_id: int) -> Hit:
    return Hit(
        rank=chunk_id, score=1.0, chunk_id=chunk_id, article_id=chunk_id, title=f"t{chunk_id}", heading="",
        text=f"text {chunk_id}", lang="en", locator=Locator("a.md"), kind="faq", product=None,
        product_version=None, collection="docs",
    )  # fmt: skip


@pytest.mark.parametrize(
    "claim", ["YLD300 的保修期为 24 个月 [1]", "断电后须等待 10 分钟，不能立即打开外壳。"]
)
def test_what_the_passage_says_is_grounded(claim: str) -> None:
    assert is_grounded(claim, SOURCE, EMBEDDER)


@pytest.mark.parametrize(
    "claim",
    [
        "YLD300 的保修期为 36 个月。",  # another number
        "YLD500 的保修期为 24 个月。",  # another code
        "断电后能立即打开外壳，须等待 10 分钟。",  # the opposite
        "YLD300 的保修期为 24 个月，我们会尽快联系您。",  # a promise of its own
        "可以在阳光下存放，注意防潮防尘和防止小动物进入。",  # something else
        "",
    ],
)
def test_what_the_passage_does_not_say_is_not_grounded(claim: str) -> None:
    assert not is_grounded(claim, SOURCE, EMBEDDER)


def test_a_negation_left_out_in_english_is_noticed() -> None:
    assert is_grounded("Do not open the cover within 10 minutes.", ENGLISH, EMBEDDER)
    assert not is_grounded("You can open the cover within 10 minutes.", ENGLISH, EMBEDDER)


def test_only_marks_of_given_passages_count() -> None:
    text = "a [1] b【2】 c [7] d [0] e [1,2] f[99]"
    assert marks(text, highest=2) == [1, 2]
    assert not marks(unmarked(text), highest=99)


def test_citations_are_numbered_by_use_and_only_of_hits() -> None:
    text, cited = renumbered([("B.", [3]), ("A.", [1, 3]), ("C.", [])], [hit(1), hit(2), hit(3)])
    assert text == "B. [1]\nA. [2][1]\nC."
    assert [(one.n, one.chunk_id) for one in cited] == [(1, 3), (2, 1)]
