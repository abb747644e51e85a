"""What the bot says while it does something for a customer; it claims nothing the system has not answered."""

# ruff: noqa: E501 - lines of Chinese count double

from __future__ import annotations

from typing import Final

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "begun": "好的，为您办理“{title}”。",
        "misfit": "没有识别出{slot}。{help}",
        "confirm": "请核对“{title}”：\n{values}\n确认提交吗？",
        "yes": "确认提交",
        "no": "需要修改",
        "cancel": "算了",
        "confirm_again": "请点“确认提交”，或告诉我要改哪一项；不办了就说“算了”。",
        "which": "要修改哪一项？",
        "change": "修改{slot}",
        "skip": "跳过",
        "cancelled": "好的，“{title}”已取消，没有提交任何内容。",
        "sign_in": "“{title}”要先登录才能办理，这样才能确认是您公司的数据。登录后再说一次即可；也可以转人工。",
        "not_allowed": "您的账号不能在线办理“{title}”。需要的话可以转人工。",
        "busy": "“{title}”正在提交，请稍等片刻，结果马上告诉您。",
        "not_done": "抱歉，{system}暂时没有响应，“{title}”这次没有办成。",
        "unknown": "抱歉，{system}没有及时确认，我无法判断“{title}”是否已经办成。同事会核实，请先不要重复提交。",
        "resume": "（“{title}”还没办完。{prompt} 不办了就说“算了”。）",
        "offer": "现在办理：{title}",
        "stuck": "如果不方便提供，可以转人工，已填的内容会一并转交。",
        "talk_to_person": "转人工",
    },
    "en": {
        "begun": "Certainly: “{title}”.",
        "misfit": "I could not find the {slot} in that. {help}",
        "confirm": "Please check “{title}”:\n{values}\nShall I submit this?",
        "yes": "Confirm",
        "no": "Change something",
        "cancel": "Never mind",
        "confirm_again": "Please choose “Confirm”, tell me what to change, or say “never mind”.",
        "which": "What should be changed?",
        "change": "Change the {slot}",
        "skip": "Skip",
        "cancelled": "All right, “{title}” is cancelled; nothing was submitted.",
        "sign_in": "“{title}” needs you to sign in first, so that we know it is your own company's data. Sign in and ask again, or talk to a person.",
        "not_allowed": "Your account cannot use “{title}” online. A person can help if you need it.",
        "busy": "“{title}” is being submitted; one moment, I will tell you the result.",
        "not_done": "Sorry, {system} does not respond at the moment, so “{title}” was not done.",
        "unknown": "Sorry, {system} did not confirm in time, so I cannot tell whether “{title}” went through. A colleague will check; please do not submit it again.",
        "resume": "(“{title}” is not finished. {prompt} Say “never mind” to stop.)",
        "offer": "Do it now: {title}",
        "stuck": "If you do not have it at hand, a person can take over with what you have given so far.",
        "talk_to_person": "Talk to a person",
    },
}


def tell(key: str, lang: str, **values: object) -> str:
    """The text `key` in `lang` (anything but en is zh), with its gaps filled."""
    return _TEXTS["en" if lang == "en" else "zh"][key].format(**values)
