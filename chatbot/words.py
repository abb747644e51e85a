"""The words that carry a question's meaning, and how much each of them weighs.

Cut as the index cuts them; the stop list is longer, because here a word must say what is asked, not only
help to find it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chatbot.understand import codes, folded
from models.embedder import Embedder, TokenEmbedder
from models.segmenter import has_cjk, normalize
from retrieval.lexicon import Lexicon
from retrieval.words import words_of

_LEXICON: Final = Lexicon()
_LITTLE_ZH: Final = (
    "没有 没 不 想 能够 应该 用 使用 做 说 看 去 来 问 知道 告诉 关于 以及 出现 情况 意思 问题 进行 如果 "
    "但 但是 因为 所以 然后 并且 这些 那些 这里 那里 哪里 哪儿 哪 多少 几 谁 怎么办 吧 后 前 次 "
    "些 种 有没有 是不是 可 办 还是 一直 已经 现在 时间 为"
)
_LITTLE_EN: Final = (
    "what when where which who whom whose why how want need know tell mean happen about all also am any some may might "
    "must shall just got get say said ask use question problem help thank much mani no too very im"
)
_SAYS_LITTLE: Final = frozenset(_LITTLE_ZH.split()) | frozenset(_LITTLE_EN.split())


@dataclass(frozen=True)
class Word:
    """One word of a question, as it is compared, and its weight; rare words weigh more."""

    text: str
    weight: float


@lru_cache(maxsize=2048)
def content_words(text: str) -> frozenset[str]:
    """The words of `text` that mean something."""
    found = {word.text for word in words_of(text, _LEXICON) if not word.is_stop}
    return frozenset(found - _SAYS_LITTLE)


def weigh(text: str, embedder: Embedder) -> list[Word]:
    """The content words of a question with their weights; codes are judged apart and left out."""
    named = {folded(code) for code in codes(text)}
    words = (word for word in words_of(text, _LEXICON) if not (word.is_stop or word.is_part))
    distinct = dict.fromkeys(
        word.text for word in words if folded(word.text) not in named or has_cjk(word.text)
    )
    return [Word(text, _weight(text, embedder)) for text in distinct if text not in _SAYS_LITTLE]


def _weight(word: str, embedder: Embedder) -> float:
    base = 0.4 if has_cjk(word) and len(word) == 1 else 1.0
    if not isinstance(embedder, TokenEmbedder):
        return base
    weights = embedder.token_weights(embedder.token_ids(word))
    return base * float(weights.max()) if len(weights) else base


def coverage(words: Sequence[Word], text: str) -> float:
    """The weighted share of `words` that stand in `text`, 0 to 1; 1 when there are none to look for."""
    total = sum(word.weight for word in words)
    if not total:
        return 1.0
    present, whole = content_words(text), normalize(text)
    found = sum(w.weight for w in words if w.text in present or (has_cjk(w.text) and w.text in whole))
    return found / total


def heaviest_missing(words: Sequence[Word], text: str) -> float:
    """The weight of the heaviest of `words` that does not stand in `text`, as a share of all; 0 if none is missing."""
    total = sum(word.weight for word in words)
    present, whole = content_words(text), normalize(text)
    missing = [w.weight for w in words if w.text not in present and not (has_cjk(w.text) and w.text in whole)]
    return max(missing, default=0.0) / total if total else 0.0


def names_code(code: str, text: str) -> bool:
    """Whether `text` names this code, however hyphens and case are written; `E-20` is not in `E-203`."""
    spelt = r"[\s\-_./]*".join(map(re.escape, folded(code)))
    return re.search(rf"(?<![a-z0-9]){spelt}(?![a-z0-9])", normalize(text)) is not None


def squeezed(text: str) -> str:
    """`text` folded and without blanks, to ask whether one text contains another."""
    return "".join(normalize(text).split())
