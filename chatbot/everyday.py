"""Everyday words beside the words documents use: another way to put a question when its own finds nothing."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

_GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    ("质保期", "保修期", "保修", "包修", "三包"),
    ("断电", "拉闸", "关电", "停电"),
    ("恢复出厂", "一键还原", "还原", "重置", "初始化"),
    ("忘记", "不记得", "忘了", "丢了"),
    ("清零", "归零", "调零", "校零"),
    ("校准", "检定", "标定", "校验"),
    ("上门", "来现场", "到现场", "派人"),
    ("欠电压", "欠压", "晃电"),
    ("过电压", "过压"),
    ("过电流", "过流"),
    ("电缆", "电线", "线缆", "线"),
    ("破损", "压坏", "摔坏", "坏了"),
    ("退款", "退钱", "返款"),
    ("多久", "几年", "多少年", "多少天", "几个月"),
    ("几天", "什么时候", "何时", "多长时间"),
    ("专用发票", "专票"),
    ("warranty", "guarantee"),
    ("restore", "reset"),
    ("drive", "inverter", "vfd"),
    ("forgot", "lost", "forgotten"),
    ("damaged", "broken"),
    ("parcel", "package", "shipment"),
    ("flow meter", "magmeter", "flowmeter"),
    ("permanent magnet motor", "pmsm"),
    ("residual current device", "rcd"),
    ("storage", "shelf"),
    ("internet connection", "internet outage"),
    ("screen", "shield"),
)
_MOST: Final = 2


def in_other_words(question: str) -> list[str]:
    """`question` with everyday words replaced by the group's first, all at once and then one only; often none."""
    found = [(group[0], word) for group in _GROUPS if (word := _said(group, question))]
    readings = []
    together = question
    for better, word in found:
        together = _pattern(word).sub(better, together)
        readings.append(_pattern(word).sub(better, question))
    return list(islice(dict.fromkeys(one for one in (together, *readings) if one != question), _MOST))


def _said(group: tuple[str, ...], question: str) -> str | None:
    """The first of a group's everyday words that `question` says; None where it says the better one."""
    if _pattern(group[0]).search(question):
        return None
    return next((word for word in group[1:] if _pattern(word).search(question)), None)


def _pattern(word: str) -> re.Pattern[str]:
    bounded = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
    return re.compile(bounded, re.IGNORECASE)
