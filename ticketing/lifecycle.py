"""Which states a ticket goes through, and the vendor's own names for them."""

from __future__ import annotations

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from ticketing.directory_types import Words
from ticketing.errors import MoveNotAllowedError, UnknownSlugError
from ticketing.tables import StatusTable
from ticketing.types import State, Status

MOVES: dict[State, tuple[State, ...]] = {
    State.NEW: (State.OPEN, State.WAITING_CUSTOMER, State.ON_HOLD, State.SOLVED, State.MERGED),
    State.OPEN: (State.WAITING_CUSTOMER, State.ON_HOLD, State.SOLVED, State.MERGED),
    State.WAITING_CUSTOMER: (State.OPEN, State.ON_HOLD, State.SOLVED, State.MERGED),
    State.ON_HOLD: (State.OPEN, State.WAITING_CUSTOMER, State.SOLVED, State.MERGED),
    State.SOLVED: (State.OPEN, State.CLOSED, State.MERGED),
    State.CLOSED: (),
    State.MERGED: (),
}
ACTIVE = (State.NEW, State.OPEN)  # the next step is ours
UNFINISHED = (State.NEW, State.OPEN, State.WAITING_CUSTOMER, State.ON_HOLD)
FINAL = (State.CLOSED, State.MERGED)

_DEFAULTS = {
    State.NEW: {"zh": "新建", "en": "New"},
    State.OPEN: {"zh": "处理中", "en": "Open"},
    State.WAITING_CUSTOMER: {"zh": "等待客户", "en": "Waiting for customer"},
    State.ON_HOLD: {"zh": "已搁置", "en": "On hold"},
    State.SOLVED: {"zh": "已解决", "en": "Solved"},
    State.CLOSED: {"zh": "已关闭", "en": "Closed"},
    State.MERGED: {"zh": "已合并", "en": "Merged"},
}


def check_move(ticket_id: int, before: State, after: State) -> None:
    """Refuse a move that `MOVES` does not list. Raises MoveNotAllowedError."""
    if after not in MOVES[before]:
        raise MoveNotAllowedError(ticket_id, before, after, [str(state) for state in MOVES[before]])


def statuses(session: ReadSession) -> list[Status]:
    """All statuses in the order of their types; a type nobody has named has its built-in name."""
    rows = session.scalars(select(StatusTable).order_by(StatusTable.position, StatusTable.id))
    named = [Status(row.slug, row.name, State(row.type)) for row in rows]
    return [
        status
        for state in State
        for status in ([one for one in named if one.type == state] or [built_in(state)])
    ]


def built_in(state: State) -> Status:
    """The status of a type that the vendor has not named."""
    return Status(str(state), _DEFAULTS[state], state)


def find_status(known: list[Status], state: State, slug: str | None) -> Status:
    """The status of a ticket: the named one if it still exists, else the first of the type."""
    of_type = [one for one in known if one.type == state]
    return next((one for one in of_type if one.slug == slug), of_type[0])


def read_status(session: ReadSession, name: str) -> Status:
    """The status that a slug or the name of a type means. Raises UnknownSlugError."""
    known = statuses(session)
    for status in known:
        if status.slug == name:
            return status
    if name in list(State):
        return find_status(known, State(name), None)
    raise UnknownSlugError("status", name)


def moves_of(known: list[Status], state: State) -> tuple[Status, ...]:
    """The statuses an agent may choose for a ticket in `state`; merging is another act and not among them."""
    allowed = [after for after in MOVES[state] if after is not State.MERGED]
    return tuple(status for status in known if status.type in allowed)


def upsert_status(session: WriteSession, status: Status, position: int) -> None:
    """Name a status over a type; the first by position is what the type alone means."""
    row = session.scalar(select(StatusTable).where(StatusTable.slug == status.slug))
    if row is None:
        row = StatusTable(slug=status.slug)
        session.add(row)
    name: Words = dict(status.name)
    row.name, row.type, row.position = name, status.type, position
    session.flush()
