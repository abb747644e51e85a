"""The matter in a few lines, for the person who takes it over: quoted from the turns, nothing made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatbot.types import Turn, TurnKind, TurnRole
from chatbot.understand import Intent, intent_of
from ticketing.types import FilledForm

_QUOTE: Final = 160
_WORDS: Final = {
    "zh": {
        "asked": "客户问：{text}",
        "last": "最近一次说：{text}",
        "answered": "机器人答过 {n} 次，引用：{titles}",
        "silent": "机器人没能回答 {n} 次",
        "unhelpful": "客户标记“没有帮助” {n} 次",
        "form": "已填写：{values}",
        "trigger": "转人工原因：{text}",
    },
    "en": {
        "asked": "Asked: {text}",
        "last": "Said last: {text}",
        "answered": "The bot answered {n} times, citing: {titles}",
        "silent": "The bot had no answer {n} times",
        "unhelpful": "Marked as no help {n} times",
        "form": "Filled in: {values}",
        "trigger": "Why a person: {text}",
    },
}
_TRIGGERS: Final = {
    "asked": {"zh": "客户要求", "en": "asked for"},
    "failures": {"zh": "连续多次没有答上", "en": "no answer several times in a row"},
    "risk": {"zh": "安全、伤害或法律风险", "en": "safety, injury or law"},
    "complaint": {"zh": "投诉或情绪激动", "en": "complaint or anger"},
    "bypass": {"zh": "该客户等级可跳过机器人", "en": "the tier may skip the bot"},
    "action": {"zh": "自助办理没有成功", "en": "a self-service action failed"},
    "rule": {"zh": "命中规则", "en": "a rule"},
}


def summary(said: Sequence[Turn], trigger: str | None, form: FilledForm | None, lang: str) -> str:
    """At most seven lines in `lang`: what was asked, what the bot did, what is filled in, why a person."""
    words = _WORDS["en" if lang == "en" else "zh"]
    lines = [words["trigger"].format(text=_trigger(trigger, lang))] if trigger else []
    asked = [turn.text for turn in said if turn.role is TurnRole.USER]
    real = [
        text for text in asked if intent_of(text) not in {Intent.GREETING, Intent.THANKS, Intent.WANTS_PERSON}
    ]
    if real:
        lines.append(words["asked"].format(text=_short(real[0])))
    if len(real) > 1:
        lines.append(words["last"].format(text=_short(real[-1])))
    lines += _what_the_bot_did(said, words, lang)
    if form and form.values:
        values = "; ".join(f"{name}={value}" for name, value in form.values.items() if value is not None)
        lines.append(words["form"].format(values=_short(values)))
    return "\n".join(lines)


def _what_the_bot_did(said: Sequence[Turn], words: dict[str, str], lang: str) -> list[str]:
    spoken = [turn for turn in said if turn.role is TurnRole.ASSISTANT]
    answers = [turn for turn in spoken if turn.kind is TurnKind.ANSWER]
    lines: list[str] = []
    if answers:
        titles = dict.fromkeys(cited.title for turn in answers for cited in turn.citations)
        joined = ("、" if lang != "en" else ", ").join(titles)
        lines.append(words["answered"].format(n=len(answers), titles=_short(joined)))
    for key, count in (
        ("silent", sum(turn.kind is TurnKind.ABSTAIN for turn in spoken)),
        ("unhelpful", sum(turn.feedback == "down" for turn in spoken)),
    ):
        if count:
            lines.append(words[key].format(n=count))
    return lines


def _trigger(trigger: str, lang: str) -> str:
    kind, _, name = trigger.partition(":")
    text = _TRIGGERS[kind]["en" if lang == "en" else "zh"]
    return f"{text} ({name})" if name else text


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _QUOTE else flat[: _QUOTE - 1].rstrip() + "…"
