"""What PostgreSQL finds words of tickets by: an index of all pairs of neighbouring characters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, DDL, Text, event, literal_column

INDEX = "ix_ticketing_ticket_pairs"
_MAKE_FUNCTION = """
CREATE OR REPLACE FUNCTION ticketing_pairs(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
  SELECT coalesce(array_agg(DISTINCT substr(lower(said), place, 2)), '{}')
  FROM generate_series(1, length(said) - 1) AS place
$$
"""
_PAIRS = (
    "ticketing_pairs(ticketing_ticket.subject || E'\\n' || coalesce(ticketing_ticket.requester_name, '')"
    " || E'\\n' || coalesce(ticketing_ticket.requester_email, ''))"
)
MAKE_INDEX = f"CREATE INDEX {INDEX} ON ticketing_ticket USING gin ({_PAIRS.replace('ticketing_ticket.', '')})"
SEARCHED: Any = literal_column(_PAIRS, ARRAY(Text))


def keep_pairs(table: Any) -> None:
    """Have PostgreSQL make the index, and its function, with the table.

    Not an `Index` of the table: its expression is written back in other words, and could not be compared.
    """
    for moment, statement in (("before_create", _MAKE_FUNCTION), ("after_create", MAKE_INDEX)):
        make = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(table, moment, make.execute_if(dialect="postgresql"))
