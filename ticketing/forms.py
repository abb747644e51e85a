"""Ticket forms and product configurators: typed fields, read from YAML, checked here for every channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from ticketing.directory_types import Words
from ticketing.errors import BadFormError, FormInvalidError, FormNotFoundError
from ticketing.tables import FormTable

_TEXT_CHARS = 500
_TEXTAREA_CHARS = 20_000
_PATTERN_CHARS = 200  # what a pattern is tried on: bounds the work of a careless one
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class FieldType(StrEnum):
    TEXT = "text"
    TEXTAREA = "textarea"
    SELECT = "select"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    EMAIL = "email"


class FormKind(StrEnum):
    """What a form is for: opening a ticket, or configuring a product."""

    TICKET = "ticket"
    CONFIGURATOR = "configurator"


@dataclass(frozen=True)
class Option:
    value: str
    label: Words


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question of a form."""

    name: str
    label: Words
    type: FieldType
    help: Words | None = None
    required: bool = False
    options: tuple[Option, ...] = ()
    pattern: str | None = None  # the whole value must match
    min: float | None = None
    max: float | None = None
    visible_when: Mapping[str, tuple[Any, ...]] | None = None  # other field → values that show this one
    unit: str | None = None


@dataclass(frozen=True)
class Step:
    """A page of a configurator."""

    name: str
    label: Words
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as every channel shows it."""

    slug: str
    title: Words
    kind: FormKind
    product: str | None = None
    ticket_kind: str = "general"  # the kind of the ticket it opens
    fields: tuple[Field, ...]
    steps: tuple[Step, ...] = ()

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True)
class FieldError:
    """Why a value is refused; `code` is stable, `message` is for people."""

    code: str
    message: Words


# Reading


def read_form(spec: Mapping[str, Any]) -> Form:
    """Read a form as YAML writes it. Raises BadFormError if it contradicts itself."""
    slug = str(spec.get("slug", "?"))
    try:
        made = Form(
            slug=spec["slug"],
            title=dict(spec["title"]),
            kind=FormKind(spec["kind"]),
            product=spec.get("product"),
            ticket_kind=spec.get("ticket_kind", "general"),
            fields=tuple(_read_field(one) for one in spec["fields"]),
            steps=tuple(
                Step(one["name"], dict(one["label"]), tuple(one["fields"])) for one in spec.get("steps") or ()
            ),
        )
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise BadFormError(slug, f"cannot be read: {error!r}") from error
    _check(made)
    return made


def _read_field(spec: Mapping[str, Any]) -> Field:
    if pattern := spec.get("pattern"):
        re.compile(pattern)
    return Field(
        name=spec["name"],
        label=dict(spec["label"]),
        type=FieldType(spec["type"]),
        help=dict(spec["help"]) if spec.get("help") else None,
        required=bool(spec.get("required", False)),
        options=tuple(Option(str(one["value"]), _words(one["label"])) for one in spec.get("options") or ()),
        pattern=pattern,
        min=spec.get("min"),
        max=spec.get("max"),
        visible_when=_conditions(spec.get("visible_when")),
        unit=spec.get("unit"),
    )


def _words(label: Any) -> Words:
    return dict(label) if isinstance(label, Mapping) else {"zh": str(label), "en": str(label)}


def _conditions(spec: Mapping[str, Any] | None) -> dict[str, tuple[Any, ...]] | None:
    if not spec:
        return None
    return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in spec.items()}


def _check(form: Form) -> None:
    names = [one.name for one in form.fields]
    if len(set(names)) != len(names):
        raise BadFormError(form.slug, "two fields have one name")
    for position, one in enumerate(form.fields):
        if one.type is FieldType.SELECT and not one.options:
            raise BadFormError(form.slug, f"field {one.name!r} offers nothing to select")
        if unknown := set(one.visible_when or ()) - set(names[:position]):
            raise BadFormError(
                form.slug, f"field {one.name!r} depends on {sorted(unknown)}, which do not stand before it"
            )
    stepped = [name for step in form.steps for name in step.fields]
    if form.steps and sorted(stepped) != sorted(names):
        raise BadFormError(form.slug, "its steps do not show every field once")


# Checking


def visible_fields(form: Form, values: Mapping[str, Any]) -> list[Field]:
    """The fields these values show, in order; what depends on a hidden field is hidden too."""
    shown: dict[str, Field] = {}
    for one in form.fields:
        conditions = (one.visible_when or {}).items()
        if all(name in shown and _is_one_of(values.get(name), wanted) for name, wanted in conditions):
            shown[one.name] = one
    return list(shown.values())


def _is_one_of(value: Any, wanted: tuple[Any, ...]) -> bool:
    return any(
        value is one if isinstance(one, bool) else not isinstance(value, bool) and str(value) == str(one)
        for one in wanted
    )


def validate(form: Form, values: Mapping[str, Any]) -> dict[str, FieldError]:
    """What is wrong with these values, by field; empty when nothing is.

    Hidden fields and values of fields the form does not have are not looked at.
    """
    found = {one.name: check(one, values.get(one.name)) for one in visible_fields(form, values)}
    return {name: error for name, error in found.items() if error is not None}


def accepted(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the visible fields that were filled in. Raises FormInvalidError."""
    if errors := validate(form, values):
        told = {name: {"code": one.code, "message": one.message} for name, one in errors.items()}
        raise FormInvalidError(form.slug, told)
    shown = [one.name for one in visible_fields(form, values)]
    return {name: values[name] for name in shown if not _is_empty(values.get(name))}


