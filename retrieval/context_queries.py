"""What a customer is doing, put as a few weighted questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.segmenter import has_cjk, normalize

_CODE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9.\-]*[0-9])(?=[A-Za-z0-9.\-]*[A-Za-z])[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*"
)
_VERSION: Final = re.compile(r"(?<![\w.])(?:v\d+(?:\.\d+){1,3}|\d+(?:\.\d+){2,3})(?![\w.])", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[-+−]?\d+(?:\.\d+)?")
_QUANTITY: Final = re.compile(r"[-+−]?\d+(?:[.,]\d+)*\s*(?:[^\W\d_]{1,4}|[°℃%Ωµ][^\s\d]{0,3})?")
_SAYS_NOTHING: Final = frozenset("true false yes no on off none null 0 1 是 否 有 无 其他 other n/a".split())  # noqa: SIM905
PLACE: Final = "\0place"  # source of the question that product, step and page ask
_MAX_QUERIES: Final = 8
_MAX_VALUE_CHARS: Final = 300
_DRAFT_CHARS: Final = 600  # the end of a draft is what is being written now
_JUST_NOW: Final = (
    0.4  # how much less the first of many fields counts than the last, which is being filled in
)
_PART: Final = 0.4  # a code inside a longer value counts so much of one that was asked for
_OPTION_CHARS: Final = 40  # what is longer was written, not chosen


@dataclass(frozen=True, kw_only=True)
class PageContext:
    """What the customer is looking at and has filled in so far; every part may be empty."""

    page: str = ""  # address or name
    product: str | None = None
    step: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)  # label or name → value, in the form's order
    draft: str | None = None  # half-typed text
    locale: str = "zh"  # zh or en

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "fields": dict(self.fields)}


@dataclass(frozen=True)
class ContextQuery:
    """One question the context asks, how much its answers count, and what to say it came from."""

    text: str
    weight: float
    because: str  # shown to the customer: a field with its value; empty where the words found say it
    source: str = ""  # what it is about: questions of one field stand for one wish


def queries_of(context: PageContext) -> list[ContextQuery]:
    """The questions a context asks, most telling first: codes, the draft, fields, product and step."""
    made = [*_fields(context), *_draft(context), *_place(context)]
    distinct: dict[str, ContextQuery] = {}
    for query in sorted(made, key=lambda query: -query.weight):
        distinct.setdefault(normalize(query.text), query)
    return list(distinct.values())[:_MAX_QUERIES]


def codes_of(context: PageContext) -> tuple[str, ...]:
    """The error codes and model numbers that were typed by themselves, and those in the draft."""
    typed = [" ".join(value.split()) for value in context.fields.values()]
    found = [value for value in typed if value in _codes(value)] + _codes(context.draft or "")
    known = normalize(context.product or "")
    return tuple(code for code in found if normalize(code) != known and not _VERSION.fullmatch(code))


def _fields(context: PageContext) -> Iterator[ContextQuery]:
    """A question per field that speaks, and one per code in it; what was filled in last counts most."""
    known = normalize(context.product or "")
    told = [(label, " ".join(value[:_MAX_VALUE_CHARS].split())) for label, value in context.fields.items()]
    for place, (label, value) in enumerate(told, start=1):
        recent = 1 - _JUST_NOW * (1 - place / len(told))
        because = f"{label}: {value[:60]}"
        names_product = bool(known) and known in normalize(value)
        for code in _codes(value):
            if normalize(code) != known:
                share = 1.0 if len(code) == len(value) else _PART * recent
                asked = f"{label} {code}" if _VERSION.fullmatch(code) else code
                yield ContextQuery(asked, _code_weight(code) * share, because, label)
        if _speaks(value, label):
            weight = 0.2 if names_product else _field_weight(value) * recent
            yield ContextQuery(_asked(label, value), weight, because, label)


def _codes(text: str) -> list[str]:
    """Error codes, model numbers and versions in a text, but no quantities such as 5.5kW."""
    found = _CODE.findall(text) + _VERSION.findall(text)
    return [code for code in dict.fromkeys(found) if not (_QUANTITY.fullmatch(code) or _is_private(code))]


def _code_weight(code: str) -> float:
    return 0.8 if _VERSION.fullmatch(code) else 1.5


def _field_weight(value: str) -> float:
    if _QUANTITY.fullmatch(value):
        return 0.9  # typed for this case, where an option is one of a few
    return 0.8 if len(value) > 8 or (has_cjk(value) and len(value) > 3) else 0.6


def _asked(label: str, value: str) -> str:
    """The field as a question; one that is asked as a question itself has its words in the answer."""
    if _QUANTITY.fullmatch(value):
        return f"{label} {value}"
    return value if label.rstrip().endswith(("?", "？")) or len(value) > _OPTION_CHARS else f"{label} {value}"


def _draft(context: PageContext) -> Iterator[ContextQuery]:
    draft = " ".join((context.draft or "")[-_DRAFT_CHARS:].split())
    for code in _codes(draft)[-3:]:
        if normalize(code) != normalize(context.product or ""):
            yield ContextQuery(code, _code_weight(code) * 0.8, code, "")
    if len(draft) >= 2:
        yield ContextQuery(draft, 1.1, "", "")


def _speaks(value: str, label: str) -> bool:
    """Whether a field's value tells what the customer is about; a bare code asks its own question."""
    is_bare_code = value in _codes(value)
    says_nothing = normalize(value) in _SAYS_NOTHING or (len(value) < 2 and not _NUMBER.fullmatch(value))
    is_ticked = normalize(value) == normalize(label)
    return bool(value) and (is_ticked or not (is_bare_code or says_nothing or _is_private(value)))


def _place(context: PageContext) -> Iterator[ContextQuery]:
    page = re.sub(r"https?://[^/]*|\.\w+$|[/_\-?#=&]+", " ", context.page)
    place = " ".join(part for part in (context.product, context.step, page) if part).strip()
    if place:
        yield ContextQuery(place, 0.2, context.step or context.product or "", PLACE)


def _is_private(value: str) -> bool:
    """Addresses, phone and serial numbers say who asks, not what; they are no question."""
    return "@" in value or sum(map(str.isdigit, value)) >= 8
