"""The glossary: what it changes in the index, and what it leaves alone; a chunk is read once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foundation import db
from foundation.settings import Settings
from kb import glossary
from kb.types import GlossaryTerm
from retrieval import analyzer, index_store
from retrieval.lexicon import Lexicon, touches
from tests.retrieval.knowledge import article, publish


@pytest.fixture
def analysed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The titles of the chunks analysed since it was asked last."""
    titles: list[str] = []

    def watched(title: str, *rest: object) -> analyzer.AnalyzedPassage:
        titles.append(title)
        return analyzer.analyze_passage(title, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(index_store, "analyze_passage", watched)

    def since() -> list[str]:
        index_store.catch_up()
        seen = sorted(titles)
        titles.clear()
        return seen

    return since


def test_a_changed_glossary_analyses_again_only_what_it_touches(analysed: Callable[[], list[str]]) -> None:
    publish(
        article("磁环", "更换磁环电感器", "磁环不用接地"),
        article("磁環", "更換磁環電感器"),  # in the other script
        article("网关", "离线时检查网线"),
        *(article(f"普通 {number}", "检查电机电缆") for number in range(30)),
    )
    assert len(analysed()) == 34
    with db.write_session() as session:
        term = glossary.put(session, "磁环电感器", "zh", [])
    assert analysed() == ["磁环", "磁环", "磁環"]  # whole articles, as an index replaces them whole
    with db.write_session() as session:
        glossary.put(session, "磁环电感器", "zh", ["扼流圈"])
    assert analysed() == []  # no passage has the new synonym
    with db.write_session() as session:
        glossary.put(session, "磁环电感器", "zh", ["扼流圈", "网线"])
    assert analysed() == ["网关"]
    with db.write_session() as session:
        glossary.remove(session, term.id)
    assert analysed() == ["磁环", "磁环", "磁環", "网关"]
    assert analysed() == []


def test_a_chunk_is_normalized_once_for_all_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watched(text: str) -> str:
        read.append(text)
        return text.lower()

    monkeypatch.setattr(analyzer, "normalize", watched)
    passage = analyzer.analyze_passage("Pump\nA", ["Pump\nA", "Reset", "Step\n2"], "Hold\nthe key", Lexicon())
    assert len(read) == 1
    assert passage.title == ("pump", "a")
    assert passage.heading == ("reset", "step", "2")
    assert passage.body == ("hold", "the", "key")


@pytest.mark.parametrize(
    ("word", "text", "is_there"),
    [
        ("pin", "spinning", False),
        ("pin", "the pin 3", True),
        ("变频器", "大变频器坏了", True),
        ("gpio 12", "gpio 12", True),
        ("gpio 12", "gpio 123", False),
        ("c++", "c++ code", True),
    ],
)
def test_a_word_touches_a_text_at_word_ends_only(word: str, text: str, is_there: bool) -> None:
    assert touches([word], text) is is_there


def test_a_glossary_in_traditional_script_is_the_same_glossary() -> None:
    written = Lexicon.of([GlossaryTerm(1, "變頻器", "zh", ("軟體包",))])
    assert written == Lexicon.of([GlossaryTerm(1, "变频器", "zh", ("软件包",))])
