"""What the bot says of its own accord, in the customer's language; promises only what the house does."""

# ruff: noqa: E501 - lines of Chinese count double

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "greeting": "您好！请直接说您的问题，比如故障代码、参数怎么设或订单的事，我会附上资料出处。需要人工时随时告诉我。",
        "thanks": "不客气。还有别的问题，随时问我。",
        "abstain": "抱歉，现有资料里没有找到能回答这个问题的内容，我不想凭猜测答复您。您可以换个说法（带上型号或故障代码更好找），也可以转人工，之前说过的不用再重复。",
        "abstain_code": "抱歉，现有资料里没有查到 {codes}，我不想凭猜测答复您。请核对一下写法；如果没有写错，可以转人工确认，之前说过的不用再重复。",
        "part_open": "这一点现有资料里没有找到，我不想凭猜测答复您，可以转人工确认。",
        "perhaps": "我不确定，但这篇可能正是您要找的：",
        "perhaps_one_of": "我不确定，您要找的可能是下面其中一篇：",
        "danger": "如果设备冒烟、起火、发烫或有人触电：请立即切断上级电源，人员远离，不要触碰设备，也不要再次上电；有明火或有人受伤请先拨打 119 / 120。断电后请转人工，由工程师马上跟进。",
        "complaint": "很抱歉给您带来了不好的体验。这件事由同事直接跟进更合适，点“转人工”即可，之前说过的不用再重复。",
        "clarify": "这个问题不同产品的答案不一样，请问您说的是哪一款？",
        "clarify_version": "这个问题不同版本的答案不一样，请问您用的是哪个版本？",
        "other_language": "以下内容摘自英文资料《{title}》：",
        "other_language_mark": "（原文为英文）",
        "source_of": "《{title}》：",
        "talk_to_person": "转人工",
        "handoff": "已为您转接人工，工单号 {number}。聊天记录已一并转交，不用重复说明。",
        "handoff_wait": "已为您转接人工，工单号 {number}，预计 {wait}内回复。聊天记录已一并转交，不用重复说明。",
        "handoff_channel": "您可以留在这里等，也可以稍后回来查看；期间有补充直接发送即可。",
        "handoff_closed": "已为您转接人工，工单号 {number}。现在是非工作时间，{opens}（{zone}）上班后回复您，聊天记录已一并转交，不用重复说明。",
        "handoff_closed_due": "已为您转接人工，工单号 {number}。现在是非工作时间，{opens}（{zone}）上班，最晚 {due} 回复您。聊天记录已一并转交，不用重复说明。",
        "handoff_email": "您没有登录：如果要离开本页，请留下邮箱，同事可以通过邮箱联系您。",
        "email_noted": "已记下邮箱 {email}，同事可以通过它联系您。",
        "danger_now": "请先保证人员安全：立即切断上级电源，人员远离，不要触碰设备，也不要再次上电；有明火请拨打 119，有人受伤请拨打 120。",
        "complaint_now": "很抱歉给您带来了不好的体验，这件事由同事直接处理。",
        "failed_often": "抱歉，几次都没能答上您的问题，这件事由同事接手更合适。",
        "joined": "{name} 已接入，为您服务。",
        "resolved": "您的问题已标记为解决。还有疑问，继续发消息就行。",
        "given_back": "接下来由智能助手继续为您服务，请直接提问；需要时可以再转人工。",
        "survey": "请为这次服务打个分，您的评价会帮助我们改进。",
        "minutes": "{n} 分钟",
        "hours": "{n} 小时",
        "days": "{n} 天",
        "no_agent_name": "客服同事",
    },
    "en": {
        "greeting": "Hello! Just ask: a fault code, a setting, an order. I answer with the source, and you can ask for a person at any time.",
        "thanks": "You're welcome. Ask me whenever something else comes up.",
        "abstain": "Sorry, I found nothing in our documents that answers this, and I would rather not guess. You could put it another way (a model or fault code helps), or talk to a person; you will not have to repeat anything.",
        "abstain_code": "Sorry, I found nothing about {codes} in our documents, and I would rather not guess. Please check the spelling; if it is right, a person can look into it, and you will not have to repeat anything.",
        "part_open": "I found nothing in our documents about this and would rather not guess; a person can look into it.",
        "perhaps": "I am not sure, but this may be just what you are looking for:",
        "perhaps_one_of": "I am not sure, but it may be one of these:",
        "danger": "If there is smoke, fire, a burning smell or an electric shock: cut the supply upstream now, keep away, do not touch the device and do not switch it on again; with flames or anyone hurt call the emergency services first. Then talk to a person, an engineer will take it from there.",
        "complaint": "I am sorry about this. It is best handled by one of my colleagues: choose “Talk to a person”, and you will not have to repeat anything.",
        "clarify": "The answer depends on the product. Which one do you mean?",
        "clarify_version": "The answer depends on the version. Which one do you use?",
        "other_language": "From our Chinese document “{title}”:",
        "other_language_mark": "(the original is in Chinese)",
        "source_of": "{title}:",
        "talk_to_person": "Talk to a person",
        "handoff": "I have passed you on to a person; your ticket is {number}. They can see our chat, so there is nothing to repeat.",
        "handoff_wait": "I have passed you on to a person; your ticket is {number} and you can expect a reply within {wait}. They can see our chat, so there is nothing to repeat.",
        "handoff_channel": "You can wait here or come back later; anything you add now goes straight to them.",
        "handoff_closed": "I have passed you on to a person; your ticket is {number}. The office is closed now and opens {opens} ({zone}); you will hear from us then. They can see our chat, so there is nothing to repeat.",
        "handoff_closed_due": "I have passed you on to a person; your ticket is {number}. The office is closed now and opens {opens} ({zone}); you will hear from us by {due} at the latest. They can see our chat, so there is nothing to repeat.",
        "handoff_email": "You are not signed in: if you want to leave this page, write your e-mail address here so that we can reach you.",
        "email_noted": "I have noted {email}; my colleagues can reach you there.",
        "danger_now": "People first: cut the supply upstream now, keep away, do not touch the device and do not switch it on again. With flames or anyone hurt, call the emergency services.",
        "complaint_now": "I am sorry about this. A colleague will deal with it directly.",
        "failed_often": "Sorry, I could not answer several times now; a colleague is the better choice.",
        "joined": "{name} has joined.",
        "resolved": "Your request has been marked as resolved. If anything is still open, just write.",
        "given_back": "The assistant is back: just ask your next question. You can ask for a person again at any time.",
        "survey": "How did we do? Your rating helps us improve.",
        "minutes": "{n} min",
        "hours": "{n} h",
        "days": "{n} days",
        "no_agent_name": "A colleague",
    },
}


