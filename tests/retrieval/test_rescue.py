"""A word that stands nowhere is looked for as what it was meant to be, and the result says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from foundation import db
from foundation.access import ANONYMOUS, Viewer
from foundation.settings import Settings
from kb import service as kb
from models.registry import embedder
from retrieval import rescue, slips, sounds
from retrieval.analyzer import analyze_query
from retrieval.index import Scope
from retrieval.lexicon import Lexicon
from retrieval.service import search
from retrieval.types import Filters, SearchResult
from tests.retrieval.knowledge import AGENT, article, publish


def found(query: str, viewer: Viewer = ANONYMOUS, **more: object) -> SearchResult:
    with db.read_session() as session:
        return search(session, viewer, query, **more)


@pytest.fixture
def shelf(settings: Settings) -> None:
    publish(
        article("变频器过流报警 E-203", "检查电机电缆，复位后重启变频器。GPIO 12 接地"),
        article("开票", "电子发票在订单完成后三天内开出"),
        article("退货", "七天内可以退货退款"),
        article("Flash encryption", "Connections and configuration; overcurrent on the ESP32-S3", lang="en"),
        article("PPR-9087 压电", "压电陶瓷驱动器的滤波参数"),
        article("绝密", "保险柜密码在抽屉里 zebrafish", audience="staff"),
    )


@pytest.mark.parametrize(
    ("query", "corrections", "first"),
    [
        ("fapiao", [("fapiao", "发票", "pinyin")], "开票"),
        ("FaPiao", [("fapiao", "发票", "pinyin")], "开票"),
        ("fa piao", [("fa piao", "发票", "pinyin")], "开票"),
        (
            "bianpinqi baojing",
            [("bianpinqi", "变频器", "pinyin"), ("baojing", "报警", "pinyin")],
            "变频器过流报警 E-203",
        ),
        ("变频器 baojing", [("baojing", "报警", "pinyin")], "变频器过流报警 E-203"),
        ("tuihuo", [("tuihuo", "退货", "pinyin")], "退货"),
        ("lvbo canshu", [("lvbo", "滤波", "pinyin"), ("canshu", "参数", "pinyin")], "PPR-9087 压电"),
        ("chongqi", [("chongqi", "重启", "pinyin")], "变频器过流报警 E-203"),
        ("flsah", [("flsah", "flash", "typo")], "Flash encryption"),
        ("overcurent", [("overcurent", "overcurrent", "typo")], "Flash encryption"),
        ("connectoin", [("connectoin", "connection", "typo")], "Flash encryption"),
        ("EPS32-S3", [("eps32-s3", "esp32s3", "typo")], "Flash encryption"),
        ("PRP-9087", [("prp-9087", "ppr9087", "typo")], "PPR-9087 压电"),
        ("E-2O3", [("e-2o3", "e203", "typo")], "变频器过流报警 E-203"),
        ("发漂怎么开", [("发漂", "发票", "sound")], "开票"),
        ("變品器過流", [("变品器", "变频器", "sound")], "变频器过流报警 E-203"),
        ("变顿器报警", [("变顿器", "变频器", "shape")], "变频器过流报警 E-203"),
    ],
)
def test_an_unknown_word_finds_what_was_meant(
    shelf: None, query: str, corrections: list[tuple[str, str, str]], first: str
) -> None:
    result = found(query)
    assert [tuple(one) for one in result.rescued] == corrections
    assert found(query, system="lexical").hits[0].title == first
    assert result.to_json()["rescued"][0].keys() == {"written", "meant", "how"}


@pytest.mark.parametrize(
    "query",
    [
        "发票",
        "how to change it",  # `change` reads as pinyin, but is a word
        "E-204",  # another code than E-203, not a slip of it
        "PPR-9078",  # digits are never guessed
        "ER-203",
        "灯不亮",  # what is negated is never guessed
        "重连前",
        "asdfqwer zxcv",
        "abc",
        "v2.1.0",
        "12345",
        "公事",  # sounds like a word of some manuals, but is a word itself
        "",
        "的",
    ],
)
def test_other_questions_are_left_as_they_are(shelf: None, query: str) -> None:
    assert found(query).rescued == ()


def test_a_question_that_finds_enough_is_left_as_it_is(shelf: None) -> None:
    assert found("变频器过流报警后检查电机电缆并重启 flsah").rescued == ()


def test_a_word_comes_only_from_what_the_asker_may_read(shelf: None) -> None:
    for query, meant in (("zebrafsih", "zebrafish"), ("baoxiangui", "保险柜")):
        assert found(query).rescued == ()
        assert [one.meant for one in found(query, AGENT).rescued] == [meant]


def test_a_word_comes_only_from_what_the_filters_let_through(shelf: None) -> None:
    assert found("flsah", filters=Filters(lang="zh")).rescued == ()
    assert found("flsah", filters=Filters(lang="en")).rescued


def test_words_come_and_go_with_the_articles_they_stand_in(settings: Settings) -> None:
    publish(article("网关", "离线时检查网线"))
    assert found("diandongji").rescued == ()
    [added] = publish(article("电动机", "电动机过热"))
    assert [one.meant for one in found("diandongji").rescued] == ["电动机"]
    with db.write_session() as session:
        kb.delete_article(session, added)
    assert found("diandongji").rescued == ()


def test_the_explanation_says_what_a_word_was_taken_for(shelf: None) -> None:
    why = found("fapiao", explain=True).hits[0].explanation
    assert why is not None
    assert ("发票", "pinyin of fapiao") in [(one.word, one.source) for one in why.words]
    why = found("flsah", explain=True).hits[0].explanation
    assert why is not None
    assert ("flash", "typo of flsah") in [(one.word, one.source) for one in why.words]


def test_an_index_that_cannot_list_its_words_rescues_none(shelf: None) -> None:
    class Listless:
        """A snapshot without a vocabulary."""

    query = analyze_query("fapiao", Lexicon())
    scope = Scope(frozenset({"public"}), Filters())
    assert rescue.rescue(query, Listless(), scope, embedder("builtin")) is query


@pytest.mark.parametrize(
    ("written", "meant", "is_one"),
    [
        ("flsah", "flash", True),
        ("flas", "flash", True),
        ("flashh", "flash", True),
        ("flish", "flash", True),
        ("flash", "flash", False),
        ("falhs", "flash", False),
        ("fl", "flash", False),
        ("hsalf", "flash", False),
        ("ab", "ba", True),
        ("", "a", True),
    ],
)
def test_one_slip_is_one_letter_or_one_swap(written: str, meant: str, is_one: bool) -> None:
    assert slips.is_one_slip(written, meant) is is_one


LETTERS = st.text("abc", max_size=6)


@examples(deadline=None)
@given(LETTERS, st.integers(0, 6), st.sampled_from("abc"))
def test_every_slip_is_recognized_from_both_sides(word: str, at: int, letter: str) -> None:
    at = min(at, len(word))
    longer = word[:at] + letter + word[at:]
    assert slips.is_one_slip(longer, word) and slips.is_one_slip(word, longer)
    other = word[:at] + letter + word[at + 1 :]
    if other != word:
        assert slips.is_one_slip(other, word)
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    if swapped != word:
        assert slips.is_one_slip(swapped, word)


def test_a_slip_is_put_right_to_the_most_frequent_word() -> None:
    known = [("flash", 3), ("flask", 9), ("flags", 1)]
    assert slips.words_like("flasj", lambda beginning: known if beginning == "fl" else [])[:2] == [
        "flask",
        "flash",
    ]


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("fapiao", ("fa", "piao")),
        ("bianpinqi", ("bian", "pin", "qi")),
        ("xian", ("xian",)),
        ("lvse", ("lv", "se")),
        ("zhuangtai", ("zhuang", "tai")),
        ("android", None),
        ("the", None),
        ("", None),
        ("a" * 40, None),
        ("a" * 29 + "b", None),
    ],
)
def test_a_word_is_read_as_pinyin_where_it_is(word: str, first: tuple[str, ...] | None) -> None:
    read = sounds.syllables(word)
    assert (read[0] if read else None) == first


def test_a_character_has_all_its_readings_and_one_that_is_usual() -> None:
    assert {"zhong", "chong"} <= sounds.readings("重")
    assert sounds.usual_reading("重") == "zhong"
    assert sounds.readings("女") >= {"nv"}
    assert sounds.readings("x") == frozenset() and sounds.usual_reading("x") == ""
    assert sounds.sounds_as("重启", ("chong", "qi")) and not sounds.sounds_as("重启", ("chong",))
