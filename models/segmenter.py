"""One way to fold and cut text, shared by the index, the encoder's training and the highlighter.

Segmentation is rjieba, a Rust port of jieba: many times as fast, and all but a few sentences are cut the same.
`normalize` says which spellings count as the same word.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

import rjieba
from opencc import OpenCC

_CJK: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# What rjieba reads as one block of text; a user word with anything else in it (a space, a slash) it never finds.
_DICTIONARY_WORD: Final = re.compile(r"[\u3400-\u9fffA-Za-z0-9+#&._%\-]+")
# Words both sides of the strait have, which OpenCC takes for Taiwan's words for other things (`過載` → `重载`),
# and two it knows only in company.
_COMMON_WORDS: Final = re.compile(
    "(執行(?![緒绪])|查詢|儲存(?!格)|預設|開啟|啟用|向量|指標|複製|過載|離線|序列(?!埠)|核心|通訊|燒錄|外接|宕機|截圖|個人資料)"
)
_TOLD: Final = {"儲存": "存储", "預設": "默认"}
_TRADITIONAL_SHARE: Final = 0.1  # of the Chinese characters of a text


def has_cjk(text: str) -> bool:
    """Whether a Chinese character occurs in `text`."""
    return not text.isascii() and _CJK.search(text) is not None


def normalize(text: str) -> str:
    """Fold what writers vary without meaning it: NFKC, lower case, traditional → simplified.

    A text in traditional script also loses Taiwan's own words for what the mainland calls otherwise
    (`軟體` → `软件`); one with a stray traditional character keeps its words. The result may be longer or
    shorter than the text (`①` → `1`, `㎏` → `kg`), but has as many lines; offsets do not carry over.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).lower().replace("\x00", " ")  # OpenCC stops at a zero byte
    if not _CJK.search(folded):
        return folded
    simplified: str = _converter("t2s").convert(folded)
    if simplified != folded and _is_traditional(folded, simplified):
        simplified = _from_taiwan(folded)
    return simplified


def _from_taiwan(folded: str) -> str:
    parts = _COMMON_WORDS.split(folded)
    told = (
        _TOLD.get(part, part) if at % 2 else _converter("tw2sp").convert(part)
        for at, part in enumerate(parts)
    )
    return str(_converter("t2s").convert("".join(told)))


def _is_traditional(folded: str, simplified: str) -> bool:
    """Whether so many characters are traditional ones that the text was written in that script.

    About one in three is where it was, none or next to none where a simplified text has a name or a slip.
    """
    written = len(_CJK.findall(folded))
    changed = sum(one != other for one, other in zip(folded, simplified, strict=False))
    return changed >= _TRADITIONAL_SHARE * written


class Segmenter:
    """Cuts normalized text into words; `words` are the customer's own terms and are never cut.

    Immutable and safe to share between threads: a changed glossary means a new Segmenter (about 0.1 s).
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Learn the terms, in any spelling; blank ones are ignored."""
        terms = {normalize(word).strip() for word in words} - {""}
        known = {term for term in terms if _DICTIONARY_WORD.fullmatch(term)}
        self._jieba = _with_words(known) if known else rjieba
        phrases = sorted(terms - known, key=lambda term: (-len(term), term))
        self._phrase = re.compile("|".join(map(re.escape, phrases))) if phrases else None

    def cut(self, text: str, *, hmm: bool = True) -> list[str]:
        """Cut into words that joined give `text` again; `hmm` guesses words the dictionary lacks."""
        return self._words(self._jieba.cut, text, hmm)

    def cut_for_search(self, text: str, *, hmm: bool = True) -> list[str]:
        """Cut into words and, before each long word, the shorter dictionary words inside it."""
        return self._words(self._jieba.cut_for_search, text, hmm)

    def tokens(self, text: str, *, search: bool = False, hmm: bool = True) -> list[tuple[str, int, int]]:
        """Return (word, start, end) by character, as `cut` or, with `search`, as `cut_for_search` does."""
        mode = "search" if search else "default"
        tokens: list[tuple[str, int, int]] = []
        for at, part, is_phrase in self._parts(text):
            if is_phrase:
                tokens.append((part, at, at + len(part)))
            else:
                found = self._jieba.tokenize(part, mode, hmm)
                tokens += [(word, at + start, at + end) for word, start, end in found] if at else found
        return tokens

    def _words(self, cut: Callable[[str, bool], list[str]], text: str, hmm: bool) -> list[str]:
        if self._phrase is None:
            return cut(text, hmm)
        parts = self._parts(text)
        return [word for _, part, is_phrase in parts for word in ([part] if is_phrase else cut(part, hmm))]

    def _parts(self, text: str) -> Iterator[tuple[int, str, bool]]:
        """Yield (start, part, whether it is a term that rjieba cannot hold), covering the text."""
        at = 0
        for phrase in self._phrase.finditer(text) if self._phrase else ():
            yield at, text[at : phrase.start()], False
            yield phrase.start(), phrase[0], True
            at = phrase.end()
        yield at, text[at:], False


def _with_words(words: Iterable[str]) -> Any:
    """Return a segmenter of its own: the shared one must not learn one glossary's words."""
    jieba = rjieba.Jieba()
    for word in sorted(words):
        # Twice the frequency that just keeps the word whole, so that overlapping dictionary words do not win.
        jieba.add_word(word, 2 * jieba.suggest_freq(word), None)
    return jieba


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)
