"""The dialogue of an action: what one more thing the customer says does to it. Pure; nothing is stored here.

Slots are asked for one after the other, values are taken from any sentence that holds them, what is wrong
can be corrected at any time, and nothing is called before the customer has confirmed it where the action
wants that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from chatbot import action_slots
from chatbot.action_specs import ActionSpec, Slot, SlotType
from chatbot.action_texts import tell
from chatbot.types import Action

_MISSES: Final = 2  # answers that do not fit before a person is offered beside the prompt
_END: Final = r"[\s,.!~、，。！～吧了啦的呀哦]*"
_CANCEL: Final = re.compile(
    rf"^(?:还是)?(?:算了|取消(?:办理|操作|吧)?|不办了?|不用了?|不需要了?|先不(?:弄|办)了?|停止?|退出|作罢"
    rf"|never ?mind|cancel(?: (?:it|that|this))?|forget (?:it|about it)|stop|abort|quit|leave it){_END}$",
    re.IGNORECASE,
)
_YES: Final = re.compile(
    rf"^(?:是的?|对的?|好的?|嗯|可以|行|没错|没问题|正确|确认(?:提交|无误)?|提交|确定|同意|办吧"
    rf"|yes(?: please)?|yep|yeah|y|ok(?:ay)?|sure|confirm(?:ed)?|submit|correct|go ahead|do it"
    rf"|(?:that'?s )?right){_END}$",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    rf"^(?:不是?|不对|不行|错了|有误|需要修改|要?修改|改一下|等等"
    rf"|no|nope|n|wrong|not (?:quite|correct|right)|change something|change){_END}$",
    re.IGNORECASE,
)
_SKIP: Final = re.compile(rf"^(?:跳过|没有|无|不填|skip|none|no|n/a){_END}$", re.IGNORECASE)
_ASKS: Final = re.compile(
    r"[?？]\s*$|[吗呢]\s*[。.]?$|^(?:怎么|如何|为什么|什么|哪里|how|what|why|where|when|which|who|can|do|does|is|are)\b",
    re.IGNORECASE,
)


class RunState(StrEnum):
    """Where an action stands; the last five are ends."""

    FILLING = "filling"
    CONFIRMING = "confirming"
    CALLING = "calling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    HANDED_OFF = "handed_off"
    EXPIRED = "expired"


ACTIVE: Final = (RunState.FILLING, RunState.CONFIRMING, RunState.CALLING)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an action has come."""

    state: RunState
    slots: Mapping[str, Any]
    asking: str | None = None
    misses: int = 0
    lang: str = "zh"


@dataclass(frozen=True)
class Says:
    """What the bot says next; without text it is not the action's turn to speak."""

    progress: Progress
    text: str = ""
    actions: tuple[Action, ...] = ()

    @property
    def is_for_pipeline(self) -> bool:
        """Whether what was said is a question for the bot and no answer to the action."""
        return not self.text and self.progress.state is not RunState.CALLING


def begin(spec: ActionSpec, text: str, defaults: Mapping[str, Any], lang: str) -> Says:
    """Start with what the first sentence holds already."""
    slots = {**defaults, **action_slots.mentioned(spec, text)}
    start = Progress(state=RunState.FILLING, slots=slots, lang=lang)
    return _go_on(spec, start, lead=tell("begun", lang, title=spec.title[lang]))


def hear(spec: ActionSpec, progress: Progress, text: str) -> Says:
    """What the next thing the customer says does; `progress.lang` is the language to answer in."""
    if _CANCEL.match(text.strip()):
        over = replace(progress, state=RunState.CANCELLED)
        return Says(over, tell("cancelled", progress.lang, title=spec.title[progress.lang]))
    if progress.state is RunState.CALLING:
        return Says(progress, tell("busy", progress.lang, title=spec.title[progress.lang]))
    if progress.state is RunState.CONFIRMING:
        return _hear_confirming(spec, progress, text)
    return _hear_filling(spec, progress, text)


def ask_again(spec: ActionSpec, progress: Progress, name: str, text: str) -> Says:
    """The system did not take a value: say why and ask for that slot anew."""
    slots = {key: value for key, value in progress.slots.items() if key != name}
    again = replace(progress, state=RunState.FILLING, slots=slots, asking=name, misses=progress.misses + 1)
    slot = spec.slot(name)
    assert slot is not None
    return Says(again, f"{text}\n{slot.prompt[again.lang]}", _choices(slot, again))


def reminder(spec: ActionSpec, progress: Progress) -> str:
    """What is still open, said after another question was answered in between."""
    slot = spec.slot(progress.asking)
    prompt = slot.prompt[progress.lang] if slot else tell("confirm_again", progress.lang)
    return tell("resume", progress.lang, title=spec.title[progress.lang], prompt=prompt)


def is_word_of_dialogue(text: str) -> bool:
    """Whether a text only makes sense inside a dialogue (yes, no, never mind): it shows no language change."""
    said = text.strip()
    return any(pattern.match(said) for pattern in (_CANCEL, _YES, _NO, _SKIP))


