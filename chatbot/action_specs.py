"""What the bot may do for a customer in the vendor's systems, as declared in YAML.

One file describes one system: its OpenAPI document, and the actions that call it. An action has slots to
fill, says who may use it, whether the customer confirms, and what the answer of the system means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chatbot.errors import BadActionError
from chatbot.phrase_rules import is_phrase
from kb.audience import canonical
from kb.errors import AudienceRuleError

Words = dict[str, str]  # {"zh": …, "en": …}
Spec = Mapping[str, Any]
LANGUAGES = ("zh", "en")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_REFERENCE = re.compile(r"\$(?:(slots|viewer)\.([a-z_]+)|run\.id)")
VIEWER_FIELDS = ("company", "email", "name", "person_id")


class SlotType(StrEnum):
    """How a slot's value is read from what the customer writes."""

    TEXT = "text"
    CODE = "code"  # text of a fixed pattern, found anywhere in a sentence
    CHOICE = "choice"
    INTEGER = "integer"
    DATE = "date"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True)
class SlotOption:
    """A value to choose, what it is called, and other words customers use for it."""

    value: str
    title: Words
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Something the action needs to know."""

    name: str
    type: SlotType
    title: Words
    prompt: Words
    help: Words  # what a right value looks like: said when one does not fit
    pattern: str | None = None
    options: tuple[SlotOption, ...] = ()
    required: bool = True
    min: int | None = None  # of a number; for text its length
    max: int | None = None
    default: str | None = None  # a reference such as `$viewer.email`


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What it means when the system answers with this status; `slot` is the one to ask for again."""

    text: Words
    slot: str | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """The operation of the OpenAPI document, and where its arguments come from."""

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """One thing the bot can do for a customer."""

    name: str
    title: Words
    triggers: tuple[str, ...]
    who: str  # audience rule
    slots: tuple[Slot, ...]
    confirms: bool
    call: Call
    reply: Words
    names: Mapping[str, Mapping[str, Words]] = field(
        default_factory=dict
    )  # field → value → what it is called
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    ticket_kind: str = "general"  # of the ticket when the system fails

    def slot(self, name: str | None) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)


@dataclass(frozen=True, kw_only=True)
class System:
    """A system of the vendor."""

    slug: str
    name: Words
    base_url: str | None
    timeout_s: float
    openapi: Mapping[str, Any]
    actions: tuple[ActionSpec, ...]
    orders: Call | None = None  # lists a company's orders, for those at the desk

    def action(self, name: str) -> ActionSpec | None:
        return next((action for action in self.actions if action.name == name), None)


