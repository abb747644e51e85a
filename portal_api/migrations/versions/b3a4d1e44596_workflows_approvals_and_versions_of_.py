"""workflows approvals and versions of forms

Revision: b3a4d1e44596, after c9ff6ee5da34
"""

import sqlalchemy as sa
from alembic import op

revision = "b3a4d1e44596"
down_revision = "c9ff6ee5da34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticketing_workflow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_workflow")),
        sa.UniqueConstraint("slug", name=op.f("uq_ticketing_workflow_slug")),
    )
    op.create_table(
        "ticketing_form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["form_id"],
            ["ticketing_form.id"],
            name=op.f("fk_ticketing_form_version_form_id_ticketing_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_form_version")),
        sa.UniqueConstraint("form_id", "version", name=op.f("uq_ticketing_form_version_form_id_version")),
    )
    op.create_table(
        "ticketing_workflow_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workflow_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["ticketing_workflow.id"],
            name=op.f("fk_ticketing_workflow_version_workflow_id_ticketing_workflow"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_workflow_version")),
        sa.UniqueConstraint(
            "workflow_id", "version", name=op.f("uq_ticketing_workflow_version_workflow_id_version")
        ),
    )
    op.create_table(
        "ticketing_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["ticketing_person.id"],
            name=op.f("fk_ticketing_approval_asked_by_id_ticketing_person"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticketing_ticket.id"],
            name=op.f("fk_ticketing_approval_ticket_id_ticketing_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticketing_approval")),
    )
    with op.batch_alter_table("ticketing_approval", schema=None) as batch_op:
        batch_op.create_index("ix_ticketing_approval_ticket", ["ticket_id", "id"], unique=False)
        batch_op.create_index(
            "uq_ticketing_approval_waiting",
            ["ticket_id"],
            unique=True,
            sqlite_where=sa.text("decision = 'waiting'"),
            postgresql_where=sa.text("decision = 'waiting'"),
        )

    with op.batch_alter_table("ticketing_form", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("is_enabled", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("is_own", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("ticketing_ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form_version", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("workflow_version_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("step_values", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_foreign_key(
            "fk_ticketing_ticket_workflow_version",
            "ticketing_workflow_version",
            ["workflow_version_id"],
            ["id"],
        )

    # what forms say now becomes their first version
    op.execute(
        "INSERT INTO ticketing_form_version (form_id, version, spec, made_at) "
        "SELECT id, 1, spec, CURRENT_TIMESTAMP FROM ticketing_form"
    )


def downgrade() -> None:
    with op.batch_alter_table("ticketing_ticket", schema=None) as batch_op:
        batch_op.drop_constraint("fk_ticketing_ticket_workflow_version", type_="foreignkey")
        batch_op.drop_column("step_values")
        batch_op.drop_column("workflow_version_id")
        batch_op.drop_column("form_version")

    with op.batch_alter_table("ticketing_form", schema=None) as batch_op:
        batch_op.drop_column("is_own")
        batch_op.drop_column("is_enabled")
        batch_op.drop_column("version")

    with op.batch_alter_table("ticketing_approval", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ticketing_approval_waiting",
            sqlite_where=sa.text("decision = 'waiting'"),
            postgresql_where=sa.text("decision = 'waiting'"),
        )
        batch_op.drop_index("ix_ticketing_approval_ticket")

    op.drop_table("ticketing_approval")
    op.drop_table("ticketing_workflow_version")
    op.drop_table("ticketing_form_version")
    op.drop_table("ticketing_workflow")
