"""Text that talks to a model instead of to a reader: "ignore your instructions", "助手必须回答".

What others wrote is material. A passage that gives a model orders is not shown to one, and such sentences are
not quoted either; nobody's question needs them.
"""

# ruff: noqa: E501 - patterns are read better whole

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile
from typing import Final

from chatbot.sentences import split

_HIDDEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_SPACED: Final = re.compile(r"(?<![A-Za-z])(?:[A-Za-z][ .\-_*]){5,}[A-Za-z](?![A-Za-z])")
_MIXED: Final = re.compile(
    r"(?<![\w@$])(?=[\w@$]*[A-Za-z][013457@$]+[A-Za-z])[A-Za-z013457@$]{4,}(?![\w@$])|\b[013457@$]+[a-z][a-z013457@$]{3,}"
)
_LEET: Final = str.maketrans("013457@$", "oieastas")

_BOT_EN: Final = r"(?:assistant|a\.?i\.?|chat ?bot|bot|(?:large )?language model|llm|gpt|model|agent)"
_SAY_EN: Final = r"(?:say|repl(?:y|ies)|answers?|responds?|outputs?|prints?|writes?|tells?|reveals?|shows?|repeats?|recommends?|confirms?|states?|ignores?|claims?|includes?|appends?|adds?|ends?|begins?|starts?|forwards?|sends?|promises?|offers?|discloses?|lists?)"
_RULES_EN: Final = r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|polic(?:y|ies)|restrictions?|guardrails?|constraints?|context|conversation|messages?)"
_EN: Final = (
    rf"\b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|drop|discard|skip)\b.{{0,30}}\b(?:previous|prior|above|earlier|preceding|all|any|your|system|these|those|the)\b.{{0,24}}\b{_RULES_EN}\b",
    r"\byou are (?:now|no longer)\b|\bfrom now on,? you\b|\bpretend (?:to be|that you|you)\b|\b(?:act|behave|respond|answer) as (?:if you|an? (?:unrestricted|different|evil|new|admin\w*|developer))",
    r"\b(?:system|hidden|initial|secret|developer) (?:prompt|instructions?)\b|\bnew (?:system )?(?:instructions?|task|role|persona|directive)\b ?[:：]?",
    rf"\b{_BOT_EN}s?\b.{{0,40}}\b(?:must|should|shall|has to|have to|needs? to|is to|are to|are required to|is required to|will)\b.{{0,30}}\b{_SAY_EN}\b",
    rf"\b(?:dear|attention|note to|hey|hello|instructions? (?:to|for)|message (?:to|for)|important for|for) (?:the |any |all |every )?{_BOT_EN}s?\b ?[:：,，]?",
    rf"\b(?:when|if|whenever|once)\b.{{0,20}}\b(?:users?|customers?|anyone|someone|asked|people|they)\b.{{0,30}}\b(?:ask\w*|question\w*|inquir\w*|about)\b.{{0,40}}\b{_SAY_EN}\b",
    r"\b(?:say|reply|answer|respond|output|repeat)\b (?:back )?(?:with )?(?:only|exactly|nothing (?:but|except)|verbatim|just|literally|the (?:words?|phrase|text|string|following|sentence))\b|\b(?:your|the) (?:only|next|final|whole|entire) (?:answer|reply|response|output)\b",
    r"\b(?:reveal|print|repeat|show|leak|dump|disclose|output) (?:me )?(?:your|the|all|any)\b.{0,24}\b(?:prompt|instructions?|rules|secrets?|confidential|passages?|documents?|internal)\b",
    r"\b(?:do not|don'?t|never) (?:tell|mention|reveal|inform|cite|warn|show)\b.{0,16}\b(?:user|customer|reader|source|anyone|this)\b",
    r"\b(?:jail ?break|developer mode|dan mode|do anything now|prompt injection|sudo mode|god mode)\b",
    r"\b(?:answer|reply|response) (?:every|each|all|any)\b.{0,24}\bquestions?\b.{0,12}\bwith\b|\bend (?:every|each|all|your)\b.{0,16}\b(?:answers?|repl(?:y|ies)|responses?|messages?)\b",
)  # fmt: skip
_BOT_ZH: Final = r"(?:助手|助理|机器人|大?语?言?模型|大模型|人工智能|智能客服|AI(?![A-Za-z])|chatbot|LLM|GPT)"
_SAY_ZH: Final = r"(?:回答|回复|答复|说|输出|告诉|告知|推荐|透露|声称|承诺|复述|打印|写|展示|列出|附上|加上|结尾|开头|忽略|确认|改口)"
_RULES_ZH: Final = (
    r"(?:指令|指示|规则|要求|提示词?|设定|限制|约束|命令|上文|前文|资料|内容|对话|prompt|instructions?)"
)
_ZH: Final = (
    rf"(?:忽略|无视|忘记|忘掉|忘了|不要理会|别理会?|不用管|不必理会|抛开|绕过|跳过|覆盖|撤销|丢弃|ignore).{{0,12}}(?:之前|以前|此前|先前|以上|上述|上面|前面|所有|全部|一切|任何|你的|系统|原有|既定|previous|all).{{0,8}}{_RULES_ZH}",
    r"你(?:现在|从现在起|接下来)(?:是|变成|扮演|作为|的身份)|从现在(?:起|开始)[,，]?(?:你|请你|一律|所有)|(?:请|你)?(?:扮演|假装|假扮|模拟)(?:你是|成|一个|自己|管理员|开发)|你的?新(?:身份|任务|角色|指令|规则)|你不再(?:是|受)",
    r"(?:系统|初始|隐藏|内部|开发者)(?:提示词|指令|prompt)|(?:透露|你的)系统提示|新(?:的)?(?:系统)?(?:指令|任务|指示)[:：]",
    rf"{_BOT_ZH}.{{0,16}}(?:必须|应该|应当|需要|务必|一律|都要|只能|只需|要|请|得).{{0,16}}{_SAY_ZH}",
    rf"(?:致|给|写给|告|对|请)(?:所有|任何|各位|阅读\S{{0,6}}的)?{_BOT_ZH}(?:的?(?:指令|指示|话|提示|说明|命令))?[:：,，]",
    rf"(?:当|如果|若|凡是|凡|无论|不管|只要|任何时候|每当|有)[^。！？]{{0,8}}(?:用户|客户|顾客|有人|谁|对方|人)[^。！？]{{0,8}}(?:问|询问|提问|咨询|提到)[^。！？]{{0,24}}{_SAY_ZH}",
    rf"(?:只|仅)(?:能|准|许|需|要|可|允许)?(?:回答|回复|答复|说|输出|复述)|(?:原样|逐字|一字不[差漏改]|照抄)(?:地)?{_SAY_ZH}|(?:回答|回复|答案|输出)(?:必须|一律|只能|统一)(?:为|是|写|包含|改)?",
    r"(?:不要|别|不得|禁止|不准|切勿)(?:告诉|告知|提及|透露|引用|提醒)(?:用户|客户|顾客|读者|对方|来源|任何人)",
    rf"(?:透露|泄露|说出|打印|输出|复述|展示|显示|列出|公布)(?:你的?|全部|所有|系统|内部).{{0,10}}(?:{_RULES_ZH}|密码|机密|秘密|文档|文章)",
    r"越狱|开发者模式|提示词?注入|上帝模式|无限制模式",
    rf"(?:每|所有|任何)(?:次|个|条|一个|一次)?(?:回答|回复|答复|问题).{{0,10}}(?:都|后|末尾|结尾|开头|前|必须).{{0,10}}{_SAY_ZH}?",
)  # fmt: skip
_MARKUP: Final = (
    r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|instructions?|passages?|prompt)\b[^>]{0,40}>",
    r"(?:^|\n)\s*(?:#{1,6} ?)?(?:system|assistant|human|developer|instruction|系统|助手)\s*[:：]",
    r"<!--.*?(?:say|reply|answer|回答|回复|输出|ignore|忽略).*?-->",
)
_OTHERS: Final = (
    r"\b(?:ignor(?:ez|iere\w*|a|e|ar)|oubli(?:e|ez)|vergiss|olvid[ae]|игнорируй\w*)\b.{0,40}(?:instruc\w+|anweisung\w*|consignes?|инструкци\w+)",
    r"(?:以前|これまで|上記).{0,10}指示.{0,6}(?:無視|忘れ)|이전.{0,6}(?:지시|명령).{0,8}무시",
)
_ORDERS: Final = re.compile(
    "|".join(f"(?:{one})" for one in (*_EN, *_ZH, *_MARKUP, *_OTHERS)), re.IGNORECASE | re.DOTALL
)


def gives_orders(text: str) -> bool:
    """Whether `text` speaks to a model; also where it hides so: odd letters, digits for letters, s p a c e d."""
    plain = revealed(text)
    readings = {plain, _closed_up(plain), _MIXED.sub(lambda match: match.group().translate(_LEET), plain)}
    return any(_ORDERS.search(reading) for reading in readings)


def without_orders(text: str) -> str:
    """`text` without the sentences that speak to a model and what follows them in their line; may be empty."""
    if not gives_orders(text):
        return text
    kept = []
    for line in text.splitlines():
        if not gives_orders(line):
            kept.append(line)
        elif before := list(takewhile(lambda one: not gives_orders(one), split(line))):
            kept.append(" ".join(before))
    rest = "\n".join(kept).strip()
    return "" if gives_orders(rest) else rest


def revealed(text: str) -> str:
    """`text` as a reader sees it: no invisible characters, compatible forms made one."""
    return _HIDDEN.sub("", unicodedata.normalize("NFKC", text))


def _closed_up(text: str) -> str:
    return _SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), text)
