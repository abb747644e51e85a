from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.types import GlossaryTerm
from retrieval.analyzer import MAX_QUERY_CHARS, AnalyzedQuery, analyze_passage, analyze_query
from retrieval.lexicon import Lexicon
from retrieval.words import bigrams_of, is_chinese, words_of
from tests.retrieval.analyzer_cases import DIFFERENT, SAME, WORDS

PLAIN = Lexicon()
GLOSSARY = Lexicon.of(
    [
        GlossaryTerm(1, "磁环电感器", "zh", ("共模扼流圈", "choke")),
        GlossaryTerm(2, "VFD", "en", ("variable frequency drive", "变频器")),
        GlossaryTerm(3, "green channel", "en", ("绿色通道",)),
    ]
)


def texts(text: str, lexicon: Lexicon = PLAIN) -> list[str]:
    return [word.text for word in words_of(text, lexicon)]


def test_the_table_has_many_cases_and_none_twice() -> None:
    assert len(WORDS) >= 150
    for table in ([text for text, _ in WORDS], SAME, DIFFERENT):
        assert len(table) == len(set(table))


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_text_is_cut_into_these_words(text: str, words: list[str]) -> None:
    assert texts(text) == words


@pytest.mark.parametrize(("query", "passage"), SAME)
def test_other_spellings_share_a_word(query: str, passage: str) -> None:
    asked = {term.text for term in analyze_query(query, PLAIN).terms}
    assert asked & set(texts(passage))


@pytest.mark.parametrize(("query", "passage"), DIFFERENT)
def test_different_codes_share_no_whole_word(query: str, passage: str) -> None:
    whole = {word.text for word in words_of(query, PLAIN) if not word.is_part}
    others = {word.text for word in words_of(passage, PLAIN)}
    assert not {word for word in whole if word not in {"gpio", "rs"}} & others


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("怎么重启变频器？", {"重启", "变频", "变频器"}),
        ("how do I reset the drive", {"reset", "drive"}),
        ("请问可以退货吗", {"退货"}),
        ("what is an E-203", {"e203", "203"}),
    ],
)
def test_stop_words_leave_a_query(query: str, kept: set[str]) -> None:
    assert {term.text for term in analyze_query(query, PLAIN).terms} == kept


@pytest.mark.parametrize("query", ["的", "怎么", "what is it", "to be or not to be", "是什么", "who"])
def test_stop_words_never_empty_a_query(query: str) -> None:
    assert analyze_query(query, PLAIN).terms


def test_a_whole_code_counts_more_than_its_parts() -> None:
    weights = {term.text: term.weight for term in analyze_query("PPR-9087", PLAIN).terms}
    assert weights["ppr9087"] > weights["9087"] == weights["ppr"] > 0


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("变频器", ["变频", "频器"]),
        ("a变b频器", ["频器"]),
        ("變頻器", ["变频", "频器"]),
        ("好", []),
        ("drive", []),
    ],
)
def test_bigrams_pair_neighbouring_chinese_characters(text: str, pairs: list[str]) -> None:
    assert bigrams_of(text) == pairs


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("ESP32 扫描一次需要花多长时间", "zh"),
        ("発票", "zh"),
        ("how long does a scan take", "en"),
        ("E-203", "en"),
        ("PPR-9087 报警", "zh"),
        ("What does 发票 mean in the order form here", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_one_most_words_are_in(text: str, lang: str) -> None:
    assert analyze_query(text, PLAIN).lang == lang
    assert is_chinese(text) == (lang == "zh")


def test_a_glossary_word_is_kept_whole() -> None:
    assert "磁环电感器" in texts("更换磁环电感器", GLOSSARY)
    assert "磁环电感器" not in texts("更换磁环电感器", PLAIN)


def test_a_glossary_phrase_stands_whole_beside_its_words() -> None:
    assert {"green", "channel", "greenchannel"} <= set(texts("use the green channel", GLOSSARY))


@pytest.mark.parametrize(
    ("query", "added", "source"),
    [
        ("VFD 报警", "变频器", "synonym of vfd"),
        ("变频器报警", "vfd", "synonym of 变频器"),
        ("variable frequency drive fault", "vfd", "synonym of variable frequency drive"),
        ("共模扼流圈", "choke", "synonym of 共模扼流圈"),
    ],
)
def test_synonyms_are_asked_too_for_less_and_say_so(query: str, added: str, source: str) -> None:
    term = next(term for term in analyze_query(query, GLOSSARY).terms if term.text == added)
    assert term.source == source
    assert 0 < term.weight < 1


def test_a_synonym_is_found_at_word_ends_only() -> None:
    assert not any("synonym" in term.source for term in analyze_query("chokepoint", GLOSSARY).terms)


def test_title_headings_and_body_are_kept_apart() -> None:
    passage = analyze_passage("变频器", ["变频器", "过流"], "检查电机 cable", PLAIN)
    assert passage.title == ("变频", "变频器")  # search mode: a long word stands for the shorter ones too
    assert passage.heading == ("过流",)  # a heading that repeats the title is not counted twice
    assert passage.body == ("检查", "电机", "cabl")
    assert "变频" in passage.bigrams and "过流" in passage.bigrams


@given(st.text())
def test_any_text_is_analysed_the_same_twice(text: str) -> None:
    first: AnalyzedQuery = analyze_query(text, GLOSSARY)
    assert first == analyze_query(text, GLOSSARY)
    assert all(term.text and " " not in term.text for term in first.terms)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_a_query_asks_only_for_words_its_own_text_has(text: str) -> None:
    indexed = set(texts(text))
    assert all(term.text in indexed for term in analyze_query(text, PLAIN).terms)


def test_a_very_long_query_is_cut() -> None:
    analyzed = analyze_query("变频器 E-203 报警 " * 20_000, PLAIN)
    assert len(analyzed.text) == MAX_QUERY_CHARS
    assert len(analyze_query("".join(map(chr, range(0x4E00, 0x5E00))), PLAIN).terms) <= 48


def test_a_lone_surrogate_does_no_harm() -> None:
    assert analyze_query("过流\ud800\x00保护", PLAIN).terms
