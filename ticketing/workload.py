"""How much agents have in hand."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import case, func, select

from foundation.db import ReadSession
from ticketing.lifecycle import ACTIVE
from ticketing.routing_types import DeskRouting
from ticketing.tables import TicketTable


def loads(session: ReadSession, agents: Collection[int], desk: DeskRouting) -> dict[int, int]:
    """How much of their capacity those of the agents' tickets take whose next step is ours; none is left out."""
    weight = case(desk.weights, value=TicketTable.channel, else_=1)
    statement = (
        select(TicketTable.assignee_id, func.sum(weight))
        .where(TicketTable.assignee_id.in_(agents), TicketTable.state.in_(ACTIVE))
        .group_by(TicketTable.assignee_id)
    )
    return {agent: int(load) for agent, load in session.execute(statement) if agent is not None}
