"""Folding makes spellings equal; cutting loses nothing and keeps the customer's own words whole."""

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from models.segmenter import Segmenter, has_cjk, normalize

MIXED = st.text(st.sampled_from("如何配置压电陶瓷驱动器发票密码 aBc1.-_，。\n😀gpio 12"), max_size=40)
SHARED = Segmenter()
SEGMENTERS = pytest.mark.parametrize(
    "segmenter", [SHARED, Segmenter(["压电陶瓷驱动器"]), Segmenter(["GPIO 12", "发票密码"])]
)
SENTENCES = [
    "如何在管理后台开具电子发票？",
    "数据库连接超时怎么办",
    "请检查网络设置，然后重新启动路由器。",
    "升级固件之后设备无法连接无线网络",
    "退款一般在三个工作日内到账",
    "use the command line to reset the password",
]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("電子發票", "电子发票"),
        ("資料庫連線逾時", "数据库连接逾时"),
        ("軟體更新後網路斷線", "软件更新后网络断线"),
        ("軟件更新後網絡中斷", "软件更新后网络中断"),
        ("應用程式的設定檔案", "应用程序的设置文件"),
        ("伺服器韌體", "服务器固件"),
        ("變頻器過載，執行查詢", "变频器过载,执行查询"),
        ("執行緒的預設儲存空間", "线程的默认存储空间"),
        ("Ｅ－２０３", "e-203"),
        ("㎏ ① ﬁ", "kg 1 fi"),
        ("HELLO World", "hello world"),
        ("乾隆 乾淨", "乾隆 干净"),
        ("發\x00票", "发 票"),
        ("", ""),
    ],
)
def test_spellings_fold_to_one(written: str, folded: str) -> None:
    assert normalize(written) == folded


SCRIPTS = st.text(st.sampled_from("軟體软网網路程式檔案文件支援行程碼码的了乾后後a1。\n"), max_size=40)


@pytest.mark.parametrize(
    "simplified",
    [
        "软体动物的网路",  # words of Taiwan in simplified characters may be meant as they stand
        "支援文件与程序的行程",
        "北京的楼很高又很新地铁也方便只有店名写作「萬」",  # a stray character is a name, not a script
    ],
)
def test_simplified_text_keeps_its_words(simplified: str) -> None:
    assert normalize(simplified) == OpenCC("t2s").convert(simplified)


@given(SCRIPTS)
def test_folding_keeps_lines(text: str) -> None:
    assert normalize(text).count("\n") == text.count("\n")


@given(SCRIPTS | MIXED)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_chinese_is_recognized_in_every_plane() -> None:
    assert has_cjk("a中b")
    assert has_cjk("𠮷")
    assert not has_cjk("café привет こ")


@SEGMENTERS
@given(text=MIXED)
def test_words_joined_give_the_text_again(segmenter: Segmenter, text: str) -> None:
    assert "".join(segmenter.cut(text)) == text


@SEGMENTERS
@given(text=MIXED)
def test_offsets_point_at_the_words(segmenter: Segmenter, text: str) -> None:
    for search in (False, True):
        assert all(text[start:end] == word for word, start, end in segmenter.tokens(text, search=search))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_cuts_as_jieba_does(sentence: str) -> None:
    assert SHARED.cut(sentence) == list(jieba.cut(sentence))
    assert sorted(SHARED.cut_for_search(sentence)) == sorted(jieba.cut_for_search(sentence))


def test_a_glossary_word_stays_whole_in_any_spelling() -> None:
    text = normalize("如何校准壓電陶瓷驅動器")
    assert "压电陶瓷驱动器" not in SHARED.cut(text)
    assert Segmenter(["壓電陶瓷驅動器"]).cut(text) == ["如何", "校准", "压电陶瓷驱动器"]


def test_a_glossary_word_keeps_its_parts_in_search_mode() -> None:
    assert {"压电", "陶瓷", "压电陶瓷驱动器"} <= set(
        Segmenter(["压电陶瓷驱动器"]).cut_for_search("压电陶瓷驱动器")
    )


def test_a_glossary_word_wins_against_overlapping_dictionary_words() -> None:
    assert Segmenter(["台中"]).cut("如果放到台中") == ["如果", "放到", "台中"]


def test_a_glossary_term_with_a_space_stays_whole_and_the_longest_wins() -> None:
    words = Segmenter(["GPIO 12", "GPIO 12 pin"]).cut(normalize("接 GPIO 12 Pin 引脚"))
    assert "gpio 12 pin" in words


def test_one_glossary_does_not_leak_into_another_segmenter() -> None:
    Segmenter(["压电陶瓷驱动器"])
    assert "压电陶瓷驱动器" not in Segmenter(["别的词语"]).cut("压电陶瓷驱动器")
    assert "压电陶瓷驱动器" not in SHARED.cut("压电陶瓷驱动器")


def test_blank_glossary_words_are_ignored() -> None:
    assert Segmenter(["", "  "]).cut("发票") == ["发票"]