def say(key: str, lang: str, **values: object) -> str:
    """The text `key` in `lang` (anything but en is zh), with its gaps filled."""
    return _TEXTS["en" if lang == "en" else "zh"][key].format(**values)


def wait_text(minutes: int, lang: str) -> str:
    """How long a wait is, rounded up so that it is a promise one can keep."""
    if minutes <= 90:
        return say("minutes", lang, n=max(5, -(-minutes // 5) * 5))
    if minutes <= 48 * 60:
        return say("hours", lang, n=-(-minutes // 60))
    return say("days", lang, n=-(-minutes // (24 * 60)))


_WEEKDAYS: Final = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def instant_text(at: datetime, time_zone: str, lang: str) -> str:
    """A moment as people say it, on the wall clock of the desk."""
    local = at.astimezone(ZoneInfo(time_zone))
    time = f"{local:%H:%M}"
    if lang == "en":
        return f"{_WEEKDAYS['en'][local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {time}"
    return f"{local.month}月{local.day}日（周{_WEEKDAYS['zh'][local.weekday()]}）{time}"


def zone_text(at: datetime, time_zone: str) -> str:
    """The offset of a zone at a moment: UTC+8, UTC-3:30, UTC."""
    offset = at.astimezone(ZoneInfo(time_zone)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")
