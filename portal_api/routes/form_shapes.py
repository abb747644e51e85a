"""Wire shapes of forms and their fields."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from portal_api.routes.words import WordsOut
from ticketing.forms import Field, Form, FormKind


class OptionOut(BaseModel):
    """One choice of a select field."""

    value: str
    label: WordsOut


class FieldOut(BaseModel):
    """A field; `visible_when` names another field and the values that show this one."""

    name: str
    label: WordsOut
    help: WordsOut | None
    type: str
    required: bool
    options: list[OptionOut]
    pattern: str | None
    min: float | None
    max: float | None
    visible_when: dict[str, list[Any]] | None
    unit: str | None
    has_lookup: bool


class StepOut(BaseModel):
    """A step of a configurator."""

    name: str
    label: WordsOut
    fields: list[str]


class FormOut(BaseModel):
    """A form."""

    slug: str
    title: WordsOut
    kind: FormKind
    product: str | None
    attachments: int
    fields: list[FieldOut]
    steps: list[StepOut]


def words_out(words: dict[str, str]) -> WordsOut:
    return WordsOut(zh=words.get("zh", ""), en=words.get("en", ""))


def field_out(field: Field) -> FieldOut:
    shown = field.visible_when
    return FieldOut(
        name=field.name,
        label=words_out(field.label),
        help=words_out(field.help) if field.help else None,
        type=field.type,
        required=field.required,
        options=[OptionOut(value=one.value, label=words_out(one.label)) for one in field.options],
        pattern=field.pattern,
        min=field.min,
        max=field.max,
        visible_when={name: list(values) for name, values in shown.items()} if shown else None,
        unit=field.unit,
        has_lookup=field.lookup is not None,
    )


def form_out(form: Form) -> FormOut:
    return FormOut(
        slug=form.slug,
        title=words_out(form.title),
        kind=form.kind,
        product=form.product,
        attachments=form.attachments,
        fields=[field_out(field) for field in form.fields],
        steps=[
            StepOut(name=step.name, label=words_out(step.label), fields=list(step.fields))
            for step in form.steps
        ],
    )
