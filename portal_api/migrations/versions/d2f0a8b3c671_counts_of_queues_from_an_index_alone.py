"""counts of queues from an index alone

Revision: d2f0a8b3c671, after 2f40f9442b6f
"""

from alembic import op

revision = "d2f0a8b3c671"
down_revision = "2f40f9442b6f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ticketing_ticket_counts",
        "ticketing_ticket",
        ["state", "queue_id", "assignee_id", "id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER FUNCTION ticketing_pairs(text) COST 1000")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER FUNCTION ticketing_pairs(text) COST 100")
    op.drop_index("ix_ticketing_ticket_counts", table_name="ticketing_ticket")
