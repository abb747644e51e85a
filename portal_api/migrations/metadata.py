"""Every table of every room, in one place, for the migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

import chatbot.tables
import foundation.tables
import ingest.tables
import kb.tables
import portal_api.tables
import retrieval.tables
import ticketing.tables
from foundation.db import Table

INDEXES_OF_EXPRESSIONS = frozenset({"ix_ticketing_ticket_pairs"})

_ROOMS = (
    foundation.tables,
    kb.tables,
    retrieval.tables,
    ticketing.tables,
    chatbot.tables,
    ingest.tables,
    portal_api.tables,
)


def metadata() -> MetaData:
    """The tables as the code of today wants them."""
    return Table.metadata


def is_compared(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Everything but indexes of expressions, which a database writes back in other words."""
    return not (kind == "index" and name in INDEXES_OF_EXPRESSIONS)
