"""links between tickets

Revision: 2f40f9442b6f, after b7e94c1f20d3
"""

import sqlalchemy as sa
from alembic import op

revision = "2f40f9442b6f"
down_revision = "b7e94c1f20d3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticketing_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["ticketing_ticket.id"],
            name=op.f("fk_ticketing_link_other_id_ticketing_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticketing_ticket.id"],
            name=op.f("fk_ticketing_link_ticket_id_ticketing_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_link")),
        sa.UniqueConstraint(
            "ticket_id", "other_id", "kind", name=op.f("uq_ticketing_link_ticket_id_other_id_kind")
        ),
    )
    with op.batch_alter_table("ticketing_link", schema=None) as batch_op:
        batch_op.create_index("ix_ticketing_link_other", ["other_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ticketing_link", schema=None) as batch_op:
        batch_op.drop_index("ix_ticketing_link_other")

    op.drop_table("ticketing_link")
