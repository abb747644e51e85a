"""Front door of forms: finding, editing as versions, ordering.

Every edit is a new version and none is ever changed, so that a ticket is read beside the form it came with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.errors import FormConflictError, FormNotFoundError
from ticketing.form_checks import accepted, check, validate, visible_fields
from ticketing.form_specs import read_form, to_json
from ticketing.form_types import Field, FieldError, FieldType, Form, FormKind, KeptForm, Lookup, Option, Step
from ticketing.tables import FormTable, FormVersionTable

__all__ = [
    "Field",
    "FieldError",
    "FieldType",
    "Form",
    "FormKind",
    "KeptForm",
    "Lookup",
    "Option",
    "Step",
    "accepted",
    "add",
    "check",
    "edit",
    "form",
    "form_version",
    "forms",
    "kept_form",
    "kept_forms",
    "read_form",
    "set_enabled",
    "set_order",
    "upsert_form",
    "validate",
    "visible_fields",
]


def upsert_form(session: WriteSession, spec: Mapping[str, Any], position: int) -> Form:
    """Bring the form of this slug to what a file says; one that was edited here stays as it is.

    Raises BadFormError.
    """
    made = read_form(spec)
    row = session.scalar(select(FormTable).where(FormTable.slug == made.slug))
    if row is None:
        row = FormTable(slug=made.slug, version=0, is_enabled=True, is_own=False, spec={})
        session.add(row)
    elif row.is_own:
        return read_form(row.spec)
    row.position = position
    if row.version == 0 or read_form(row.spec) != made:
        _add_version(session, row, made, None)
    session.flush()
    return made


def _add_version(session: WriteSession, row: FormTable, made: Form, actor: Viewer | None) -> None:
    row.version, row.spec = row.version + 1, to_json(made)
    session.flush()
    session.add(
        FormVersionTable(
            form_id=row.id,
            version=row.version,
            spec=row.spec,
            made_at=clock.now(),
            made_by=actor.name if actor else None,
        )
    )
    session.flush()


def forms(session: ReadSession, *, kind: FormKind | None = None) -> list[Form]:
    """The forms that are offered, in their order."""
    kept = [one.form for one in kept_forms(session) if one.is_enabled]
    return [one for one in kept if kind is None or one.kind is kind]


def form(session: ReadSession, slug: str) -> Form:
    """One form that is offered. Raises FormNotFoundError."""
    kept = kept_form(session, slug)
    if not kept.is_enabled:
        raise FormNotFoundError(slug)
    return kept.form


def kept_forms(session: ReadSession) -> list[KeptForm]:
    """All forms in their order, also those that are switched off."""
    rows = session.scalars(select(FormTable).order_by(FormTable.position, FormTable.id))
    return [_to_kept(session, row) for row in rows]


def kept_form(session: ReadSession, slug: str) -> KeptForm:
    """One form, also if it is switched off. Raises FormNotFoundError."""
    return _to_kept(session, _row(session, slug))


def _row(session: ReadSession, slug: str) -> FormTable:
    row = session.scalar(select(FormTable).where(FormTable.slug == slug))
    if row is None:
        raise FormNotFoundError(slug)
    return row


def _to_kept(session: ReadSession, row: FormTable) -> KeptForm:
    mine = FormVersionTable.form_id == row.id, FormVersionTable.version == row.version
    made = session.scalars(select(FormVersionTable).where(*mine)).one()
    return KeptForm(
        form=read_form(row.spec),
        version=row.version,
        is_enabled=row.is_enabled,
        made_at=made.made_at,
        made_by=made.made_by,
    )


def form_version(session: ReadSession, slug: str, version: int | None = None) -> Form:
    """A form as it was in one of its versions; None: as it is now. Raises FormNotFoundError."""
    row = _row(session, slug)
    if version is None or version == row.version:
        return read_form(row.spec)
    mine = FormVersionTable.form_id == row.id, FormVersionTable.version == version
    spec = session.scalar(select(FormVersionTable.spec).where(*mine))
    if spec is None:
        raise FormNotFoundError(slug)
    return read_form(spec)


def add(session: WriteSession, spec: Mapping[str, Any], *, actor: Viewer | None) -> KeptForm:
    """A new form, behind the others and switched off. Raises BadFormError, FormConflictError."""
    made = read_form(spec)
    known = session.scalar(select(FormTable).where(FormTable.slug == made.slug))
    if known is not None:
        raise FormConflictError(made.slug, known.version)
    last = session.scalar(select(func.max(FormTable.position)))
    row = FormTable(
        slug=made.slug, position=(last or 0) + 1, version=0, is_enabled=False, is_own=True, spec=to_json(made)
    )
    session.add(row)
    _add_version(session, row, made, actor)
    return _to_kept(session, row)


def edit(
    session: WriteSession,
    slug: str,
    spec: Mapping[str, Any],
    *,
    actor: Viewer | None,
    version: int | None = None,
) -> KeptForm:
    """A new version of a form; the same again changes nothing. Its slug stays.

    Raises FormNotFoundError, BadFormError, and FormConflictError if it is not at `version` any more.
    """
    row = _locked(session, slug)
    if version is not None and version != row.version:
        raise FormConflictError(slug, row.version)
    made = read_form({**spec, "slug": slug})
    if made != read_form(row.spec):
        row.is_own = True
        _add_version(session, row, made, actor)
    return _to_kept(session, row)


def _locked(session: WriteSession, slug: str) -> FormTable:
    row = _row(session, slug)
    statement = select(FormTable).where(FormTable.id == row.id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def set_enabled(session: WriteSession, slug: str, *, is_enabled: bool) -> KeptForm:
    """Offer a form or do not. Raises FormNotFoundError."""
    row = _locked(session, slug)
    row.is_enabled = is_enabled
    session.flush()
    return _to_kept(session, row)


def set_order(session: WriteSession, slugs: Sequence[str]) -> list[KeptForm]:
    """Put these forms first, in this order, and the others behind them. Raises FormNotFoundError."""
    known = [one.form.slug for one in kept_forms(session)]
    for slug in slugs:
        if slug not in known:
            raise FormNotFoundError(slug)
    wanted = [*dict.fromkeys(slugs), *(one for one in known if one not in slugs)]
    for position, slug in enumerate(wanted):
        _row(session, slug).position = position
    session.flush()
    return kept_forms(session)
