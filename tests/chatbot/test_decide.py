from __future__ import annotations

import json

import pytest

from chatbot.decide import CALIBRATION, Judged, decide, judge
from kb.types import Locator
from models.embedders.builtin import BuiltinEmbedder
from models.embedders.fake import FakeEmbedder
from retrieval.types import Hit

FAKE = FakeEmbedder(16)


def hit(title: str, text: str, *, rank: int = 1, lang: str = "zh", product: str | None = None) -> Hit:
    return Hit(
        rank=rank, score=1.0 / rank, chunk_id=rank, article_id=rank, title=title, heading="", text=text, lang=lang,
        locator=Locator("faq.csv"), kind="faq", product=product, product_version=None, collection="faq",
    )  # fmt: skip


def judged(confidence: float, *, lang: str = "zh", product: str | None = None, rank: int = 1) -> Judged:
    return Judged(hit("t", "x", rank=rank, lang=lang, product=product), confidence, ())


def test_a_code_the_passage_does_not_name_blocks_the_answer() -> None:
    hits = [hit("变频器报 E-203 怎么处理？", "E-203 表示过电流。")]
    assert judge("变频器报 E-203 怎么处理？", hits, FAKE)[0].confidence > 0.5
    (other,) = judge("变频器报 E-204 怎么处理？", hits, FAKE)
    assert other.confidence == 0 and other.missing_codes == ("E-204",)
    assert decide([other], threshold=0.0001, lang="zh").missing_codes == ("E-204",)


@pytest.mark.parametrize("spelling", ["E-203", "e203", "E 203"])
def test_a_code_is_found_however_the_passage_spells_it(spelling: str) -> None:
    found = judge("报 E-203 怎么办", [hit(f"报 {spelling} 怎么办", "过电流。")], FAKE)
    assert found[0].missing_codes == ()


def test_a_code_is_not_found_inside_a_longer_one() -> None:
    assert judge("报 E-20 怎么办", [hit("报 E-203 怎么办", "过电流。")], FAKE)[0].missing_codes == ("E-20",)


def test_below_the_threshold_nothing_is_answered_but_near_hits_are_named() -> None:
    decision = decide([judged(0.4), judged(0.2)], threshold=0.5, lang="zh")
    assert decision.best is None and decision.is_silent and len(decision.near) == 2


def test_the_askers_language_is_preferred_if_it_is_sure_enough() -> None:
    both = [judged(0.9, lang="en"), judged(0.7, lang="zh")]
    assert decide(both, threshold=0.5, lang="zh").best is both[1]
    assert decide(both, threshold=0.8, lang="zh").best is both[0]


def test_products_that_tie_are_asked_about_unless_the_page_says_which() -> None:
    tied = [judged(0.9, product="YLD300"), judged(0.88, product="YLG20"), judged(0.5, product="YLP70")]
    asked = decide(tied, threshold=0.5, lang="zh")
    assert asked.best is None and [one.hit.product for one in asked.choices] == ["YLD300", "YLG20"]
    assert decide(tied, threshold=0.5, lang="zh", product="YLG20").best is tied[1]
    assert decide([tied[0], judged(0.6, product="YLG20")], threshold=0.5, lang="zh").best is tied[0]


def test_nothing_found_is_nothing_answered() -> None:
    assert judge("什么", [], FAKE) == []
    assert decide([], threshold=0.0, lang="zh").is_silent


def test_across_languages_words_alone_never_answer() -> None:
    assert judge("保修多久", [hit("warranty", "24 months", lang="en")], FAKE)[0].confidence == 0


def test_the_confidence_was_fitted_for_the_encoder_that_ships() -> None:
    provenance = json.loads(CALIBRATION.read_text("utf-8"))["provenance"]
    assert provenance["embedder"] == BuiltinEmbedder().spec, "run python -m chatbot.calibration again"


def test_the_calibration_holds_its_promise_on_the_data_it_was_fitted_on() -> None:
    made = json.loads(CALIBRATION.read_text("utf-8"))
    (row,) = (row for row in made["at_targets"] if row["target"] == 0.95)
    assert row["right"] >= 0.95 and row["far_answered"] <= 0.01 and row["coverage"] >= 0.5
