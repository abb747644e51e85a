"""ingest jobs can be steered

Revision: bd8cb19fa698, after 05f8753e72bb
"""

import sqlalchemy as sa
from alembic import op

revision = "bd8cb19fa698"
down_revision = "05f8753e72bb"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A file in hand of a worker that the upgrade stopped is taken up anew; two rows of it would bar the index below.
    op.execute("UPDATE ingest_file SET state = 'waiting', claimed_by = NULL WHERE state = 'running'")
    op.create_table(
        "ingest_root",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_root")),
        sa.UniqueConstraint("collection", "name", name=op.f("uq_ingest_root_collection_name")),
    )
    with op.batch_alter_table("ingest_file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rules", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("pages_planned", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("pages_done", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("timings", sa.JSON(), nullable=True))
        batch_op.create_index("ix_ingest_file_uri", ["collection", "uri"], unique=False)
        batch_op.create_index(
            "uq_ingest_file_in_hand",
            ["collection", "uri"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    with op.batch_alter_table("ingest_job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("pending_removals", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("pending_of", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("pages_per_second", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ingest_job", schema=None) as batch_op:
        batch_op.drop_column("pages_per_second")
        batch_op.drop_column("pending_of")
        batch_op.drop_column("pending_removals")
        batch_op.drop_column("claimed_by")

    with op.batch_alter_table("ingest_file", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ingest_file_in_hand",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index("ix_ingest_file_uri")
        batch_op.drop_column("timings")
        batch_op.drop_column("pages_done")
        batch_op.drop_column("pages_planned")
        batch_op.drop_column("rules")
        batch_op.drop_column("retry_at")

    op.drop_table("ingest_root")
