"""A short list to check by oneself, taken from the articles that were suggested."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kb.types import Chunk
from models.segmenter import normalize

MOST: Final = 5
_ITEM: Final = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,2}[.)、）]|[①-⑩])\s*(?P<step>\S.*)$")
_TROUBLE: Final = re.compile(
    r"故障|报警|排查|异常|失败|处理|怎么办|不正常|无法|过流|过压|troubleshoot|fault|error|problem|alarm|"
    r"trips?\b|fail|diagnos",
    re.IGNORECASE,
)
_ASKS_TO_CHECK: Final = re.compile(
    r"(?:(?:请|先|再|首先|然后|最后|first|then|next|please)[，,]?\s*)*(?:(?:断电|停机|上电|冷却)后[，,]?)?"
    r"(?:检查|检测|确认|核对|拆下|测|查看|观察|用[^，。；]{1,12}[测量查]|清理|拧紧|重启|对照|比较|看(?!来)|"
    r"(?:(?:double-)?check|make sure|verify|confirm|ensure|look at|look for|measure|test|inspect|tighten|clean|restart|"
    r"compare|find out|see (?:if|whether))(?![a-z]))",
    re.IGNORECASE,
)
_ON_CONDITION: Final = re.compile(r"^(?P<when>[^：:。.]{2,60})[：:]\s*(?P<then>.+)$")
_FAULT: Final = re.compile(r"(?<![a-z0-9])[a-z]{1,3}-?\d{2,4}(?![a-z0-9])")  # a fault's code, normalized
_MARKUP: Final = re.compile(r"[*_`#>]|\[(?P<text>[^\]]*)\]\([^)]*\)")
_SHORTEST, _LONGEST = 4, 120


@dataclass(frozen=True)
class CheckItem:
    """One thing to check, and the article that says so."""

    text: str
    article_id: int

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "article_id": self.article_id}


def checklist(
    articles: Sequence[Sequence[Chunk]], *, product: str | None = None, codes: Collection[str] = ()
) -> tuple[CheckItem, ...]:
    """The steps that tell to check something, of lists about faults of this product or with one of these codes.

    `articles` are the chunks worth reading of each article, the best article first. None where neither a
    product nor a code says what could be checked.
    """
    known = [normalize(code) for code in codes]
    fitting = [chunk for chunks in articles for chunk in chunks if _is_about(chunk, product, known)]
    found = [item for chunk in fitting for item in _steps(chunk, known)]
    distinct = {item.text.casefold(): item for item in reversed(found)}
    return tuple(item for item in found if distinct.get(item.text.casefold()) is item)[:MOST]


def _is_about(chunk: Chunk, product: str | None, codes: Sequence[str]) -> bool:
    about = normalize("\n".join((chunk.title, chunk.heading, chunk.text)))
    fits = any(code in about for code in codes)
    if not codes and product and chunk.product:
        fits = normalize(product) == normalize(chunk.product)
    return fits and bool(_TROUBLE.search(f"{chunk.title} {chunk.heading}"))


def _steps(chunk: Chunk, codes: Sequence[str]) -> Iterator[CheckItem]:
    for line in (chunk.markdown or chunk.text).splitlines():
        match = _ITEM.match(line)
        text = _plain(match["step"]) if match else ""
        if _SHORTEST <= len(text) <= _LONGEST and _tells_to_check(text, codes, chunk.heading):
            yield CheckItem(text, chunk.article_id)


def _tells_to_check(text: str, codes: Sequence[str], heading: str) -> bool:
    """Whether a step begins with what to do; one for a special case counts only in that case."""
    if _ASKS_TO_CHECK.match(text):
        return True
    special = _ON_CONDITION.match(text)
    if special is None or not _ASKS_TO_CHECK.match(special["then"]):
        return False
    case, section = normalize(special["when"]), normalize(heading)
    if _FAULT.search(case):
        return any(code in case for code in codes)
    return any(code in section for code in codes)


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(lambda match: match["text"] or "", text).split()).rstrip("；;。")
