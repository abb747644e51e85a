"""Reading the value of a slot from what a customer writes, in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any, Final

from chatbot.action_specs import LANGUAGES, ActionSpec, Slot, SlotType
from foundation import clock

_MAX_TEXT: Final = 500
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE: Final = re.compile(r"(?<!\d)\+?\d(?:[ -]?\d){6,17}(?!\d)")
_INTEGER: Final = re.compile(r"(?<![\d.])-?\d{1,9}(?![\d.]|,\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_DAYS: Final = {"今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2}
_BECOMES: Final = (
    r"\s*(?:应该|错了|写错了|不对|is wrong|was wrong)?[\s,，。:：]*"
    r"(?:改成|改为|换成|更正为|应该是|应为|是|to|should be|is)[\s:：]*"
)
# Types whose value is recognised inside any sentence, without having been asked for.
_SELF_EVIDENT: Final = frozenset({SlotType.CODE, SlotType.EMAIL, SlotType.CHOICE})


def read(slot: Slot, text: str) -> Any:
    """The value that `text`, said in answer to the slot's prompt, gives; None if it gives none that fits."""
    folded = unicodedata.normalize("NFKC", text).strip()
    match slot.type:
        case SlotType.TEXT:
            return _text(slot, folded)
        case SlotType.CODE:
            return _code(slot, folded)
        case SlotType.CHOICE:
            return _choice(slot, folded)
        case SlotType.INTEGER:
            return _integer(slot, folded)
        case SlotType.DATE:
            return _date(folded)
        case SlotType.EMAIL:
            return _first(_EMAIL, folded, str.lower)
        case SlotType.PHONE:
            return _first(_PHONE, folded, str)


def mentioned(spec: ActionSpec, text: str) -> dict[str, Any]:
    """The values that stand in a sentence by themselves: codes, addresses, choices by their names."""
    found = {slot.name: read(slot, text) for slot in spec.slots if slot.type in _SELF_EVIDENT}
    return {name: value for name, value in found.items() if value is not None}


def corrected(spec: ActionSpec, text: str) -> dict[str, Any]:
    """The values that a sentence such as "地址改成…" or "the order number should be …" gives."""
    found: dict[str, Any] = {}
    for slot in spec.slots:
        for title in slot.title.values():
            match = re.search(rf"{re.escape(title)}{_BECOMES}(.+)$", text, re.IGNORECASE | re.DOTALL)
            value = read(slot, match[1].strip()) if match else None
            if value is not None:
                found[slot.name] = value
    return found


def named(spec: ActionSpec, text: str) -> Slot | None:
    """The one slot whose title the text says, if it says exactly one."""
    said = text.casefold()
    found = [slot for slot in spec.slots if any(title.casefold() in said for title in slot.title.values())]
    longest = max((len(title) for slot in found for title in slot.title.values()), default=0)
    best = [slot for slot in found if any(len(title) == longest for title in slot.title.values())]
    return found[0] if len(found) == 1 else best[0] if len(best) == 1 else None


def shown(slot: Slot, value: Any, lang: str) -> str:
    """A value as its customer reads it."""
    option = next((one for one in slot.options if one.value == value), None)
    return option.title[lang] if option else str(value)


def _text(slot: Slot, text: str) -> str | None:
    longest = slot.max if slot.max is not None else _MAX_TEXT
    if not (slot.min or 1) <= len(text) <= longest:
        return None
    return text if slot.pattern is None or re.fullmatch(slot.pattern, text) else None


def _code(slot: Slot, text: str) -> str | None:
    """The code as its pattern writes it, also where it was typed in lower case or with blanks for dashes."""
    pattern = rf"(?<![A-Za-z0-9])(?:{slot.pattern})(?![A-Za-z0-9])"
    upper = text.upper()
    for one in (upper, re.sub(r"\s*[-–—_－]\s*|(?<=[A-Z0-9]) (?=[A-Z0-9])", "-", upper)):
        match = re.search(pattern, one)
        if match:
            return match[0]
    return None


def _choice(slot: Slot, text: str) -> str | None:
    said = text.casefold()
    exact = [one.value for one in slot.options if said in {name.casefold() for name in _names(one)}]
    if exact:
        return exact[0]
    held = {
        one.value: max((len(name) for name in _names(one) if name.casefold() in said), default=0)
        for one in slot.options
    }
    best = max(held.values(), default=0)
    found = [value for value, length in held.items() if length == best > 0]
    return found[0] if len(found) == 1 else None


def _names(option: Any) -> tuple[str, ...]:
    return (option.value, *(option.title[lang] for lang in LANGUAGES), *option.also)


def _integer(slot: Slot, text: str) -> int | None:
    match = _INTEGER.search(text)
    if match is None:
        return None
    value = int(match[0])
    too_small = slot.min is not None and value < slot.min
    too_large = slot.max is not None and value > slot.max
    return None if too_small or too_large else value


def _date(text: str) -> str | None:
    """An ISO date; a calendar day, today, tomorrow or the day after."""
    match = _ISO.search(text)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        except ValueError:
            return None
    for word, days in _DAYS.items():
        if word in text.casefold():
            return (clock.now().date() + timedelta(days=days)).isoformat()
    return None


def _first(pattern: re.Pattern[str], text: str, made: Any) -> Any:
    match = pattern.search(text)
    return made(match[0]) if match else None
