"""indexes of a desk with many tickets

Revision: b7e94c1f20d3, after b3a4d1e44596
"""

from alembic import op

revision = "b7e94c1f20d3"
down_revision = "b3a4d1e44596"
branch_labels = None
depends_on = None

_MAKE_FUNCTION = """
CREATE OR REPLACE FUNCTION ticketing_pairs(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(lower(said), place, 2)), '{}')
  FROM generate_series(1, length(said) - 1) AS place
$$
"""
_PAIRS = "ticketing_pairs(subject || E'\\n' || coalesce(requester_name, '') || E'\\n' || coalesce(requester_email, ''))"


def upgrade() -> None:
    op.create_index("ix_ticketing_ticket_updated", "ticketing_ticket", ["updated_at", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_MAKE_FUNCTION)
        op.execute(f"CREATE INDEX ix_ticketing_ticket_pairs ON ticketing_ticket USING gin ({_PAIRS})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_ticketing_ticket_pairs")
        op.execute("DROP FUNCTION ticketing_pairs(text)")
    op.drop_index("ix_ticketing_ticket_updated", table_name="ticketing_ticket")
