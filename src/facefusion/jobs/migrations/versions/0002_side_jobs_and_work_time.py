"""What a side job is about, and how long somebody worked at a task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_jobs_about"), ["about"], unique=False)
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lent", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("seconds", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("tasks", "seconds")
    op.drop_column("tasks", "lent")
    op.drop_index("ix_jobs_about", "jobs")
    op.drop_column("jobs", "about")
