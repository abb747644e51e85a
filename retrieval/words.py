"""From text to the words that indexes and queries share.

Latin words are stemmed; model codes, versions and identifiers stand whole and in parts; Chinese is cut
in search mode, so that a long word also stands for the shorter ones in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import snowballstemmer

from models.segmenter import normalize
from retrieval.lexicon import Lexicon


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


CJK: Final = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_TOKEN: Final = re.compile(
    rf"(?P<cjk>[{CJK}]+)"
    r"|(?P<symbolic>(?<![a-z0-9])(?:c\+\+|[cf]\#|\.net)(?![a-z0-9]))"
    r"|(?P<latin>[^\W_{0}]+(?:[-_.]+[^\W_{0}]+)*)".replace("{0}", CJK)
)
_SYMBOLIC: Final = re.compile(r"c\+\+|[cf]\#|\.net")
_VERSION: Final = re.compile(r"v?(\d+(?:\.\d+)+)([a-z]\w*)?")
_LETTERS_OR_DIGITS: Final = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_CONNECTOR: Final = re.compile(r"[-_.]+")
_DASHES: Final = re.compile(r"[-_]+")
_LONGEST: Final = 64  # characters of one word; longer runs are hashes and encoded data, not words
_STOP_EN: Final = _set_of("""
    a an and any are as at be been but by can could d did do does doing don for from get had has have he
    her his how i if in into is it its just ll m may me might my no not of on or our please re s she
    should so some such t than that the their them then there these they this to up us ve was we were
    what when where which while who whom whose why will with would you your
""")
_STOP_ZH: Final = _set_of("""
    的 了 呢 吗 吧 啊 呀 和 与 及 或 在 是 有 就 都 而 把 被 让 给 对 从 到 向 我 你 您 他 她
    它 我们 你们 他们 这 那 这个 那个 哪些 哪个 什么 怎么 怎样 怎么样 如何 为什么 为何 是否 可以 能 能否
    能不能 可不可以 会 要 需要 请 请问 一个 一下 也 很 还 又 上 下 中 时 时候 嘛 以 于 之 其 等 个
    里 啥 咋 么 若 则 由 并 且 该 此 各 某 每
""")


@dataclass(frozen=True)
class Word:
    """One word as an index stores it."""

    text: str
    is_part: bool = False  # of a code, version or identifier that also stands whole
    is_stop: bool = False


def words_of(text: str, lexicon: Lexicon) -> list[Word]:
    """All words of any text in reading order, repeated as often as they occur."""
    return words_in(normalize(text), lexicon)


def words_in(normalized: str, lexicon: Lexicon) -> list[Word]:
    """All words of a text that is normalized already."""
    found = list(_scan(normalized, lexicon))
    found += [
        Word(phrase.replace(" ", "")) for phrase in lexicon.found_in(normalized) if not _is_one_word(phrase)
    ]
    return found


def bigrams_of(text: str) -> list[str]:
    """Pairs of neighbouring Chinese characters: they find what a wrong cut hides."""
    return bigrams_in(normalize(text))


def bigrams_in(normalized: str) -> list[str]:
    """The same of a text that is normalized already."""
    runs = (match["cjk"] for match in _TOKEN.finditer(normalized) if match["cjk"])
    return [run[at : at + 2] for run in runs for at in range(len(run) - 1)]


def is_stop_word(word: str) -> bool:
    """Whether a normalized word says nothing by itself."""
    return word in _STOP_EN or word in _STOP_ZH


def is_chinese(text: str) -> bool:
    """Whether a text reads as Chinese: at least one Chinese character for every two Latin words."""
    cjk, latin = 0, 0
    for match in _TOKEN.finditer(normalize(text)):
        if match["cjk"]:
            cjk += len(match["cjk"])
        elif not any(character.isdigit() for character in match[0]):
            latin += 1
    return cjk > 0 and cjk * 2 >= latin


def _scan(normalized: str, lexicon: Lexicon) -> Iterator[Word]:
    before = None
    for match in _TOKEN.finditer(normalized):
        if match["cjk"]:
            for word in lexicon.segmenter.cut_for_search(match["cjk"]):
                yield Word(word, is_stop=word in _STOP_ZH)
        else:
            yield from _latin_words(match[0])
            if before is not None and _is_spaced_code(before, match, normalized):
                yield Word(before[0] + match[0])
        before = match if match["latin"] else None


def _is_spaced_code(before: re.Match[str], after: re.Match[str], text: str) -> bool:
    """`GPIO 12` also stands as `gpio12`, which is how others write it."""
    return (
        after[0].isdigit()
        and before[0].isascii()
        and before[0].isalpha()
        and before[0] not in _STOP_EN
        and len(before[0]) <= 8
        and len(after[0]) <= 6
        and text[before.end() : after.start()] == " "
    )


@lru_cache(maxsize=100_000)
def _latin_words(run: str) -> tuple[Word, ...]:
    if _SYMBOLIC.fullmatch(run):
        return (Word(run),)
    if len(run) > _LONGEST:
        return tuple(Word(part[:_LONGEST]) for part in _CONNECTOR.split(run) if part)
    version = _VERSION.fullmatch(run)
    if version:
        return tuple(_version_words(version[1], version[2] or ""))
    if run.isalpha():
        return (Word(stem(run), is_stop=run in _STOP_EN),)
    return tuple(_code_words(run))


def _version_words(number: str, suffix: str) -> Iterator[Word]:
    """`v2.1.0` stands as `2.1.0` and `2.1`: asking for 2.1 finds its patches; `3.3v` stands as `3.3` too."""
    if suffix:
        yield Word(number + suffix)
    yield Word(number, is_part=bool(suffix))
    fields = number.split(".")
    for end in range(len(fields) - 1, 1, -1):
        yield Word(".".join(fields[:end]), is_part=True)


def _code_words(run: str) -> Iterator[Word]:
    """`ppr-9087`: whole without its connectors, as others write it, then the parts."""
    pieces = list(_pieces(run))
    whole = "".join(pieces)
    is_initials = all(len(piece) == 1 for piece in pieces)  # `u.s`, of which no part is a word
    stands_whole = len(pieces) == 1 or is_initials or "_" in run or "-" in run or any(map(str.isdigit, run))
    if stands_whole:
        yield Word(whole)
    for part in dict.fromkeys(part for piece in pieces for part in _parts(piece)):
        if part != whole and (len(part) > 1 or part.isdigit()):
            text = stem(part) if part.isalpha() else part
            yield Word(text, is_part=stands_whole, is_stop=part in _STOP_EN)


def _pieces(run: str) -> Iterator[str]:
    """What connectors join; a version inside keeps its dots and loses its v."""
    for piece in _DASHES.split(run):
        version = _VERSION.fullmatch(piece)
        yield from [version[1] + (version[2] or "")] if version else filter(None, piece.split("."))


def _parts(piece: str) -> Iterator[str]:
    yield piece
    inner = _LETTERS_OR_DIGITS.findall(piece)
    if len(inner) > 1:
        yield from (part for part in inner if len(part) > 1)


def _is_one_word(phrase: str) -> bool:
    match = _TOKEN.fullmatch(phrase)
    return match is not None


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of an English word in lower case; other words stay as they are."""
    return word if not word.isascii() or len(word) < 3 else _STEMMER.stemWord(word)


_STEMMER: Final = snowballstemmer.stemmer("english")
