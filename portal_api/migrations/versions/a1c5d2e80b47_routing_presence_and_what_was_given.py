"""routing, presence and what was given

Revision: a1c5d2e80b47, after 73fe6497d658
"""

import sqlalchemy as sa
from alembic import op

revision = "a1c5d2e80b47"
down_revision = "73fe6497d658"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticketing_desk_routing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_desk_routing")),
    )
    op.create_table(
        "ticketing_given",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ack_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["ticketing_agent.id"],
            name=op.f("fk_ticketing_given_agent_id_ticketing_agent"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticketing_ticket.id"],
            name=op.f("fk_ticketing_given_ticket_id_ticketing_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_given")),
    )
    with op.batch_alter_table("ticketing_given", schema=None) as batch_op:
        batch_op.create_index("ix_ticketing_given_agent", ["agent_id", "at"], unique=False)
        batch_op.create_index("ix_ticketing_given_ticket", ["ticket_id"], unique=False)
        batch_op.create_index("ix_ticketing_given_ack", ["ack_due_at"], unique=False)
    op.create_table(
        "ticketing_silence",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["ticketing_company.id"],
            name=op.f("fk_ticketing_silence_company_id_ticketing_company"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_ticketing_silence")),
    )
    with op.batch_alter_table("ticketing_agent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    # Until now nobody was expected to give signs of life: who is there will say so again.
    op.execute("UPDATE ticketing_agent SET presence = 'offline'")
    with op.batch_alter_table("ticketing_tier", schema=None) as batch_op:
        batch_op.add_column(sa.Column("silent_days", sa.Integer(), nullable=True))
    with op.batch_alter_table("ticketing_queue", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_automatic", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("skills", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("relax_after_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("fallback_team_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("fallback_after_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ack_minutes", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_ticketing_queue_fallback_team_id_ticketing_team"),
            "ticketing_team",
            ["fallback_team_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("ticketing_queue", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_ticketing_queue_fallback_team_id_ticketing_team"), type_="foreignkey"
        )
        batch_op.drop_column("ack_minutes")
        batch_op.drop_column("fallback_after_minutes")
        batch_op.drop_column("fallback_team_id")
        batch_op.drop_column("relax_after_minutes")
        batch_op.drop_column("skills")
        batch_op.drop_column("is_automatic")
    with op.batch_alter_table("ticketing_tier", schema=None) as batch_op:
        batch_op.drop_column("silent_days")
    with op.batch_alter_table("ticketing_agent", schema=None) as batch_op:
        batch_op.drop_column("seen_at")
    op.drop_table("ticketing_silence")
    op.drop_table("ticketing_given")
    op.drop_table("ticketing_desk_routing")
