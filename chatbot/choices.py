"""A choice that was typed instead of tapped: "YLG20", "4.0 的", "the gateway one: YLG20"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chatbot import phrases
from chatbot.types import Action, Turn, TurnKind, TurnRole
from models.segmenter import normalize

_SHORT: Final = 24  # characters: whoever writes more asks something
_LABELS: Final = re.compile(r"\s*[、,]\s*")


def chosen_of(before: Sequence[Turn], text: str) -> str | None:
    """What the choice sends that `text` names, if the bot asked for one just now; None where none or several fit."""
    last = next((turn for turn in reversed(before) if turn.role is not TurnRole.USER), None)
    if last is None or last.role is not TurnRole.ASSISTANT or last.kind is not TurnKind.CLARIFY:
        return None
    if len(text) > _SHORT or phrases.asks(text):
        return None
    said = normalize(text).lower()
    found = [one for one in last.actions if one.type == "choice" and _names(one, said)]
    return found[0].value if len(found) == 1 else None


def _names(choice: Action, said: str) -> bool:
    """Whether one of the names on the choice stands in `said` as a whole."""
    names = (normalize(name).lower().strip().removeprefix("v") for name in _LABELS.split(choice.label))
    return any(re.search(rf"(?<![a-z0-9.])v?{re.escape(one)}(?![a-z0-9]|\.\d)", said) for one in names if one)
