"""Which request a job came of.

Columns alone, without a value: earlier programs go on beside newer ones, and no row is written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("jobs", "deliveries")
_COLUMNS = ("request_id", "traceparent")


def upgrade() -> None:
    """Add them."""
    for table in _TABLES:
        for name in _COLUMNS:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them, and what they hold."""
    for table in _TABLES:
        for name in reversed(_COLUMNS):
            op.drop_column(table, name)
