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
