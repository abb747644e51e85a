"""Forms as they are written: for service managers to read, edit, order and switch."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from portal_api.dependencies import AsManager, InTransaction, Reading
from ticketing import forms
from ticketing.form_types import Form, KeptForm

router = APIRouter(prefix="/api/v1", tags=["forms"])

FormSlug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]


class FormIn(BaseModel):
    """A new form, switched off until it is switched on. Faults are named at their places (`bad_form`)."""

    spec: dict[str, Any]


class FormEditIn(FormIn):
    """A new version of a form; `version` is the one the editor has seen. Its slug stays."""

    version: int | None = None


class FormSwitchIn(BaseModel):
    """Offer the form, or do not."""

    is_enabled: bool


class FormOrderIn(BaseModel):
    """Forms that come first, in this order."""

    slugs: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=1000)]


class KeptFormOut(BaseModel):
    """A form as it is written, in its current version."""

    spec: Form
    version: int
    is_enabled: bool
    made_at: datetime
    made_by: str | None


class KeptFormsOut(BaseModel):
    """All forms in their order, also those that are switched off."""

    items: list[KeptFormOut]
    total: int


def _out(kept: KeptForm) -> KeptFormOut:
    return KeptFormOut(
        spec=kept.form,
        version=kept.version,
        is_enabled=kept.is_enabled,
        made_at=kept.made_at,
        made_by=kept.made_by,
    )


def _all(items: list[KeptForm]) -> KeptFormsOut:
    return KeptFormsOut(items=[_out(one) for one in items], total=len(items))


@router.get("/form-specs")
def list_form_specs(_manager: AsManager, session: Reading) -> KeptFormsOut:
    """All forms as they are written, also those that are switched off."""
    return _all(forms.kept_forms(session))


@router.post("/form-specs", status_code=201)
def add_form(body: FormIn, manager: AsManager, session: InTransaction) -> KeptFormOut:
    """Make a form, behind the others and switched off."""
    return _out(forms.add(session, body.spec, actor=manager))


@router.post("/form-specs/order")
def order_forms(body: FormOrderIn, _manager: AsManager, session: InTransaction) -> KeptFormsOut:
    """Put these forms first, in this order."""
    return _all(forms.set_order(session, body.slugs))


@router.get("/form-specs/{slug}")
def read_form_spec(slug: FormSlug, _manager: AsManager, session: Reading) -> KeptFormOut:
    """One form as it is written."""
    return _out(forms.kept_form(session, slug))


@router.put("/form-specs/{slug}")
def edit_form(slug: FormSlug, body: FormEditIn, manager: AsManager, session: InTransaction) -> KeptFormOut:
    """Make a new version; tickets that came with an older one keep it."""
    return _out(forms.edit(session, slug, body.spec, actor=manager, version=body.version))


@router.patch("/form-specs/{slug}")
def switch_form(
    slug: FormSlug, body: FormSwitchIn, _manager: AsManager, session: InTransaction
) -> KeptFormOut:
    """Offer a form to customers, or do not."""
    return _out(forms.set_enabled(session, slug, is_enabled=body.is_enabled))
