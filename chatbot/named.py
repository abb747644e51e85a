"""Questions that name their answer: by an article's own question, or by a code and little else.

Such a question needs no similarity to be sure of. Short ones give similarity little to hold on to, and they are
what people type most: `E-203 怎么办`, `F02 on the remote IO`, a suggested question tapped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chatbot.decide import Judged
from chatbot.features import head_of, whole_of
from chatbot.sentences import rows_of
from chatbot.understand import codes
from chatbot.words import Word, coverage, names_code, squeezed, weigh
from models.embedder import Embedder
from models.segmenter import has_cjk
from retrieval.types import Hit

_SURE_BY_TITLE: Final = 0.99
_SURE_BY_CODE: Final = 0.9
_SURE_BY_ROW: Final = 0.85
_FEW: Final = 4  # a code in the titles of more articles than these names a product, not an answer
_COVERED: Final = 0.6  # of the words beside the code, those that the passage must say as well
_MARKS: Final = re.compile(r"[\W_]+")
# What is asked about any code; says nothing about which passage answers.
_OF_ANY_CODE_ZH: Final = (
    "处理 解决 故障 报警 报错 报 跳 跳闸 显示 代码 原因 含义 解释 排除 排查 消除 复位 参数 设置 设定 设 默认 默认值 "
    "出厂 出厂值 地址 弄 回事 咋办 咋 意思 老 老是 总 总是 又 突然 设备 机器 屏幕"
)
_OF_ANY_CODE_EN: Final = (
    "fault error alarm code mean fix clear reset paramet set default factori show display shown valu trip appear "
    "cure solv"
)
_OF_ANY_CODE: Final = frozenset(_OF_ANY_CODE_ZH.split()) | frozenset(_OF_ANY_CODE_EN.split())
_ALL: Final = 0.99
_FEW_COVERED: Final = 0.4
_FEW_WORDS: Final = 2  # beside a code; they may name the device in words of their own


def answers(question: str, hits: Sequence[Hit], embedder: Embedder, *, lang: str) -> list[Judged]:
    """Those hits that `question` names, the one it means first; `lang` is the reader's.

    The article with this very title; else passages whose title names the code of the question, else a table row
    of that code, if the rest of the question asks what is asked of any code.
    """
    same = [hit for hit in hits if is_called(hit, question)]
    if same:
        return [_judged(hit, _SURE_BY_TITLE) for hit in same]
    named = codes(question)
    if not named:
        return []
    asked = _apart([word for word in weigh(question, embedder) if word.text not in _OF_ANY_CODE])
    around = "\n".join(hit.title for hit in hits)  # what the devices here are called
    fits = [hit for hit in hits if all(names_code(code, whole_of(hit)) for code in named)]
    fits = [hit for hit in fits if hit.lang == lang] or fits
    titled = [hit for hit in fits if _is_titled(hit, named) and _fits(asked, hit, around)]
    if titled and len({hit.article_id for hit in titled}) <= _FEW:
        return [_judged(hit, _SURE_BY_CODE) for hit in sorted(titled, key=_directness)]
    rows = [hit for hit in fits if rows_of(named, hit.text) and coverage(asked, whole_of(hit)) >= _ALL]
    return [_judged(hit, _SURE_BY_ROW) for hit in rows[:1]]


def _is_titled(hit: Hit, named: Sequence[str]) -> bool:
    """Whether the title names the codes of the question; that of the hit's own product may be left out."""
    others = [code for code in named if not names_code(code, hit.product or "")]
    return all(names_code(code, head_of(hit)) for code in others or named)


def name_of(hit: Hit) -> str:
    """What to call a hit, and what asks for it: an FAQ entry by its question, a section with its article."""
    leaf = hit.heading.rpartition(" › ")[2].strip()
    return f"{hit.title} › {leaf}" if leaf and leaf != hit.title else hit.title


def is_called(hit: Hit, question: str) -> bool:
    """Whether `question` is the name of the hit, whatever the marks and the case; its product may stand beside it."""
    asked, product = _bare(question), _bare(hit.product or "")
    names = {_bare(name_of(hit)), _bare(hit.title) if hit.kind == "faq" else ""} - {""}
    return asked in names or bool(product and product in asked and asked.replace(product, "", 1) in names)


def _bare(text: str) -> str:
    return _MARKS.sub("", squeezed(text))


def _judged(hit: Hit, confidence: float) -> Judged:
    return Judged(hit, confidence, (), is_named=True)


def _fits(asked: Sequence[Word], hit: Hit, around: str) -> bool:
    """Whether what is asked beside the code is answered here; a word or two may merely name the device."""
    if len(asked) <= _FEW_WORDS and coverage(asked, f"{whole_of(hit)}\n{around}") >= _FEW_COVERED:
        return True
    return coverage(asked, whole_of(hit)) >= _COVERED


def _apart(words: Sequence[Word]) -> list[Word]:
    """Without single Chinese characters, which a cut of the text may leave over."""
    return [word for word in words if len(word.text) > 1 or not has_cjk(word.text)]


def _directness(hit: Hit) -> tuple[bool, int]:
    """An FAQ entry before a section, a title about one code before a title about several."""
    return (hit.kind != "faq", len(codes(head_of(hit))))
