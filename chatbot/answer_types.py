"""What kind of answer a question asks for, and whether a passage is of that kind.

A passage can be about the very thing asked and still not answer: asked how much, it names no number. These are
signals for the confidence, which weighs them; none decides by itself.
"""

from __future__ import annotations

import re
from typing import Final

_YES_NO: Final = re.compile(
    r"吗[?？。\s]*$|能否|是否|能不能|可不可以|可以.*[么吗]|支不支持|有没有"
    r"|^(?:is|are|does|do|did|can|could|will|would|should|has|have|may|must)\b",
    re.IGNORECASE,
)
_SAYS_YES_OR_NO: Final = re.compile(
    r"^\s*(?:[-*•]\s*)?(?:yes|no|not? |it (?:is|does|can)|you can|there (?:is|are)"
    r"|可以|能|不能|不可以|不支持|支持|是的|不是|是|否|没有|有|无需|不需要|需要|目前|建议|暂不|会|不会)",
    re.IGNORECASE,
)
_HOW_MUCH: Final = re.compile(
    r"多少|多久|多长|多大|多高|多快|几[个天年小分次路位种]|最大|最小|最多|最高"
    r"|how (?:many|much|long|far|fast|often|large|big)"
    r"|what (?:is|are) the (?:max|min|default|range|size|limit|price|cost|rate)|maximum|minimum|when\b",
    re.IGNORECASE,
)
_HOW: Final = re.compile(
    r"怎么|如何|怎样|怎么办|处理|解决|\bhow (?:do|can|to|should|does)"
    r"|\bhow\b(?! (?:many|much|long|far|fast|often))|\bset up\b|configure",
    re.IGNORECASE,
)
_SAYS_HOW: Final = re.compile(
    r"(?:^|\n)\s*(?:\d+[.)、]|[-*•])\s|请|可以|通过|使用|设置|点击|选择|执行|调用|参考"
    r"|\b(?:use|set|call|click|select|run|please|check|enable|configure|you can|need to)\b",
    re.IGNORECASE,
)
_WHY: Final = re.compile(r"为什么|为何|原因|why|reason|cause", re.IGNORECASE)
_SAYS_WHY: Final = re.compile(
    r"因为|由于|原因|导致|因此|所以|造成"
    r"|because|due to|caused|cause|since|reason|therefore|result",
    re.IGNORECASE,
)
_WHAT: Final = re.compile(
    r"是什么|什么是|什么意思|有哪些|哪些|区别|what (?:is|are|does)|which|difference", re.IGNORECASE
)
_BEGINNING: Final = 60  # characters: a yes or no stands at the beginning
NAMES: Final = (
    *("asks_whether", "says_whether", "asks_how_much", "no_number", "asks_how", "says_how"),
    *("asks_why", "says_why", "asks_what"),
)


def fitting(question: str, text: str) -> dict[str, float]:
    """What `question` asks for, and whether the passage `text` says such a thing, as 0 and 1 by `NAMES`."""
    whether, much = bool(_YES_NO.search(question)), bool(_HOW_MUCH.search(question))
    how, why = bool(_HOW.search(question)), bool(_WHY.search(question))
    found = (
        whether,
        whether and bool(_SAYS_YES_OR_NO.search(text[:_BEGINNING])),
        much,
        much and not any(one.isdigit() for one in text),
        how,
        how and bool(_SAYS_HOW.search(text)),
        why,
        why and bool(_SAYS_WHY.search(text)),
        bool(_WHAT.search(question)),
    )
    return {name: float(one) for name, one in zip(NAMES, found, strict=True)}
