"""The settings of handing out tickets that hold for the whole desk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import IntegrityError

from foundation.db import ReadSession, WriteSession
from ticketing.errors import BadRoutingError
from ticketing.routing_types import DeskRouting
from ticketing.tables import DeskRoutingTable
from ticketing.types import Channel

_ONLY = 1
_HEAVIEST = 100
_LONGEST_WINDOW = 7 * 24 * 60
_SHORTEST_ABSENCE_S, _LONGEST_ABSENCE_S = 45, 3600  # consoles give a sign of life every twenty seconds or so


def read(session: ReadSession) -> DeskRouting:
    """What counts now."""
    row = session.get(DeskRoutingTable, _ONLY)
    return DeskRouting(**row.spec) if row is not None else DeskRouting()


def write(session: WriteSession, new: DeskRouting) -> DeskRouting:
    """Let these settings count from now on. Raises BadRoutingError."""
    check(new)
    lock(session).spec = _json(new)
    session.flush()
    return new


def _json(one: DeskRouting) -> dict[str, Any]:
    return asdict(one)


def check(new: DeskRouting) -> None:
    """Refuse what makes no sense. Raises BadRoutingError."""
    unknown = set(new.weights) - {str(channel) for channel in Channel}
    if unknown:
        raise BadRoutingError(f"there is no channel {', '.join(sorted(unknown))}")
    if not all(1 <= weight <= _HEAVIEST for weight in new.weights.values()):
        raise BadRoutingError(f"a ticket takes 1 to {_HEAVIEST} of an agent's capacity")
    if new.fair_share is not None and new.fair_share < 1:
        raise BadRoutingError("a fair share is at least one ticket")
    if not 1 <= new.fair_window_minutes <= _LONGEST_WINDOW:
        raise BadRoutingError(f"the fairness window is 1 to {_LONGEST_WINDOW} minutes")
    if not _SHORTEST_ABSENCE_S <= new.absent_after_s <= _LONGEST_ABSENCE_S:
        raise BadRoutingError(
            f"an agent is absent after {_SHORTEST_ABSENCE_S} to {_LONGEST_ABSENCE_S} seconds of silence"
        )


def lock(session: WriteSession) -> DeskRoutingTable:
    """The only row, locked until the transaction ends: one at a time hands out tickets."""
    row = session.get(DeskRoutingTable, _ONLY, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(DeskRoutingTable(id=_ONLY, spec=_json(DeskRouting())))
                session.flush()
        except IntegrityError:
            pass  # another transaction made it first
        row = session.get_one(DeskRoutingTable, _ONLY, with_for_update=True, populate_existing=True)
    return row
