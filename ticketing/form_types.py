"""Values of forms that cross the room's door, and what must hold for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic import Field as Bound

from ticketing import patterns
from ticketing.directory_types import Words
from ticketing.spec_types import STRICT, Label, Slug, Text

Scalar = bool | int | float | str
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,59}$")]
Pattern = Annotated[str, AfterValidator(patterns.check)]


class FieldType(StrEnum):
    """What a field takes."""

    TEXT = "text"
    TEXTAREA = "textarea"
    SELECT = "select"
    NUMBER = "number"
    DATE = "date"
    CHECKBOX = "checkbox"
    EMAIL = "email"


class FormKind(StrEnum):
    """What a form is for: opening a ticket, or configuring a product."""

    TICKET = "ticket"
    CONFIGURATOR = "configurator"


def _as_tuple(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class Option:
    """One choice; `value` is what is stored."""

    __pydantic_config__ = STRICT

    value: Annotated[str, BeforeValidator(_as_text), StringConstraints(min_length=1, max_length=200)]
    label: Label


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Ask the vendor's system about a value: what it does not know is refused.

    `parameters` of the operation may be `$value`, `$viewer.company`, `$viewer.email` or plain text.
    """

    __pydantic_config__ = STRICT

    system: Slug
    operation: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    parameters: Annotated[Mapping[str, str], Bound(max_length=20)]
    refusal: Text | None = None  # told when the system does not know the value
    fills: Annotated[Mapping[Name, str], Bound(max_length=20)] | None = (
        None  # empty field → path in the answer
    )


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question of a form."""

    __pydantic_config__ = STRICT

    name: Name
    label: Label
    type: FieldType
    help: Text | None = None
    required: bool = False
    options: Annotated[tuple[Option, ...], Bound(max_length=200)] = ()
    pattern: Pattern | None = None  # the whole value must match
    min: Annotated[float, Bound(allow_inf_nan=False)] | None = None
    max: Annotated[float, Bound(allow_inf_nan=False)] | None = None
    visible_when: Mapping[Name, Annotated[tuple[Scalar, ...], BeforeValidator(_as_tuple)]] | None = (
        None  # other field → values that show this one
    )
    unit: Annotated[str, StringConstraints(max_length=20)] | None = None
    lookup: Lookup | None = None


@dataclass(frozen=True)
class Step:
    """A page of a configurator."""

    __pydantic_config__ = STRICT

    name: Name
    label: Label
    fields: tuple[Name, ...]


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as every channel shows it."""

    __pydantic_config__ = STRICT

    slug: Slug
    title: Label
    kind: FormKind
    product: Annotated[str, StringConstraints(max_length=200)] | None = None
    ticket_kind: Slug = "general"  # the kind of the ticket it opens
    attachments: Annotated[int, Bound(ge=0, le=10)] = 10  # how many files may come with it
    fields: Annotated[tuple[Field, ...], Bound(max_length=100)]
    steps: Annotated[tuple[Step, ...], Bound(max_length=20)] = ()

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, kw_only=True)
class KeptForm:
    """A form in its current version, and whether it is offered."""

    form: Form
    version: int
    is_enabled: bool
    made_at: datetime
    made_by: str | None


@dataclass(frozen=True)
class FieldError:
    """Why a value is refused; `code` is stable, `message` is for people."""

    code: str
    message: Words
