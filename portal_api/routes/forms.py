"""Ticket forms and configurators: their fields, and checking values while they are typed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from portal_api.dependencies import Reading
from portal_api.routes.form_shapes import FormOut, form_out, words_out
from portal_api.routes.words import WordsOut
from ticketing import forms
from ticketing.forms import FormKind

router = APIRouter(prefix="/api/v1", tags=["forms"])


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


@router.get("/forms")
def list_forms(session: Reading, kind: Annotated[FormKind | None, Query()] = None) -> FormsOut:
    """All forms, or those of one kind."""
    items = [form_out(form) for form in forms.forms(session, kind=kind)]
    return FormsOut(items=items, total=len(items))


@router.get("/forms/{slug}")
def read_form(
    slug: str,
    session: Reading,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="As it was; empty: as it is")
    ] = None,
) -> FormOut:
    """One form; with a version, as it was when an older ticket came with it."""
    if version is not None:
        return form_out(forms.form_version(session, slug, version))
    return form_out(forms.form(session, slug))


@router.post("/forms/{slug}/validate")
def validate(slug: str, body: ValuesIn, session: Reading) -> CheckOut:
    """Check values while they are typed; fields that are not shown are not asked for."""
    errors = forms.validate(forms.form(session, slug), body.values)
    return CheckOut(
        valid=not errors,
        errors={
            name: FieldErrorOut(code=error.code, message=words_out(error.message))
            for name, error in errors.items()
        },
    )
