"""Macros: saved replies with placeholders, and what is done to the ticket beside them.

Using one changes priority and queue at once and hands the text back for the agent to look at; the state it
leads to goes with the reply, so that a ticket never says "waiting for the customer" before it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update

from foundation import clock
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession
from foundation.errors import ForbiddenError
from foundation.settings import get_settings
from ticketing import moves, repository, resolving, rule_specs
from ticketing.directory_types import Words
from ticketing.errors_macros import MacroInvalidError, MacroNotFoundError
from ticketing.tables import CompanyTable, PersonTable, TicketTable
from ticketing.tables_macros import MacroTable
from ticketing.types import Priority, State, TicketChange, Visibility

PLACEHOLDERS = ("number", "subject", "customer", "company", "product", "agent", "ticket_link")
_CHANGES = ("priority", "queue", "state")


@dataclass(frozen=True, kw_only=True)
class NewMacro:
    """`changes` may name priority, queue and state."""

    name: Words
    text: Words
    visibility: Visibility = Visibility.PUBLIC
    changes: Mapping[str, Any]
    is_shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Macro:
    id: int
    name: Words
    text: Words
    visibility: Visibility
    changes: Mapping[str, Any]
    is_shared: bool
    used: int


@dataclass(frozen=True, kw_only=True)
class UsedMacro:
    """A macro's text for one ticket, and the state that goes with the reply."""

    text: str
    visibility: Visibility
    then: str | None


def macros(session: ReadSession, viewer: Viewer) -> list[Macro]:
    """Everybody's macros and the viewer's own, the most used first."""
    mine = or_(MacroTable.owner_id.is_(None), MacroTable.owner_id == viewer.agent_id)
    rows = session.scalars(select(MacroTable).where(mine).order_by(MacroTable.used.desc(), MacroTable.id))
    return [_to_macro(row) for row in rows]


def _to_macro(row: MacroTable) -> Macro:
    return Macro(
        id=row.id,
        name=row.name,
        text=row.text,
        visibility=Visibility(row.visibility),
        changes=row.changes,
        is_shared=row.owner_id is None,
        used=row.used,
    )


def add(session: WriteSession, viewer: Viewer, new: NewMacro) -> Macro:
    """A new macro. Raises MacroInvalidError; ForbiddenError for a shared one of who is no manager."""
    row = MacroTable(made_at=clock.now(), used=0)
    _write(row, viewer, new)
    session.add(row)
    session.flush()
    return _to_macro(row)


def change(session: WriteSession, viewer: Viewer, macro_id: int, new: NewMacro) -> Macro:
    """Change a macro. Raises MacroNotFoundError, MacroInvalidError, ForbiddenError."""
    row = _editable(session, viewer, macro_id)
    _write(row, viewer, new)
    session.flush()
    return _to_macro(row)


def remove(session: WriteSession, viewer: Viewer, macro_id: int) -> None:
    """Forget a macro. Raises MacroNotFoundError, ForbiddenError."""
    session.delete(_editable(session, viewer, macro_id))
    session.flush()


def _write(row: MacroTable, viewer: Viewer, new: NewMacro) -> None:
    agent_id = moves.require_agent(viewer)
    if new.is_shared and not viewer.has_role(Role.MANAGER):
        raise ForbiddenError("only a manager may write macros for everybody")
    _check(new)
    row.owner_id = None if new.is_shared else agent_id
    row.name, row.text = dict(new.name), dict(new.text)
    row.visibility, row.changes = new.visibility, dict(new.changes)


def _check(new: NewMacro) -> None:
    used = {name for text in new.text.values() for name in rule_specs.placeholders_in(text)}
    if unknown := sorted(used - set(PLACEHOLDERS)):
        raise MacroInvalidError("text", f"there is no {{{unknown[0]}}}; there are: {', '.join(PLACEHOLDERS)}")
    if unknown := sorted(set(new.changes) - set(_CHANGES)):
        raise MacroInvalidError("changes", f"there is no {unknown[0]}; there are: {', '.join(_CHANGES)}")
    priority = new.changes.get("priority")
    if priority is not None and priority not in list(Priority):
        raise MacroInvalidError("priority", f"one of: {', '.join(Priority)}")
    if not any(new.text.values()) and not new.changes:
        raise MacroInvalidError("text", "a macro says or changes something")


def _editable(session: WriteSession, viewer: Viewer, macro_id: int) -> MacroTable:
    row = _visible(session, viewer, macro_id)
    if row.owner_id is None and not viewer.has_role(Role.MANAGER):
        raise ForbiddenError("only a manager may change macros for everybody")
    return row


def _visible(session: ReadSession, viewer: Viewer, macro_id: int) -> MacroTable:
    """A macro of everybody or the viewer's own; a colleague's looks like none."""
    row = session.get(MacroTable, macro_id)
    if row is None or row.owner_id not in (None, viewer.agent_id):
        raise MacroNotFoundError(macro_id)
    return row


def use(
    session: WriteSession, viewer: Viewer, ticket_id: int, macro_id: int, *, version: int | None = None
) -> UsedMacro:
    """Fill a macro's text for a ticket, in its language, and change its priority and queue.

    Raises AgentRequiredError, MacroNotFoundError, TicketNotFoundError, VersionConflictError,
    MoveNotAllowedError, UnknownSlugError.
    """
    moves.require_agent(viewer)
    row = _visible(session, viewer, macro_id)
    repository.find(session, viewer, ticket_id)
    ticket = repository.lock(session, ticket_id)
    moves.check_version(ticket, version)
    wanted = TicketChange(
        priority=Priority(row.changes["priority"]) if row.changes.get("priority") else None,
        queue=row.changes.get("queue"),
    )
    if wanted != TicketChange():
        resolving.apply(session, ticket, wanted, viewer)
    counted = update(MacroTable).where(MacroTable.id == macro_id).values(used=MacroTable.used + 1)
    session.execute(counted.execution_options(synchronize_session=False))
    then = row.changes.get("state")
    visibility = Visibility(row.visibility)
    return UsedMacro(
        text=_filled(session, viewer, ticket, row.text),
        visibility=visibility,
        then=str(then) if then and ticket.state not in (State.CLOSED, State.MERGED) else None,
    )


def _filled(session: ReadSession, viewer: Viewer, ticket: TicketTable, text: Mapping[str, str]) -> str:
    lang = "zh" if ticket.language.startswith("zh") else "en"
    person = session.get(PersonTable, ticket.requester_id) if ticket.requester_id else None
    company = session.get(CompanyTable, ticket.company_id) if ticket.company_id else None
    values = {
        "number": repository.number(ticket.id),
        "subject": ticket.subject,
        "customer": person.name if person else ticket.requester_name,
        "company": company.name.get(lang) if company else None,
        "product": ticket.product,
        "agent": viewer.name,
        "ticket_link": get_settings().link(f"/portal/tickets/{ticket.id}"),
    }
    return rule_specs.filled(text.get(lang) or text.get("en") or text.get("zh") or "", values)
