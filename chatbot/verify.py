"""Grounding: what a written sentence claims must stand in the passages it rests on.

Numbers with their units, codes, addresses and names must be there as they are, words to a large part (where the
languages are the same), and a sentence may not turn a statement into its opposite or promise what no passage
promises. What speaks to a model carries nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chatbot.citations import unmarked
from chatbot.sentences import split
from chatbot.understand import codes, detect_language
from chatbot.untrusted import gives_orders, without_orders
from chatbot.words import coverage, names_code, squeezed, weigh
from models.embedder import Embedder
from models.segmenter import normalize

_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_ZH_NUMBER: Final = re.compile(r"[一二三四五六七八九十两百千]+(?=[天日周月年小分秒次个台倍%％])")
_NEGATION: Final = re.compile(
    r"不(?!仅|但|同|断|过|少|错|锈|论|管|妨|如)|没有|无法|未(?!来)|禁止|勿|切勿"
    r"|\b(?:not|no|never|cannot|can't|don't|doesn't|won't|isn't|aren't|without|unable)\b",
    re.IGNORECASE,
)
_PROMISE: Final = re.compile(
    r"我们(?:会|将|可以|保证|承诺)|(?:会|将)(?:尽快|立即|马上|主动)?(?:联系您|致电|回电|退款|赔偿|上门|安排|处理您)"
    r"|保证|承诺|免费|全额"
    r"|\b(?:we(?:'ll| will| can| guarantee| promise)|i(?:'ll| will)|guarantee[ds]?|promise[ds]?|refund(?:ed)?"
    r"|free of charge|compensat\w+)\b",
    re.IGNORECASE,
)
_MEASURE: Final = re.compile(
    r"(?<![\d.])(\d+(?:[.,]\d+)*)\s*([a-z%°ωμ/]{1,3}|个?[天日周月年]|个?小时|分钟|秒|次|台|倍|米|元|万|℃|度|级|位|折)"
)
_ADDRESS: Final = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}\b", re.I
)
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z'’-]{2,}")
_NAME_EN: Final = re.compile(r"(?<![.!?:\n]\s)(?<!^)\b[A-Z][A-Za-z'’-]{2,}")
_MIN_COVERAGE: Final = 0.6
_MIN_COSINE: Final = 0.35  # across languages, where words cannot match


def is_grounded(sentence: str, passages: Sequence[str], embedder: Embedder, *, question: str = "") -> bool:
    """Whether the passages carry everything `sentence` says; it may repeat names of the question."""
    claim, source = unmarked(sentence).strip(), without_orders("\n".join(passages))
    if not claim or not source or gives_orders(claim):
        return False
    if not _is_named(claim, f"{source}\n{question}", source):
        return False
    if not _numbers(claim) <= _numbers(source) or any(not names_code(code, source) for code in codes(claim)):
        return False
    if _PROMISE.search(claim) and not _PROMISE.search(source):
        return False
    nearest, same_language = _nearest(claim, passages, embedder)
    if same_language:
        if not _measures(claim) <= _measures(source):
            return False
        if coverage(weigh(claim, embedder), source) < _MIN_COVERAGE:
            return False
        return bool(_NEGATION.search(claim)) == bool(_NEGATION.search(nearest)) or _is_quoted(claim, source)
    return float((embedder.embed_passages([nearest]) @ embedder.embed_queries([claim])[0])[0]) >= _MIN_COSINE


def _numbers(text: str) -> set[str]:
    folded = normalize(text)
    return {n.replace(",", "") for n in _NUMBER.findall(folded)} | set(_ZH_NUMBER.findall(folded))


def _measures(text: str) -> set[tuple[str, str]]:
    return {(number.replace(",", ""), unit) for number, unit in _MEASURE.findall(normalize(text))}


def _is_named(claim: str, known: str, source: str) -> bool:
    """Whether addresses stand in the source, and names there or in the question."""
    if not all(squeezed(one.rstrip(".,;。，；")) in squeezed(source) for one in _ADDRESS.findall(claim)):
        return False
    names = (_LATIN if detect_language(claim) == "zh" else _NAME_EN).findall(claim)
    words = {word.lower().removesuffix("'s").removesuffix("s") for word in _LATIN.findall(known)}
    return all(name.lower().removesuffix("'s").removesuffix("s") in words for name in names)


def _nearest(claim: str, passages: Sequence[str], embedder: Embedder) -> tuple[str, bool]:
    """The sentence of the passages nearest to the claim, and whether it is in the same language."""
    lang = detect_language(claim)
    sentences = [one for passage in passages for line in passage.splitlines() for one in split(line)]
    same = [one for one in sentences if detect_language(one, fallback=lang) == lang]
    candidates = same or sentences or list(passages)
    cosines = embedder.embed_passages(candidates) @ embedder.embed_queries([claim])[0]
    return candidates[int(cosines.argmax())], bool(same)


def _is_quoted(claim: str, source: str) -> bool:
    return re.sub(r"\s+", "", normalize(claim)) in re.sub(r"\s+", "", normalize(source))
