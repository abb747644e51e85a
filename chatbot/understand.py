"""Understanding a turn: its language, what the customer wants, the codes it names, and what it leaves unsaid."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chatbot import phrases

_CJK: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD: Final = re.compile(r"[A-Za-z][A-Za-z']+")
# A model, fault or parameter code: letters and digits in one run, parts joined by - _ . or /
_CODE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9._/-]*\d)(?=[A-Za-z0-9._/-]*[A-Za-z])[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*"
)
_QUANTITY: Final = re.compile(
    r"\d+(?:[.-]\d+)*(?:v|vdc|vac|a|ma|kw|w|kva|hz|khz|mhz|ghz|s|ms|us|ns|min|h|hr|hrs|d|m|mm|cm|km|nm|kg|g|mg|t"
    r"|l|ml|k|kb|mb|gb|tb|kib|mib|gib|kbps|mbps|bit|bits|byte|bytes|pin|x|c|f|pa|kpa|mpa|bar|psi|rpm|db|dbm"
    r"|st|nd|rd|th|pcs|ohm|fs|°c|ppm|usd|rmb|cny|eur)",
    re.IGNORECASE,
)


Exchange = Callable[[str, str], str | None]  # an old question and a new thing → the question about that


class Intent(StrEnum):
    """What a turn is for."""

    QUESTION = "question"
    GREETING = "greeting"
    THANKS = "thanks"
    WANTS_PERSON = "wants_person"
    COMPLAINT = "complaint"
    DANGER = "danger"  # smoke, fire, electric shock: people first


@dataclass(frozen=True)
class Understood:
    """A turn as the answer pipeline sees it."""

    intent: Intent
    queries: tuple[str, ...]  # ways to read the question, the likeliest first; never empty
    lang: str


_OPENING: Final = re.compile(
    r"^(?:(?:你好|您好|哈喽|嗨|请问一下|请问|麻烦问一下|麻烦问下|想问一下|想问下|问一下|打扰一下|hi|hello|hey"
    r"|excuse me|good (?:morning|afternoon|evening))(?![A-Za-z])[\s,.!~、，。！～:：]*)+",
    re.IGNORECASE,
)
# Words that stand for something said before; "it" and "that" only after a word that makes them so.
_POINTS_BACK: Final = re.compile(
    r"它们?|这个(?!月|星期|周|礼拜)|那个|这款|那款|这台|那台|该(?:型号|产品|设备|参数|功能)|这种|上面说|刚才|上述"
    r"|\b(?:its|they|them|their)\b"
    r"|\b(?:this|that|these|those|the same) (?:one|model|device|unit|drive|code|fault|error|parameter)s?\b"
    r"|\b(?:is|are|does|do|did|can|will|has|have|about|of|for|with|on|in|reset|use|fix|set|install|clean|clear"
    r"|mount|replace|restart) (?:it|this|that)\b(?! (?:possible|true|ok|okay|allowed|normal)\b)",
    re.IGNORECASE,
)
_ELLIPSIS: Final = re.compile(
    r"^(?:那么?|还有|and|what about|how about)?[\s,，]*(?P<new>.{1,40}?)[\s]*(?:呢|怎么样)?[?？。.!！\s]*$",
    re.IGNORECASE,
)
# A question cut short: "那 E-205 呢", "and for the 7.5 kW?"; what comes before is to be filled in.
_CUT_ZH: Final = re.compile(
    r"^(?:那么?|还有|换成|如果是)?(?!.{0,3}[我没])[^，,。]{1,16}呢[?？。！\s]*$|^(?:换成|如果是|那)[^，,。]{1,16}[?？。\s]*$"
)
_CUT_EN: Final = re.compile(r"^(?:and|what about|how about)\b[^,]{1,48}$", re.IGNORECASE)
_ASKS_ANEW: Final = re.compile(
    r"怎么|如何|什么|为什么|多少|多久|多长|哪|几|吗|能不能|可不可以"
    r"|\b(?:how|what is|what are|what does|why|when|where|which|who|can|could|do|does|is|are|should|will|would)\b",
    re.IGNORECASE,
)
_FRAGMENT_WORDS: Final = 5


def detect_language(text: str, *, fallback: str = "zh") -> str:
    """The language, zh or en, that the sentence is built in, whatever product words it borrows."""
    chinese = len(_CJK.findall(text))
    latin = len(_LATIN_WORD.findall(_CODE.sub(" ", text)))
    if not chinese and not latin:
        return "en" if fallback.lower().startswith("en") else "zh"
    return "zh" if chinese >= latin else "en"


def codes(text: str) -> list[str]:
    """Model, fault and parameter codes in `text` as written, each once; quantities such as 24V are none."""
    found = (match.group().strip("-_./") for match in _CODE.finditer(text))
    return list(dict.fromkeys(code for code in found if not _QUANTITY.fullmatch(code)))


def folded(code: str) -> str:
    """A code without what people vary when they type it: `E-203`, `e203` and `E 203` are one."""
    return re.sub(r"[^a-z0-9]", "", code.lower())


def intent_of(text: str) -> Intent:
    """What the turn is for; a question unless it is clearly something else."""
    said = text.strip()
    if phrases.tells_of_danger(said):
        return Intent.DANGER
    if phrases.wants_person(said):
        return Intent.WANTS_PERSON
    if phrases.greets(said):
        return Intent.GREETING
    if phrases.thanks(said):
        return Intent.THANKS
    if phrases.complains(said):
        return Intent.COMPLAINT
    return Intent.QUESTION


def understand(
    text: str,
    *,
    lang: str,
    earlier: Sequence[str] = (),
    product: str | None = None,
    exchange: Exchange | None = None,
) -> Understood:
    """Read a turn in its conversation.

    `earlier` are the user's previous questions in this matter, the latest last; `product` is what the page is
    about; `exchange` puts a new thing into an old question. A question that points back ("那 E-205 呢？",
    "how long is its warranty?") is completed from them.
    """
    intent = intent_of(text)
    question = without_opening(text)
    if intent is not Intent.QUESTION:
        return Understood(intent, (question,), lang)
    return Understood(intent, _readings(question, earlier, product, exchange), lang)


def without_opening(text: str) -> str:
    """`text` without the greeting before its question; as it is where it only greets."""
    return _OPENING.sub("", text.strip()) or text.strip()


def _readings(
    question: str, earlier: Sequence[str], product: str | None, exchange: Exchange | None
) -> tuple[str, ...]:
    """The question as what it leaves out makes it, and as it is; one that stands by itself stays as it is."""
    named = codes(question)
    previous = earlier[-1] if earlier else ""
    made: list[str] = []
    if previous and is_cut_short(question):
        made += _completed(question, named, _whole(earlier), exchange)
    elif previous and not named and _POINTS_BACK.search(question):
        subject = _subject(earlier)
        if subject:
            made.append(f"{subject} {question}")
    elif product and not named and _is_short(question):
        made += [question, f"{product} {question}"]
    return tuple(dict.fromkeys([*made, question]))


def is_cut_short(question: str) -> bool:
    """Whether only the new part of a question is said: "那 E-205 呢", "what about YLP70?", "E-205?"."""
    if _CUT_ZH.search(question):
        return not _ASKS_ANEW.search(question)
    lead = _CUT_EN.match(question)
    if lead:
        rest = re.sub(r"^(?:and|what about|how about)\b", "", question, flags=re.IGNORECASE)
        return len(rest.split()) <= _FRAGMENT_WORDS and not _ASKS_ANEW.search(rest)
    return is_bare_code(question)


def is_bare_code(question: str) -> bool:
    """Whether a text is codes and nothing else."""
    return bool(codes(question)) and not re.sub(r"[\W_]", "", _CODE.sub("", question))


def _whole(earlier: Sequence[str]) -> str:
    """The latest question that was not itself cut short; of a row of "那…呢" the one they all continue."""
    return next(
        (said for said in reversed(earlier) if not is_cut_short(said) and _asks_at_all(said)), earlier[-1]
    )


def _asks_at_all(said: str) -> bool:
    return intent_of(said) is Intent.QUESTION


def _completed(question: str, named: Sequence[str], previous: str, exchange: Exchange | None) -> list[str]:
    """The previous question about the new thing: it takes the old one's place, or is added to it."""
    old = codes(previous)
    if len(named) == 1 and old:
        alike = [code for code in old if _shape(code) == _shape(named[0])] or (old if len(old) == 1 else [])
        if alike:
            return [previous.replace(alike[-1], named[0])]
    if is_bare_code(question):
        return []
    match = _ELLIPSIS.match(question)
    new = match["new"] if match else question
    replaced = exchange(previous, new) if exchange else None
    return [*([replaced] if replaced else []), f"{previous} {new}"]


def _shape(code: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[a-z]+", "a", folded(code)[:1]) + folded(code)[1:])


def _is_short(question: str) -> bool:
    return len(_CJK.findall(question)) + 2 * len(_LATIN_WORD.findall(question)) <= 14


def _subject(earlier: Sequence[str]) -> str | None:
    """The codes of the latest question that names any; without codes, the latest question itself."""
    for said in reversed(earlier):
        named = codes(said)
        if named:
            return " ".join(named)
    return earlier[-1] if len(earlier[-1]) <= 60 else None
