"""Macros: saved replies with what is done to the ticket beside them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from portal_api.dependencies import AsAgent, InTransaction, Reading
from portal_api.routes.tickets import VersionIn
from portal_api.routes.words import WordsOut
from ticketing import macros
from ticketing.macros import Macro, NewMacro
from ticketing.types import Priority, Visibility

router = APIRouter(prefix="/api/v1", tags=["tickets"])


class MacroName(BaseModel):
    """What a macro is called."""

    zh: Annotated[str, Field(min_length=1, max_length=120)]
    en: Annotated[str, Field(min_length=1, max_length=120)]


class MacroText(BaseModel):
    """What it says; one language may be left empty."""

    zh: Annotated[str, Field(max_length=10_000)] = ""
    en: Annotated[str, Field(max_length=10_000)] = ""


class MacroChanges(BaseModel):
    """What it changes of the ticket; the state goes with the reply."""

    priority: Priority | None = None
    queue: Annotated[str, Field(max_length=100)] | None = None
    state: Annotated[str, Field(max_length=100)] | None = None


class MacroIn(BaseModel):
    """A macro, the agent's own or for everybody."""

    name: MacroName
    text: MacroText = MacroText()
    visibility: Visibility = Visibility.PUBLIC
    changes: MacroChanges = MacroChanges()
    is_shared: bool = False


class MacroOut(BaseModel):
    """A macro, and how often it was used."""

    id: int
    name: WordsOut
    text: WordsOut
    visibility: Visibility
    changes: MacroChanges
    is_shared: bool
    used: int


class MacrosOut(BaseModel):
    """Everybody's macros and one's own, the most used first."""

    items: list[MacroOut]
    total: int
    placeholders: list[str]


class UsedMacroOut(BaseModel):
    """The text for this ticket; `then` is the state to send with the reply."""

    text: str
    visibility: Visibility
    then: str | None


def _new(body: MacroIn) -> NewMacro:
    return NewMacro(
        name=body.name.model_dump(),
        text=body.text.model_dump(),
        visibility=body.visibility,
        changes=body.changes.model_dump(exclude_none=True),
        is_shared=body.is_shared,
    )


def _out(one: Macro) -> MacroOut:
    return MacroOut(
        id=one.id,
        name=WordsOut(**one.name),
        text=WordsOut(**one.text),
        visibility=one.visibility,
        changes=MacroChanges(**one.changes),
        is_shared=one.is_shared,
        used=one.used,
    )


@router.get("/macros")
def list_macros(viewer: AsAgent, session: Reading) -> MacrosOut:
    """Everybody's macros and one's own."""
    items = [_out(one) for one in macros.macros(session, viewer)]
    return MacrosOut(items=items, total=len(items), placeholders=list(macros.PLACEHOLDERS))


@router.post("/macros", status_code=201)
def add_macro(body: MacroIn, viewer: AsAgent, session: InTransaction) -> MacroOut:
    """Write a macro; for everybody, if one is a manager."""
    return _out(macros.add(session, viewer, _new(body)))


@router.put("/macros/{macro_id}")
def change_macro(macro_id: int, body: MacroIn, viewer: AsAgent, session: InTransaction) -> MacroOut:
    """Change a macro."""
    return _out(macros.change(session, viewer, macro_id, _new(body)))


@router.delete("/macros/{macro_id}", status_code=204)
def remove_macro(macro_id: int, viewer: AsAgent, session: InTransaction) -> None:
    """Forget a macro."""
    macros.remove(session, viewer, macro_id)


@router.post("/tickets/{ticket_id}/macros/{macro_id}")
def use_macro(
    ticket_id: int, macro_id: int, body: VersionIn, viewer: AsAgent, session: InTransaction
) -> UsedMacroOut:
    """Use a macro on a ticket: priority and queue change at once, the text comes back to be looked at."""
    found = macros.use(session, viewer, ticket_id, macro_id, version=body.version)
    return UsedMacroOut(text=found.text, visibility=found.visibility, then=found.then)