def check(field: Field, value: Any) -> FieldError | None:
    """What is wrong with one value, or None."""
    if _is_empty(value) or (field.type is FieldType.CHECKBOX and value is False):
        return _error("required", "请填写此项", "Please fill this in") if field.required else None
    return _CHECKS[field.type](field, value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _error(code: str, zh: str, en: str) -> FieldError:
    return FieldError(code, {"zh": zh, "en": en})


def _check_text(field: Field, value: Any) -> FieldError | None:
    if not isinstance(value, str):
        return _error("not_text", "请输入文字", "Please enter text")
    longest = _TEXTAREA_CHARS if field.type is FieldType.TEXTAREA else _TEXT_CHARS
    if len(value) > longest:
        return _error("too_long", f"最多 {longest} 个字符", f"At most {longest} characters")
    if field.pattern and not _matches(field.pattern, value.strip()):
        return _error("pattern", "格式不正确", "This is not in the expected format")
    return None


def _matches(pattern: str, value: str) -> bool:
    return len(value) <= _PATTERN_CHARS and re.fullmatch(pattern, value) is not None


def _check_email(field: Field, value: Any) -> FieldError | None:
    if error := _check_text(field, value):
        return error
    if not _EMAIL.fullmatch(value.strip()):
        return _error("email", "请输入有效的邮箱地址", "Please enter a valid e-mail address")
    return None


def _check_select(field: Field, value: Any) -> FieldError | None:
    if isinstance(value, bool | list | dict) or str(value) not in {one.value for one in field.options}:
        return _error("option", "请从列表中选择", "Please choose from the list")
    return None


def _check_number(field: Field, value: Any) -> FieldError | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or not abs(number) < float("inf"):
        return _error("number", "请输入数字", "Please enter a number")
    unit = f" {field.unit}" if field.unit else ""
    if field.min is not None and number < field.min:
        return _error("min", f"不能小于 {field.min}{unit}", f"At least {field.min}{unit}")
    if field.max is not None and number > field.max:
        return _error("max", f"不能大于 {field.max}{unit}", f"At most {field.max}{unit}")
    return None


def _check_checkbox(_field: Field, value: Any) -> FieldError | None:
    return (
        None if isinstance(value, bool) else _error("checkbox", "请勾选或留空", "Tick it or leave it empty")
    )


_CHECKS = {
    FieldType.TEXT: _check_text,
    FieldType.TEXTAREA: _check_text,
    FieldType.EMAIL: _check_email,
    FieldType.SELECT: _check_select,
    FieldType.NUMBER: _check_number,
    FieldType.CHECKBOX: _check_checkbox,
}


# Keeping


def upsert_form(session: WriteSession, spec: Mapping[str, Any], position: int) -> Form:
    """Make or update the form with this slug; `spec` is plain JSON. Raises BadFormError."""
    made = read_form(spec)
    row = session.scalar(select(FormTable).where(FormTable.slug == made.slug))
    if row is None:
        row = FormTable(slug=made.slug)
        session.add(row)
    row.spec, row.position = dict(spec), position
    session.flush()
    return made


def forms(session: ReadSession, *, kind: FormKind | None = None) -> list[Form]:
    """All forms in their order."""
    found: Iterable[Form] = map(
        read_form, session.scalars(select(FormTable.spec).order_by(FormTable.position, FormTable.id))
    )
    return [one for one in found if kind is None or one.kind is kind]


def form(session: ReadSession, slug: str) -> Form:
    """One form. Raises FormNotFoundError."""
    spec = session.scalar(select(FormTable.spec).where(FormTable.slug == slug))
    if spec is None:
        raise FormNotFoundError(slug)
    return read_form(spec)
