"""What is told of the state of the service: callbacks given up, and since when a key wraps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studio_detector.service.store.types import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    """Add an index and a table."""
    op.create_index(
        "deliveries_failed",
        "deliveries",
        ["created_at"],
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    )
    op.create_table(
        "master_keys",
        sa.Column("master_id", sa.Text(), nullable=False),
        sa.Column("first_used_at", UtcTime(), nullable=False),
        sa.Column("noted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("master_id"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("master_keys")
    op.drop_index("deliveries_failed", "deliveries")
