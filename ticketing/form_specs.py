"""Forms as JSON or YAML: reading with every fault named at its place, and writing back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ticketing.errors import BadFormError
from ticketing.form_types import Field, FieldType, Form
from ticketing.spec_types import FaultyError, read

Fault = dict[str, str]
_FORM = TypeAdapter(Form)
_WITH_PATTERN = (FieldType.TEXT, FieldType.TEXTAREA, FieldType.EMAIL)


def read_form(spec: Mapping[str, Any]) -> Form:
    """Read a form as YAML writes it. Raises BadFormError with every fault if it contradicts itself."""
    slug = str(spec.get("slug", "?"))[:60]
    try:
        made = read(_FORM, spec)
    except FaultyError as error:
        raise BadFormError(slug, error.faults) from error
    if faults := [*field_faults(made.fields), *_step_faults(made)]:
        raise BadFormError(slug, faults)
    return made


def to_json(form: Form) -> dict[str, Any]:
    """The form as it is stored and sent; `read_form` reads the same back."""
    written: dict[str, Any] = _FORM.dump_python(form, mode="json")
    return written


def field_faults(fields: Sequence[Field]) -> list[Fault]:
    """What contradicts itself among fields that are asked together."""
    names = [one.name for one in fields]
    found: list[Fault] = []
    for position, one in enumerate(fields):
        place = f"fields.{position}"
        if one.name in names[:position]:
            found.append({"path": f"{place}.name", "message": "two fields have one name"})
        if one.type is FieldType.SELECT and not one.options:
            found.append({"path": f"{place}.options", "message": "there is nothing to select"})
        if len({option.value for option in one.options}) != len(one.options):
            found.append({"path": f"{place}.options", "message": "two options have one value"})
        if one.min is not None and one.max is not None and one.min > one.max:
            found.append({"path": f"{place}.max", "message": "the most is less than the least"})
        if one.pattern and one.type not in _WITH_PATTERN:
            found.append({"path": f"{place}.pattern", "message": "only text has a pattern"})
        found += _reference_faults(one, place, names, position)
    return found


def _reference_faults(one: Field, place: str, names: Sequence[str], position: int) -> list[Fault]:
    unknown = sorted(set(one.visible_when or ()) - set(names[:position]))
    found = [
        {"path": f"{place}.visible_when", "message": f"{name!r} does not stand before this field"}
        for name in unknown
    ]
    missing = sorted(set(one.lookup.fills or ()) - set(names)) if one.lookup else []
    return found + [
        {"path": f"{place}.lookup.fills", "message": f"there is no field {name!r}"} for name in missing
    ]


def _step_faults(form: Form) -> list[Fault]:
    stepped = sorted(name for step in form.steps for name in step.fields)
    if form.steps and stepped != sorted(one.name for one in form.fields):
        return [{"path": "steps", "message": "the steps do not show every field once"}]
    return []
