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
from retrieval.late_interaction import Match
from retrieval.lexicon import Lexicon
from retrieval.ranking import rank
from retrieval.types import Filters, System

EMBEDDER = BuiltinEmbedder()
FILLER = "网关离线时先检查网线与电源。" * 20


class Shelf:
    """Nearest are 150 passages of one language; no words match. `texts` is what its passages say, for counting."""

    def __init__(self, lang: str = "zh", texts: Sequence[str] = ()) -> None:
        self.lang = lang
        held = {text: set(EMBEDDER.token_ids(text).tolist()) for text in set(texts)}
        self.tokens = [held[text] for text in texts]

    def search_lexical(self, query: object, scope: Scope, limit: int) -> list[Candidate]:
        return []

    def search_vector(self, vector: NDArray[np.float32], scope: Scope, limit: int) -> list[Candidate]:
        return [Candidate(number, 1 - number / 200) for number in range(150)]

    def details(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, Detail]:
        return {number: Detail(self.lang, 0.5, np.zeros(0, dtype=np.uint16)) for number in chunk_ids}

    def size(self) -> int:
        return len(self.tokens)

    def token_counts(self, tokens: NDArray[np.uint16]) -> NDArray[np.int64]:
        return np.array([sum(token in held for held in self.tokens) for token in tokens.tolist()], np.int64)


def detail(text: str, lang: str = "zh") -> Detail:
    return Detail(lang, 0.0, EMBEDDER.token_ids(text))


def matches(query: str, *details: Detail, shelf: Shelf | None = None, lang: str = "zh") -> list[Match]:
    known = dict(enumerate(details))
    found = late_interaction.scores(EMBEDDER, query, lang, known, shelf or Shelf())  # type: ignore[arg-type]
    return [found[number] for number in known]


def test_where_a_passage_says_it_matters_to_its_opening_alone() -> None:
    ahead, later = detail("发票什么时候开具\n" + FILLER), detail(FILLER + "\n发票什么时候开具")
    first, second = matches("发票何时开具", ahead, later)
    assert first.whole == pytest.approx(second.whole, abs=0.05)
    assert first.opening > second.opening + 0.2


def test_a_short_passage_is_its_own_opening() -> None:
    (found,) = matches("开具发票", detail("发票在三天内开出"))
    assert found.opening == pytest.approx(found.whole, abs=1e-6)


def test_what_every_article_of_the_vendor_says_tells_passages_apart_less() -> None:
    drive, reset = detail("变频器的外壳颜色"), detail("如何复位故障")
    general = matches("变频器复位", drive, reset)
    among_drives = matches("变频器复位", drive, reset, shelf=Shelf(texts=["变频器说明"] * 400))
    assert among_drives[0].whole < general[0].whole - 0.1
    assert among_drives[1].whole > general[1].whole + 0.1


def test_a_few_articles_hardly_change_what_counts_as_rare() -> None:
    drive = detail("变频器的外壳颜色")
    (general,), (few,) = (
        matches("变频器复位", drive, shelf=Shelf(texts=texts)) for texts in ([], ["变频器说明"] * 2)
    )
    assert few.whole == pytest.approx(general.whole, abs=0.1)


def test_passages_in_another_language_are_compared_by_what_is_rare_in_general_text() -> None:
    drive = detail("The drive has a grey case", "en")
    counted, uncounted = (
        matches("变频器复位", drive, shelf=Shelf(texts=texts)) for texts in (["变频器说明"] * 400, [])
    )
    assert counted == uncounted


def test_a_title_the_question_says_whole_is_covered_and_one_that_says_more_is_not() -> None:
    same, more = detail("开具发票"), detail("开具发票、变更电机电缆与网关固件升级")
    nothing = Detail("zh", 0.0, np.zeros(0, dtype=np.uint16))
    whole, part, none = matches("开具发票", same, more, nothing)
    assert whole.covered == pytest.approx(1.0, abs=1e-3)
    assert part.covered < 0.8
    assert none.covered == 0.0


def test_embedders_without_tokens_and_queries_without_words_have_no_match() -> None:
    known, shelf = {1: detail("发票")}, Shelf()
    assert late_interaction.scores(FakeEmbedder(), "发票", "zh", known, shelf) == {}  # type: ignore[arg-type]
    assert late_interaction.scores(EMBEDDER, "", "zh", known, shelf) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(("lang", "looked_at"), [("zh", 60), ("en", 100)])
def test_more_is_looked_at_where_words_cannot_choose(settings: Settings, lang: str, looked_at: int) -> None:
    query, scope = analyze_query("怎么开发票", Lexicon()), Scope(frozenset({"all"}), Filters())
    ranked = list(rank(Shelf(lang), query, scope, System.HYBRID, 150))  # type: ignore[arg-type]
    assert len(ranked) == 150
    assert sum(one.cosine is not None for one in ranked) == looked_at
