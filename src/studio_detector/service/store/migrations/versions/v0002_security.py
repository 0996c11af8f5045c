"""Keys, nonces, subjects, data keys, erasures and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studio_detector.service.store import append_only
from studio_detector.service.store.types import COUNTER, SentText, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    _access()
    _privacy()
    _arrivals()
    _audit()


def downgrade() -> None:
    """Drop them, and everything they hold; encrypted pictures cannot be read afterwards."""
    for table in (
        "api_keys",
        "audit_head",
        "audit_log",
        "data_keys",
        "erasures",
        "nonces",
        "subjects",
    ):
        op.drop_table(table)
    op.drop_column("pictures", "arriving")
    op.drop_index("jobs_alike", "jobs")
    op.drop_index("deliveries_of_batch", "deliveries")
    for statement in append_only.dropping(op.get_bind().dialect.name):
        op.execute(statement)


def _access() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", SentText(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(secret_hash IS NULL) <> (public_key IS NULL)", name="api_keys_one_kind"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("api_keys_newest", "api_keys", ["tenant", "created_at", "id"])
    op.create_table(
        "nonces",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "nonce"),
    )
    op.create_index("nonces_oldest", "nonces", ["expires_at"])


def _privacy() -> None:
    op.create_table(
        "subjects",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("subjects_of_tenant", "subjects", ["tenant", "subject"])
    _partial("subjects_of_picture", "subjects", ["tenant", "image_hash"], "image_hash IS NOT NULL")
    # What an erasure looks for and nobody looked for before.
    _partial("jobs_alike", "jobs", ["result_id"], "answer = 'near_duplicate'")
    _partial("deliveries_of_batch", "deliveries", ["batch_id"], "batch_id IS NOT NULL")
    op.create_table(
        "data_keys",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.Column("master_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "image_hash"),
    )
    op.create_index("data_keys_of_blob", "data_keys", ["blob"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("erased_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('job', 'picture', 'subject', 'tenant')", name="erasures_kind"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("erasures_newest", "erasures", ["erased_at"])


def _arrivals() -> None:
    """Make the table of pictures anew: SQLite writes a column that comes later another way."""
    op.execute("CREATE TABLE pictures_before AS SELECT * FROM pictures")
    op.drop_table("pictures")
    op.create_table(
        "pictures",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=False),
        sa.Column("needed_at", UtcTime(), nullable=False),
        # Earlier programs that go on beside newer ones do not know it.
        sa.Column("arriving", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("tenant", "image_hash"),
    )
    op.create_index("pictures_oldest", "pictures", ["needed_at"])
    op.execute(
        "INSERT INTO pictures (tenant, image_hash, needed_at, arriving) "
        "SELECT tenant, image_hash, needed_at, 0 FROM pictures_before"
    )
    op.drop_table("pictures_before")


def _audit() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", COUNTER, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("actor", SentText(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", SentText(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_log_of_tenant", "audit_log", ["tenant", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", COUNTER, nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in append_only.making(op.get_bind().dialect.name):
        op.execute(statement)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
