"""Checking what was filled in, the same way for every channel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ticketing import patterns
from ticketing.errors import FormInvalidError
from ticketing.form_types import Field, FieldError, FieldType, Form

_TEXT_CHARS = 500
_TEXTAREA_CHARS = 20_000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def visible_fields(form: Form, values: Mapping[str, Any]) -> list[Field]:
    """The fields these values show, in order; what depends on a hidden field is hidden too."""
    return visible_fields_of(form.fields, values)


def visible_fields_of(fields: Sequence[Field], values: Mapping[str, Any]) -> list[Field]:
    """The same for fields that are of no form; a condition on a field that is not among them is about the value."""
    names, shown = {one.name for one in fields}, dict[str, Field]()
    for one in fields:
        conditions = (one.visible_when or {}).items()
        if all(
            (name in shown or name not in names) and _is_one_of(values.get(name), wanted)
            for name, wanted in conditions
        ):
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
    return {name: values[name] for name in shown if not is_empty(values.get(name))}


def check(field: Field, value: Any) -> FieldError | None:
    """What is wrong with one value, or None."""
    if is_empty(value) or (field.type is FieldType.CHECKBOX and value is False):
        return _error("required", "请填写此项", "Please fill this in") if field.required else None
    return _CHECKS[field.type](field, value)


def is_empty(value: Any) -> bool:
    """Whether this is as good as not filled in."""
    return value is None or (isinstance(value, str) and not value.strip())


def _error(code: str, zh: str, en: str) -> FieldError:
    return FieldError(code, {"zh": zh, "en": en})


def _check_text(field: Field, value: Any) -> FieldError | None:
    if not isinstance(value, str):
        return _error("not_text", "请输入文字", "Please enter text")
    longest = _TEXTAREA_CHARS if field.type is FieldType.TEXTAREA else _TEXT_CHARS
    if len(value) > longest:
        return _error("too_long", f"最多 {longest} 个字符", f"At most {longest} characters")
    if field.pattern and not patterns.fits(field.pattern, value.strip()):
        return _error("pattern", "格式不正确", "This is not in the expected format")
    return None


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
        return _error("min", f"不能小于 {field.min:g}{unit}", f"At least {field.min:g}{unit}")
    if field.max is not None and number > field.max:
        return _error("max", f"不能大于 {field.max:g}{unit}", f"At most {field.max:g}{unit}")
    return None


def _check_checkbox(_field: Field, value: Any) -> FieldError | None:
    return (
        None if isinstance(value, bool) else _error("checkbox", "请勾选或留空", "Tick it or leave it empty")
    )


def _check_date(_field: Field, value: Any) -> FieldError | None:
    try:
        date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        return _error("date", "请填写日期，例如 2026-09-30", "Please give a date, for example 2026-09-30")
    return None


_CHECKS = {
    FieldType.TEXT: _check_text,
    FieldType.TEXTAREA: _check_text,
    FieldType.EMAIL: _check_email,
    FieldType.SELECT: _check_select,
    FieldType.NUMBER: _check_number,
    FieldType.DATE: _check_date,
    FieldType.CHECKBOX: _check_checkbox,
}
