from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from foundation.settings import Settings
from models.embedders.builtin import BuiltinEmbedder
from models.embedders.fake import FakeEmbedder
from retrieval import late_interaction
from retrieval.analyzer import analyze_query
from retrieval.index import Candidate, Detail, Scope
from retrieval.lexicon import Lexicon
from retrieval.ranking import rank
from retrieval.types import Filters, System

FILLER = "网关离线时先检查网线与电源。" * 20


def detail(text: str) -> Detail:
    return Detail("zh", 0.0, BuiltinEmbedder().token_ids(text))


def test_where_a_passage_says_it_matters_to_its_opening_alone() -> None:
    ahead, later = detail("发票什么时候开具\n" + FILLER), detail(FILLER + "\n发票什么时候开具")
    found = late_interaction.scores(BuiltinEmbedder(), "发票何时开具", {1: ahead, 2: later})
    assert found[1].whole == pytest.approx(found[2].whole, abs=0.05)
    assert found[1].opening > found[2].opening + 0.2


def test_a_short_passage_is_its_own_opening() -> None:
    found = late_interaction.scores(BuiltinEmbedder(), "开具发票", {1: detail("发票在三天内开出")})
    assert found[1].opening == pytest.approx(found[1].whole, abs=1e-6)


def test_a_title_the_question_says_whole_is_covered_and_one_that_says_more_is_not() -> None:
    same, more = detail("开具发票"), detail("开具发票、变更电机电缆与网关固件升级")
    nothing = Detail("zh", 0.0, np.zeros(0, dtype=np.uint16))
    found = late_interaction.scores(BuiltinEmbedder(), "开具发票", {1: same, 2: more, 3: nothing})
    assert found[1].covered == pytest.approx(1.0, abs=1e-3)
    assert found[2].covered < 0.8
    assert found[3].covered == 0.0


def test_embedders_without_tokens_and_queries_without_words_have_no_match() -> None:
    assert late_interaction.scores(FakeEmbedder(), "发票", {1: detail("发票")}) == {}
    assert late_interaction.scores(BuiltinEmbedder(), "", {1: detail("发票")}) == {}


class Shelf:
    """Nearest are 150 passages of one language; no words match."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def search_lexical(self, query: object, scope: Scope, limit: int) -> list[Candidate]:
        return []

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:
        return [Candidate(number, 1 - number / 200) for number in range(150)]

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        return {number: Detail(self.lang, 0.5, np.zeros(0, dtype=np.uint16)) for number in chunk_ids}


@pytest.mark.parametrize(("lang", "looked_at"), [("zh", 60), ("en", 100)])
def test_more_is_looked_at_where_words_cannot_choose(settings: Settings, lang: str, looked_at: int) -> None:
    query, scope = analyze_query("怎么开发票", Lexicon()), Scope(frozenset({"all"}), Filters())
    ranked = list(rank(Shelf(lang), query, scope, System.HYBRID, 150))  # type: ignore[arg-type]
    assert len(ranked) == 150
    assert sum(one.cosine is not None for one in ranked) == looked_at
