"""What a system's answer means to the customer: the action's text with the answer's values in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from chatbot.action_specs import ActionSpec

_GAP: Final = re.compile(r"\{([a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)\}")
_LIST: Final = {"zh": "、", "en": ", "}


def filled_in(
    action: ActionSpec, answer: Mapping[str, Any], slots: Mapping[str, Any], lang: str
) -> str | None:
    """The reply with its gaps filled from the answer, or from `slots.…`; a line whose value is missing is left
    out, and None comes back where no line is left: such an answer tells the customer nothing.
    """
    known = {**answer, "slots": dict(slots)}
    lines = [_line(action, line, known, lang) for line in action.reply[lang].splitlines()]
    return "\n".join(line for line in lines if line is not None).strip() or None


def _line(action: ActionSpec, line: str, known: Mapping[str, Any], lang: str) -> str | None:
    values = {path: _value(action, known, path, lang) for path in _GAP.findall(line)}
    if any(value is None for value in values.values()):
        return None
    return _GAP.sub(lambda gap: values[gap[1]] or "", line)


def _value(action: ActionSpec, known: Mapping[str, Any], path: str, lang: str) -> str | None:
    found: Any = known
    for part in path.split("."):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, list):
            found = [one.get(part) for one in found if isinstance(one, Mapping)]
        elif isinstance(found, Mapping):
            found = found.get(part)
        else:
            return None
    if isinstance(found, list):
        return _LIST[lang].join(str(one) for one in found if one is not None) or None
    if found is None or isinstance(found, Mapping) or found == "":
        return None
    called = action.names.get(path, {}).get(str(found))
    return called[lang] if called else str(found)
