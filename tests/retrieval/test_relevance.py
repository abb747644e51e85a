"""A question about nothing here finds nothing; one that is about something is never silenced."""

from __future__ import annotations

import pytest

from foundation import db
from foundation.access import ANONYMOUS
from foundation.settings import Settings, use_settings
from models.registry import embedder
from retrieval.analyzer import analyze_query
from retrieval.lexicon import Lexicon
from retrieval.ranking import Ranked
from retrieval.relevance import LOW, MEASURED_ON, VERY_LOW, Floor
from retrieval.service import search
from retrieval.types import SearchResult
from tests.retrieval.knowledge import article, publish


def found(query: str, **more: object) -> SearchResult:
    with db.read_session() as session:
        return search(session, ANONYMOUS, query, **more)


@pytest.fixture
def drives(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    publish(
        article("变频器过流报警 E-203", "检查电机电缆是否短路，复位后重启变频器。GPIO 12 接地"),
        article("开票", "电子发票在订单完成后三天内开出，可以在订单页下载"),
        article("退货", "收到货后七天内可以退货，退款三个工作日到账"),
        article("固件升级", "把 v2.1.0 的固件拷到 U 盘，插入后自动升级"),
        article(
            "Overcurrent fault", "Check the motor cable for a short circuit, then reset the drive", lang="en"
        ),
        article("Warranty", "The warranty of the YLD300 is 24 months from delivery", lang="en"),
    )


@pytest.mark.parametrize(
    "query",
    [
        "asdfqwer zxcv",
        "qwertyuiop",
        "红烧肉怎么做才好吃",
        "世界杯冠军是谁",
        "what is the capital of Mongolia",
        "best pizza recipe with mozzarella",
        "推荐几部科幻电影",
    ],
)
def test_a_question_about_nothing_here_finds_nothing(drives: None, query: str) -> None:
    result = found(query)
    assert result.hits == ()
    assert result.withheld > 0
    assert result.to_json()["withheld"] == result.withheld


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("变频器过流怎么办", "变频器过流报警 E-203"),
        ("E-203", "变频器过流报警 E-203"),
        ("e203", "变频器过流报警 E-203"),
        ("GPIO12", "变频器过流报警 E-203"),
        ("驱动器电流太大停机", "变频器过流报警 E-203"),
        ("發票什麼時候開", "开票"),
        ("发票", "开票"),
        ("fapiao", "开票"),
        ("can I return it", "退货"),
        ("v2.1", "固件升级"),
        ("how long is the guarantee", "Warranty"),
        ("YLD300", "Warranty"),
        ("motor drive trips with too much current", "Overcurrent fault"),
    ],
)
def test_a_question_about_something_here_is_answered(drives: None, query: str, title: str) -> None:
    result = found(query)
    assert title in [hit.title for hit in result.hits[:2]]
    assert result.withheld == 0


def test_the_single_legs_have_no_floor(drives: None) -> None:
    assert found("asdfqwer zxcv", system="vector").hits


class Words:
    """A vocabulary of these words."""

    def __init__(self, *words: str, size: int = MEASURED_ON) -> None:
        self._words, self._size = words, size

    def size(self) -> int:
        return self._size

    def occurrences(self, word: str) -> int:
        return int(word in self._words)

    def words_starting(self, beginning: str) -> list[tuple[str, int]]:
        return [(word, 1) for word in self._words if word.startswith(beginning)]


@pytest.mark.parametrize(
    ("query", "known", "cosine", "noise"),
    [
        ("pump motor", (), LOW - 0.01, True),
        ("pump motor", (), LOW, False),
        ("pump motor", ("pump",), LOW - 0.01, False),  # only half of it is unknown
        ("pump motor", ("pump",), VERY_LOW - 0.01, True),
        ("pump motor", ("pump", "motor"), 0.0, False),
        ("E-204", ("204",), 0.0, False),  # a code of which a part is known
        ("E-204", (), 0.0, True),
        ("", (), 0.0, False),
    ],
)
def test_noise_is_a_low_cosine_and_unknown_words(
    query: str, known: tuple[str, ...], cosine: float, noise: bool
) -> None:
    floor = Floor(analyze_query(query, Lexicon()), Words(*known), embedder("builtin"))
    assert floor.is_noise([Ranked(1, 0.5, cosine=cosine), Ranked(2, 0.6, cosine=cosine - 0.1)]) is noise
    assert floor.withheld == (2 if noise else 0)


@pytest.mark.parametrize(("size", "noise"), [(2, False), (10, False), (MEASURED_ON, True), (10**7, True)])
def test_among_few_passages_a_lower_cosine_means_something(size: int, noise: bool) -> None:
    floor = Floor(analyze_query("pump motor", Lexicon()), Words(size=size), embedder("builtin"))
    assert floor.is_noise([Ranked(1, 0.5, cosine=LOW - 0.1)]) is noise


def test_an_embedder_nobody_calibrated_has_no_floor() -> None:
    floor = Floor(analyze_query("pump", Lexicon()), Words(), embedder("fake:16"))
    assert not floor.is_noise([Ranked(1, 0.5, cosine=0.0)])