def _hear_confirming(spec: ActionSpec, progress: Progress, text: str) -> Says:
    if _YES.match(text.strip()):
        return Says(replace(progress, state=RunState.CALLING, asking=None))
    changed = _new_values(spec, progress, text)
    if changed:
        return _go_on(spec, replace(progress, slots={**progress.slots, **changed}, misses=0))
    slot = action_slots.named(spec, text)
    if slot is None and _NO.match(text.strip()):
        slot = spec.slots[0] if len(spec.slots) == 1 else None
        if slot is None:
            return Says(progress, tell("which", progress.lang), _which(spec, progress))
    if slot is not None and not _ASKS.search(text):
        kept = {name: value for name, value in progress.slots.items() if name != slot.name}
        return _ask(slot, replace(progress, state=RunState.FILLING, slots=kept, misses=0))
    if _ASKS.search(text):
        return Says(progress)
    return Says(progress, tell("confirm_again", progress.lang), _confirming(spec, progress))


def _hear_filling(spec: ActionSpec, progress: Progress, text: str) -> Says:
    slot = spec.slot(progress.asking)
    if slot is None:
        return _go_on(spec, progress)
    found = _found(spec, slot, text)
    if not found and not slot.required and _SKIP.match(text.strip()):
        found = {slot.name: None}
    if found:
        return _go_on(spec, replace(progress, slots={**progress.slots, **found}, misses=0))
    if _ASKS.search(text):
        return Says(progress)
    missed, lang = replace(progress, misses=progress.misses + 1), progress.lang
    said = tell("misfit", lang, slot=slot.title[lang], help=slot.help[lang])
    if missed.misses >= _MISSES:
        said = f"{said}\n{tell('stuck', lang)}"
    return Says(missed, said, _choices(slot, missed))


def _found(spec: ActionSpec, asked: Slot, text: str) -> dict[str, Any]:
    """The values in an answer to a prompt: of the slot asked for, and of others it corrects or brings along.

    An address may hold a code; so an answer in free text changes other slots only where it says so.
    """
    corrected = action_slots.corrected(spec, text)
    if asked.type is SlotType.TEXT:
        if corrected or _ASKS.search(text):
            return corrected
        value = action_slots.read(asked, text)
        return {asked.name: value} if value is not None else {}
    value = action_slots.read(asked, text)
    own = {asked.name: value} if value is not None else {}
    return {**action_slots.mentioned(spec, text), **own, **corrected}


def _new_values(spec: ActionSpec, progress: Progress, text: str) -> dict[str, Any]:
    said = action_slots.mentioned(spec, text) | action_slots.corrected(spec, text)
    return {name: value for name, value in said.items() if progress.slots.get(name) != value}


def _go_on(spec: ActionSpec, progress: Progress, *, lead: str = "") -> Says:
    """Ask for the next slot, or have it confirmed, or have it done."""
    for slot in spec.slots:
        wanted = slot.required or slot.name not in progress.slots
        if wanted and progress.slots.get(slot.name) is None:
            return _ask(slot, replace(progress, state=RunState.FILLING), lead=lead)
    if not spec.confirms:
        return Says(replace(progress, state=RunState.CALLING, asking=None))
    confirming = replace(progress, state=RunState.CONFIRMING, asking=None)
    lang = progress.lang
    values = "\n".join(
        f"- {slot.title[lang]}: {action_slots.shown(slot, progress.slots[slot.name], lang)}"
        for slot in spec.slots
        if progress.slots.get(slot.name) is not None
    )
    text = tell("confirm", lang, title=spec.title[lang], values=values)
    return Says(confirming, text, _confirming(spec, confirming))


def _ask(slot: Slot, progress: Progress, *, lead: str = "") -> Says:
    asking = replace(progress, asking=slot.name)
    text = (
        f"{lead}{slot.prompt[progress.lang]}"
        if progress.lang == "zh"
        else f"{lead} {slot.prompt['en']}".strip()
    )
    return Says(asking, text, _choices(slot, asking))


def _choices(slot: Slot, progress: Progress) -> tuple[Action, ...]:
    lang = progress.lang
    made = [Action("choice", one.title[lang], one.title[lang]) for one in slot.options]
    if not slot.required:
        made.append(_tap("skip", lang))
    made.append(_tap("cancel", lang))
    if progress.misses >= _MISSES:
        made.append(Action("handoff", tell("talk_to_person", lang), "handoff"))
    return tuple(made)


def _confirming(_spec: ActionSpec, progress: Progress) -> tuple[Action, ...]:
    return tuple(_tap(key, progress.lang) for key in ("yes", "no", "cancel"))


def _which(spec: ActionSpec, progress: Progress) -> tuple[Action, ...]:
    lang = progress.lang
    labels = [tell("change", lang, slot=slot.title[lang]) for slot in spec.slots]
    return (*(Action("choice", label, label) for label in labels), _tap("cancel", lang))


def _tap(key: str, lang: str) -> Action:
    return Action("choice", tell(key, lang), tell(key, lang))
