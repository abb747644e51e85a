"""Rules as JSON or YAML: reading with every fault named at its place, and writing back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ticketing import rule_conditions
from ticketing.errors import RuleInvalidError
from ticketing.rule_catalogue import BY_NAME, PLACEHOLDERS
from ticketing.rule_types import (
    NEEDS_TICKET,
    WITHOUT_TICKET,
    Action,
    Do,
    Group,
    Leaf,
    Node,
    Not,
    RuleSpec,
    Trigger,
    When,
)
from ticketing.types import Priority, State

MAX_ACTIONS = 10
_MAX_TEXT = 2000
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEYS = {"slug", "name", "description", "trigger", "conditions", "actions", "limit_per_day", "enabled"}
PEOPLE = ("assignee", "account_manager", "manager", "managers", "nobody")


class _Faults:
    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def __call__(self, path: str, message: str) -> None:
        if len(self.found) < 50:
            self.found.append({"path": path, "message": message})

    def must(self, ok: bool, path: str, message: str) -> bool:
        if not ok:
            self(path, message)
        return ok


def parse(written: Any) -> RuleSpec:
    """Read a rule. Raises RuleInvalidError with every fault and its place."""
    faults = _Faults()
    if not isinstance(written, Mapping):
        raise RuleInvalidError([{"path": "", "message": "a rule is an object"}])
    for key in set(written) - _KEYS:
        faults(str(key)[:100], "there is no such key")
    trigger = _trigger(written.get("trigger"), faults)
    conditions = rule_conditions.parse(written.get("conditions"), faults)
    limit = written.get("limit_per_day", 3)
    spec = RuleSpec(
        name=_words(written.get("name"), "name", faults, most=120),
        description=_words(written.get("description", {}), "description", faults, is_needed=False),
        trigger=trigger,
        conditions=conditions,
        actions=_actions(written.get("actions"), trigger, faults),
        limit_per_day=limit if _is_whole(limit, 1, 100) else 3,
    )
    faults.must(_is_whole(limit, 1, 100), "limit_per_day", "a whole number from 1 to 100 is needed")
    _check_fields(conditions, trigger, faults)
    if faults.found:
        raise RuleInvalidError(faults.found)
    return spec


def to_json(spec: RuleSpec) -> dict[str, Any]:
    """The rule as it is stored and sent; `parse` reads the same back."""
    return {
        "name": dict(spec.name),
        "description": dict(spec.description),
        "trigger": {"on": str(spec.trigger.on), **spec.trigger.options},
        "conditions": rule_conditions.to_json(spec.conditions),
        "actions": [{"do": str(one.do), **one.options} for one in spec.actions],
        "limit_per_day": spec.limit_per_day,
    }


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _words(
    written: Any, path: str, faults: _Faults, *, most: int = _MAX_TEXT, is_needed: bool = True
) -> dict[str, str]:
    if isinstance(written, str):
        written = {"zh": written, "en": written}
    good = isinstance(written, Mapping) and all(
        lang in ("zh", "en") and isinstance(text, str) and len(text) <= most for lang, text in written.items()
    )
    if not faults.must(good, path, f"texts for zh and en of at most {most} characters are needed"):
        return {"zh": "", "en": ""}
    found = {lang: str(written.get(lang, "")).strip() for lang in ("zh", "en")}
    filled = found["zh"] or found["en"]
    faults.must(bool(filled) or not is_needed, path, "a text is needed")
    return {lang: text or filled for lang, text in found.items()}


def _text(
    options: Mapping[str, Any], path: str, faults: _Faults, *, is_needed: bool = True
) -> dict[str, str]:
    words = _words(options.get("text", {}), f"{path}.text", faults, is_needed=is_needed)
    _check_placeholders(words, f"{path}.text", faults)
    return words


def _check_placeholders(words: Mapping[str, str], path: str, faults: _Faults) -> None:
    used = {name for text in words.values() for name in _PLACEHOLDER.findall(text)}
    for name in sorted(used - PLACEHOLDERS):
        faults(path, f"there is no {{{name}}}; there are: {', '.join(sorted(PLACEHOLDERS))}")


def _trigger(written: Any, faults: _Faults) -> Trigger:
    if isinstance(written, str):
        written = {"on": written}
    on = (
        written.get("on", written.get(True)) if isinstance(written, Mapping) else None
    )  # YAML reads `on` as true
    if not faults.must(on in list(When), "trigger.on", f"one of: {', '.join(When)}"):
        return Trigger(When.TICKET_CREATED)
    options = {str(key): value for key, value in written.items() if key not in ("on", True)}
    known = _TRIGGER_OPTIONS.get(When(str(on)), {})
    for name in set(options) - set(known):
        faults(f"trigger.{name[:50]}", "there is no such option")
    read = {}
    for name, (default, is_good, message) in known.items():
        value = options.get(name, default)
        if faults.must(is_good(value), f"trigger.{name}", message):
            read[name] = value
    return Trigger(When(str(on)), read)


def _is_days(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 < value <= 730
    )


def _is_kinds(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= 20
        and all(isinstance(one, str) and _KIND.fullmatch(one) for one in value)
    )


_DAYS = (_is_days, "days between 0 and 730 are needed")
_Option = tuple[Any, Callable[[Any], bool], str]
_TRIGGER_OPTIONS: dict[When, dict[str, _Option]] = {
    When.TICKET_SILENT: {
        "days": (3, *_DAYS),
        "waiting": ("us", lambda value: value in ("us", "customer"), "us or customer"),
    },
    When.COMPANY_SILENT: {"days": (30, *_DAYS)},
    When.REPAIRS_RISING: {
        "days": (30, *_DAYS),
        "percent": (50, lambda value: _is_whole(value, 0, 10_000), "a whole percentage is needed"),
        "at_least": (5, lambda value: _is_whole(value, 1, 10_000), "a whole number from 1 is needed"),
        "kinds": (["repair", "return"], _is_kinds, "ticket types are needed"),
    },
}


def _check_fields(node: Node, trigger: Trigger, faults: _Faults) -> None:
    """A field that the trigger cannot know would make a rule that never matches; better said at once."""
    match node:
        case Leaf(name):
            only = BY_NAME[name].only if name in BY_NAME else ()
            faults.must(not only or trigger.on in only, "conditions", f"{name} is not known {trigger.on}")
            of_ticket = name.startswith(("ticket.", "person.", "form."))
            is_known = trigger.on not in WITHOUT_TICKET or not of_ticket
            faults.must(is_known, "conditions", f"{name} is not known {trigger.on}, which is about no ticket")
        case Group(_, parts):
            for part in parts:
                _check_fields(part, trigger, faults)
        case Not(part):
            _check_fields(part, trigger, faults)


# Actions


def _actions(written: Any, trigger: Trigger, faults: _Faults) -> tuple[Action, ...]:
    good = isinstance(written, list) and 0 < len(written) <= MAX_ACTIONS
    if not faults.must(good, "actions", f"one to {MAX_ACTIONS} actions are needed"):
        return ()
    return tuple(_action(one, trigger, f"actions.{at}", faults) for at, one in enumerate(written))


def _action(written: Any, trigger: Trigger, path: str, faults: _Faults) -> Action:
    do = written.get("do") if isinstance(written, Mapping) else None
    if not faults.must(do in list(Do), f"{path}.do", f"one of: {', '.join(Do)}"):
        return Action(Do.NOTE)
    kind = Do(str(do))
    has_ticket = trigger.on not in WITHOUT_TICKET or kind not in NEEDS_TICKET
    faults.must(has_ticket, f"{path}.do", f"{kind} needs a ticket, and {trigger.on} is about none")
    options = {str(key): value for key, value in written.items() if key != "do"}
    read, known = _READERS[kind](options, path, faults)
    for name in set(options) - known:
        faults(f"{path}.{name[:50]}", "there is no such option")
    return Action(kind, read)


_Read = tuple[dict[str, Any], set[str]]


def _choice(
    options: Mapping[str, Any], name: str, path: str, faults: _Faults, among: list[str]
) -> dict[str, Any]:
    value = options.get(name)
    if value in (None, ""):
        return {}
    faults.must(value in among, f"{path}.{name}", f"one of: {', '.join(among)}")
    return {name: value}


def _name(options: Mapping[str, Any], name: str, path: str, faults: _Faults) -> dict[str, Any]:
    value = options.get(name)
    if value in (None, ""):
        return {}
    faults.must(isinstance(value, str) and len(value) <= 320, f"{path}.{name}", "a name is needed")
    return {name: value}


def _read_set(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
    settable = [str(one) for one in State if one not in (State.NEW, State.MERGED)]
    read = _choice(options, "priority", path, faults, [str(one) for one in Priority])
    read |= _choice(options, "state", path, faults, settable) | _name(options, "queue", path, faults)
    faults.must(bool(read), path, "priority, state or queue is needed")
    return read, {"priority", "state", "queue"}


def _person(
    options: Mapping[str, Any], name: str, path: str, faults: _Faults, among: tuple[str, ...]
) -> dict[str, Any]:
    value = options.get(name)
    good = isinstance(value, str) and len(value) <= 320 and (value in among or "@" in value)
    faults.must(good, f"{path}.{name}", f"an e-mail address or one of: {', '.join(among)}")
    return {name: value}


def _read_assign(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
    return _person(options, "to", path, faults, ("account_manager", "manager", "nobody")), {"to"}


def _read_notify(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
    to = options.get("to")
    to = [to] if isinstance(to, str) else to
    allowed = ("assignee", "account_manager", "managers")
    good = isinstance(to, list) and 0 < len(to) <= 20
    good = good and all(isinstance(one, str) and (one in allowed or "@" in one) for one in to or ())
    faults.must(good, f"{path}.to", f"e-mail addresses or: {', '.join(allowed)}")
    return {"to": to, "text": _text(options, path, faults)}, {"to", "text"}


def _read_task(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
    subject = _words(options.get("subject"), f"{path}.subject", faults, most=200)
    _check_placeholders(subject, f"{path}.subject", faults)
    kind = options.get("kind", "task")
    faults.must(
        isinstance(kind, str) and bool(_KIND.fullmatch(kind)), f"{path}.kind", "a ticket type is needed"
    )
    read: dict[str, Any] = {
        "subject": subject,
        "kind": kind,
        "text": _text(options, path, faults, is_needed=False),
    }
    read |= _choice(options, "priority", path, faults, [str(one) for one in Priority])
    if options.get("to"):
        read |= _person(options, "to", path, faults, ("account_manager", "manager", "assignee", "nobody"))
    return read | _name(options, "queue", path, faults), {
        "subject",
        "kind",
        "text",
        "priority",
        "to",
        "queue",
    }


def _read_text(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
    return {"text": _text(options, path, faults)}, {"text"}


def _read_number(name: str, *, has_text: bool) -> Callable[[Mapping[str, Any], str, _Faults], _Read]:
    def read(options: Mapping[str, Any], path: str, faults: _Faults) -> _Read:
        value = options.get(name)
        faults.must(_is_whole(value, 1, 2**31 - 1), f"{path}.{name}", "its number is needed")
        text = {"text": _text(options, path, faults, is_needed=False)} if has_text else {}
        return {name: value, **text}, {name, *text}

    return read


_READERS: dict[Do, Callable[[Mapping[str, Any], str, _Faults], _Read]] = {
    Do.SET: _read_set,
    Do.ASSIGN: _read_assign,
    Do.NOTIFY: _read_notify,
    Do.TASK: _read_task,
    Do.NOTE: _read_text,
    Do.MESSAGE: _read_text,
    Do.SURVEY: _read_text,
    Do.ARTICLE: _read_number("article", has_text=True),
    Do.WEBHOOK: _read_number("webhook", has_text=False),
}


def placeholders_in(text: str) -> list[str]:
    """The names of the placeholders a text uses."""
    return _PLACEHOLDER.findall(text)


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with its placeholders filled; what is not known becomes a dash."""
    return _PLACEHOLDER.sub(lambda found: _shown(values.get(found[1])), text)


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def default_options(on: When) -> dict[str, Any]:
    """The options of a trigger with the values they have unless said otherwise."""
    return {name: default for name, (default, _is_good, _message) in _TRIGGER_OPTIONS.get(on, {}).items()}