def read_system(spec: Spec) -> System:
    """Read one system; `openapi` is the document itself. Raises BadActionError."""
    try:
        slug = _name(spec["slug"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadActionError("?", "a system needs a slug") from error
    try:
        base_url = spec.get("base_url")
        if base_url is not None and not re.match(r"https?://[^/\s]", base_url):
            raise BadActionError(slug, f"base_url {base_url!r} is no http or https address")
        return System(
            slug=slug,
            name=_words(spec["name"]),
            base_url=base_url,
            timeout_s=float(spec.get("timeout_s", 6)),
            openapi=dict(spec["openapi"]),
            actions=tuple(_action(one) for one in spec.get("actions") or ()),
            orders=_orders(spec.get("orders")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, re.error, AudienceRuleError) as error:
        raise BadActionError(slug, f"cannot be read: {error!r}") from error


def _orders(spec: Spec | None) -> Call | None:
    if spec is None:
        return None
    made = Call(operation=str(spec["operation"]), parameters=dict(spec.get("parameters") or {}))
    for reference in _references(made.parameters):
        if reference != "$viewer.company":
            raise ValueError(f"orders: {reference!r} is not known there, $viewer.company is")
    return made


def _action(spec: Spec) -> ActionSpec:
    title = _words(spec["title"])
    phrases = [phrase for lang in LANGUAGES for phrase in (spec.get("triggers") or {}).get(lang) or ()]
    slots = tuple(_slot(one) for one in spec.get("slots") or ())
    call = spec["call"]
    made = ActionSpec(
        name=_name(spec["name"]),
        title=title,
        triggers=tuple(phrase for phrase in phrases if is_phrase(phrase)),
        who=canonical(spec.get("who", "signed-in")),
        slots=slots,
        confirms={"ask": True, "auto": False}[spec.get("confirm", "ask")],
        call=Call(
            operation=str(call["operation"]),
            parameters=dict(call.get("parameters") or {}),
            body=call.get("body"),
        ),
        reply=_words(spec["reply"]),
        names={
            key: {str(value): _words(words) for value, words in named.items()}
            for key, named in (spec.get("names") or {}).items()
        },
        refusals={int(status): _refusal(one) for status, one in (spec.get("refusals") or {}).items()},
        ticket_kind=str(spec.get("ticket_kind", "general")),
    )
    _check_references(made)
    return made


def _slot(spec: Spec) -> Slot:
    kind = SlotType(spec.get("type", "text"))
    pattern = spec.get("pattern")
    if kind is SlotType.CODE:
        re.compile(str(spec["pattern"]))
    options = tuple(
        SlotOption(str(one["value"]), _words(one["title"]), tuple(one.get("also") or ()))
        for one in spec.get("options") or ()
    )
    if (kind is SlotType.CHOICE) != bool(options):
        raise ValueError(f"slot {spec['name']}: a choice, and nothing else, has options")
    title = _words(spec["title"])
    return Slot(
        name=_name(spec["name"]),
        type=kind,
        title=title,
        prompt=_words(spec["prompt"]),
        help=_words(spec.get("help") or spec["prompt"]),
        pattern=pattern,
        options=options,
        required=bool(spec.get("required", True)),
        min=spec.get("min"),
        max=spec.get("max"),
        default=spec.get("default"),
    )


def _refusal(spec: Spec) -> Refusal:
    return Refusal(text=_words(spec), slot=spec.get("slot"))


def _name(written: str) -> str:
    if not _NAME.fullmatch(written):
        raise ValueError(f"{written!r} is no name")
    return written


def _words(written: Mapping[str, str]) -> Words:
    return {lang: str(written[lang]) for lang in LANGUAGES}


def _check_references(action: ActionSpec) -> None:
    slots = {slot.name for slot in action.slots}
    if len(slots) != len(action.slots):
        raise ValueError(f"action {action.name}: a slot is declared twice")
    used = [*_references(action.call.parameters), *_references(action.call.body)]
    used += [slot.default for slot in action.slots if slot.default]
    for reference in used:
        match = _REFERENCE.fullmatch(reference)
        known = {"slots": slots, "viewer": set(VIEWER_FIELDS)}
        if match is None or (match[1] and match[2] not in known[match[1]]):
            raise ValueError(f"action {action.name}: {reference!r} refers to nothing")
    for status, refusal in action.refusals.items():
        if refusal.slot is not None and refusal.slot not in slots:
            raise ValueError(f"action {action.name}: refusal {status} asks for an unknown slot")


def _references(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.startswith("$") else []
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _references(part)]
    if isinstance(value, Sequence):
        return [one for part in value for one in _references(part)]
    return []


def resolve(value: Any, slots: Mapping[str, Any], viewer: Mapping[str, Any], run_id: str) -> Any:
    """A declared argument with its references replaced; what refers to an empty value is None, and members
    of objects that are None are left out.
    """
    if isinstance(value, str) and value.startswith("$"):
        if value == "$run.id":
            return run_id
        kind, _, name = value[1:].partition(".")
        return (slots if kind == "slots" else viewer).get(name)
    if isinstance(value, Mapping):
        parts = {key: resolve(part, slots, viewer, run_id) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None}
    if isinstance(value, list | tuple):
        return [resolve(part, slots, viewer, run_id) for part in value]
    return value
