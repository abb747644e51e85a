"""Ticket forms and configurators: their fields, and checking values while they are typed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from portal_api.dependencies import Reading
from portal_api.routes.words import WordsOut
from ticketing import forms
from ticketing.forms import Field, Form, FormKind

router = APIRouter(prefix="/api/v1", tags=["forms"])


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
    fields: list[FieldOut]
    steps: list[StepOut]


class FormsOut(BaseModel):
    """All forms."""

    items: list[FormOut]
    total: int


class ValuesIn(BaseModel):
    """The values filled in so far."""

    values: dict[str, Any]


class FieldErrorOut(BaseModel):
    """What is wrong with a value."""

    code: str
    message: WordsOut


class CheckOut(BaseModel):
    """Whether the values could be sent, and what to mend."""

    valid: bool
    errors: dict[str, FieldErrorOut]


def _words(words: dict[str, str]) -> WordsOut:
    return WordsOut(zh=words.get("zh", ""), en=words.get("en", ""))


def _field(field: Field) -> FieldOut:
    shown = field.visible_when
    return FieldOut(
        name=field.name,
        label=_words(field.label),
        help=_words(field.help) if field.help else None,
        type=field.type,
        required=field.required,
        options=[OptionOut(value=one.value, label=_words(one.label)) for one in field.options],
        pattern=field.pattern,
        min=field.min,
        max=field.max,
        visible_when={name: list(values) for name, values in shown.items()} if shown else None,
        unit=field.unit,
    )


def _form(form: Form) -> FormOut:
    return FormOut(
        slug=form.slug,
        title=_words(form.title),
        kind=form.kind,
        product=form.product,
        fields=[_field(field) for field in form.fields],
        steps=[
            StepOut(name=step.name, label=_words(step.label), fields=list(step.fields)) for step in form.steps
        ],
    )


@router.get("/forms")
def list_forms(session: Reading, kind: Annotated[FormKind | None, Query()] = None) -> FormsOut:
    """All forms, or those of one kind."""
    items = [_form(form) for form in forms.forms(session, kind=kind)]
    return FormsOut(items=items, total=len(items))


@router.get("/forms/{slug}")
def read_form(slug: str, session: Reading) -> FormOut:
    """One form."""
    return _form(forms.form(session, slug))


@router.post("/forms/{slug}/validate")
def validate(slug: str, body: ValuesIn, session: Reading) -> CheckOut:
    """Check values while they are typed; fields that are not shown are not asked for."""
    errors = forms.validate(forms.form(session, slug), body.values)
    return CheckOut(
        valid=not errors,
        errors={
            name: FieldErrorOut(code=error.code, message=_words(error.message))
            for name, error in errors.items()
        },
    )
