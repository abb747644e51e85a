"""How customers greet, thank, complain and ask for a person, in Chinese and English."""

# ruff: noqa: E501 - lines of Chinese count double

from __future__ import annotations

import re
from typing import Final

_SHORT: Final = 30  # characters: whoever writes more does more than greet or thank
_END: Final = r"[\s,.!?~、，。！？～:：;；…)）\U0001F300-\U0001FAFF]*"

_GREETINGS: Final = (
    r"你好|您好|你们好|哈喽|哈啰|嗨|早上好|上午好|中午好|下午好|晚上好|早安|在吗|在么|在不在|有人吗|有人在吗|有人么"
    r"|客服|小助手|亲|呀|啊|哦|hi|hello|hey|good (?:morning|afternoon|evening)|greetings|anyone (?:there|here)"
    r"|are you there|there"
)
_GREETING: Final = re.compile(rf"(?:(?:{_GREETINGS}){_END})+", re.IGNORECASE)

_THANKFUL: Final = (
    r"谢谢|多谢|感谢|谢啦|谢了|好的?|行|嗯|ok(?:ay)?|明白了?|知道了|懂了|可以了|收到|太好了|再见|拜拜"
    r"|(?:问题|故障)?(?:都|已经?)?(?:解决|搞定)了|thx|thanks?|thank you|cheers|appreciated?|great|perfect|got it"
    r"|that (?:works|helped|helps)|it works|bye|goodbye"
)
_BESIDE_THANKS: Final = r"非常|十分|您|你们?|的?帮助|了|啦|哈|呀|啊|哦|many|so much|a lot|very much|much|for (?:your|the) help|again"
_THANKS: Final = re.compile(rf"(?:(?:{_THANKFUL}|{_BESIDE_THANKS}){_END})+", re.IGNORECASE)
_THANKS_AT_ALL: Final = re.compile(_THANKFUL, re.IGNORECASE)

_WHO_ZH: Final = (
    r"(?:人工客服|人工|真人|活人|客服(?:人员|同事|代表|专员)?|工程师|技术支持|销售(?:人员|经理)?|客户经理|负责人"
    r"|经理|专员|你们的人|个人|人)"
)
_REACH_ZH: Final = (
    r"(?:我?(?:要|想|需要|得)|帮我|请|麻烦|让我|能不能|能否|可不可以|可以|给我|直接)"
    r"(?:找|跟|和|与|联系|叫|换)(?:一?[个位名]|一下|下)?(?:你们的?)?"
)
_PERSON_ZH: Final = (
    rf"^(?:请|麻烦|帮我|给我|我?要|我?想要?)?(?:人工(?:客服|服务|坐席)?|真人(?:客服)?|客服){_END}$",
    r"(?:转接?|切换到?|接入?|呼叫|换)(?:一?下|给|个|到|成)?(?:人工(?!智能)|真人|客服(?!中心?的?电话))",
    rf"{_REACH_ZH}{_WHO_ZH}(?:.{{0,6}}(?:说|谈|聊|沟通|联系|处理|帮|看|来|吧|吗)(?:一?下)?)?{_END}$",
    r"(?:不想|不要|别)再?(?:跟|和|让)?机器人",
    rf"人工(?:客服|服务|坐席)(?:吧|在吗|呢|有吗|谢谢){_END}$",
)
_WHO_EN: Final = r"(?:human|person|agent|someone|somebody|representative|rep|engineer|operator|people|staff|manager|support|team)"
_WHICH_EN: Final = r"(?:actual |real |live |human |support |customer |service |sales |technical |account )*"
_PERSON_EN: Final = (
    rf"\b(?:talk|speak|chat)(?:ing)? (?:to|with) (?:an? |the |your |some |my )?{_WHICH_EN}"
    rf"(?:{_WHO_EN}|colleague|service|sales)\b",
    r"\b(?:connect|transfer|escalate|pass|put|hand) (?:me|this|us)(?: (?:on|over|through))? to "
    rf"(?:an? |the |your |some )?(?:\w+ ){{0,2}}{_WHO_EN}\b",
    r"\b(?:want|need|get me|give me|like) (?:an? |to have an? )?(?:actual |real |live |human )*"
    r"(?:human|(?:live|human|support|real) agent|real person|representative|operator)(?! machine)\b",
    r"^(?:an? )?(?:real |live |human |actual )*(?:human|agent|person|representative|operator|live chat|customer service)"
    rf"(?: (?:please|now|pls))?{_END}$",
)
_PERSON: Final = re.compile("|".join((*_PERSON_ZH, *_PERSON_EN)), re.IGNORECASE)
_NO_PERSON: Final = re.compile(
    r"(?:不用|不要|不需要|无需|不想|别|先不)(?:要|再|给我|帮我)?(?:转|找|叫|接|换)?(?:接|到)?(?:人工|真人|客服)"
    r"|\b(?:don'?t|do not|no need to|not|without) (?:want |need |have )?(?:to )?(?:talk|speak|chat|transfer|connect)",
    re.IGNORECASE,
)

_COMPLAINT: Final = re.compile(
    r"我?要?投诉|差评|垃圾|骗子|太差劲?了|太烂|什么破|气死|忍无可忍|没人管|无法接受|不负责任|欺骗|曝光|消协|12315|律师"
    r"|\b(?:complain(?:t|ing)?|unacceptable|ridiculous|terrible|awful|useless|worst|scam|fed up|furious|lawyer"
    r"|disgust\w*)\b",
    re.IGNORECASE,
)
_DANGER: Final = re.compile(
    r"冒(?:着|出|了)?(?:白|黑|浓)?烟|着火|起火|烧着了|烧焦|焦糊?味|糊味|冒火|火花四溅|(?:被|有人|工人|同事)[^，。]{0,6}触?电(?:了|到|伤)"
    r"|触电了|炸(?:了|机了|开了)"
    r"|\b(?:smoking|smoke(?! (?:detector|alarm|sensor|test|head))|on fire|caught fire|catching fire|burning smell"
    r"|burnt smell|smells? (?:of |like )?(?:burning|burnt|smoke)|electric shocks?|electrocuted|exploded)\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"[?？]|怎么|如何|怎样|什么|哪|吗|呢|多少|几[个天年小分]|为什么|为何|能否|是否|能不能|可以.{0,12}(?:么|不)"
    r"|^(?:how|what|which|where|when|why|who|can|could|does|do|is|are|will|should)\b|\bhow (?:do|can|to)\b",
    re.IGNORECASE,
)


def greets(text: str) -> bool:
    """Whether `text` is a greeting and nothing else."""
    return len(text) <= _SHORT and _GREETING.fullmatch(text) is not None


def thanks(text: str) -> bool:
    """Whether `text` only thanks, agrees or takes leave."""
    return len(text) <= _SHORT and bool(_THANKS.fullmatch(text) and _THANKS_AT_ALL.search(text))


def wants_person(text: str) -> bool:
    """Whether `text` asks to reach a person; a refusal of one does not."""
    return not _NO_PERSON.search(text) and _PERSON.search(text) is not None


def tells_of_danger(text: str) -> bool:
    """Whether `text` tells of smoke, fire or electric shock."""
    return _DANGER.search(text) is not None


def complains(text: str) -> bool:
    """Whether `text` complains and asks nothing that could be answered."""
    return _COMPLAINT.search(text) is not None and not _ASKS.search(text)


def asks(text: str) -> bool:
    """Whether `text` asks something that could be answered."""
    return _ASKS.search(text) is not None
