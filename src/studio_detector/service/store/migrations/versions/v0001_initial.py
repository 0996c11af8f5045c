"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studio_detector.service.store.types import COUNTER, JSON_VALUE, SentText, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    _jobs()
    _in_flight()
    _results()
    _requests()
    _deliveries()
    _feedback()


def downgrade() -> None:
    """Drop them, and everything they hold."""
    for table in (
        "batches",
        "deliveries",
        "disabled_endpoints",
        "feedback",
        "idempotency",
        "in_flight",
        "jobs",
        "pictures",
        "results",
    ):
        op.drop_table(table)


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("pipeline_version", sa.Text(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=True),
        sa.Column("image_url", SentText(), nullable=True),
        sa.Column("name", SentText(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("near_duplicates", sa.Boolean(), nullable=False),
        sa.Column("callback_url", SentText(), nullable=True),
        sa.Column("shadow_of", sa.Uuid(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("partial", JSON_VALUE, nullable=True),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", SentText(), nullable=True),
        sa.Column("retry_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("message_at", UtcTime(), nullable=True),
        sa.CheckConstraint("leader_id IS NULL OR state = 'queued'", name="jobs_followers_wait"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'dead', 'cancelled')", name="jobs_state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("jobs_counts", "jobs", ["queue", "state"])
    _partial_index("jobs_following", "jobs", ["leader_id"], "leader_id IS NOT NULL")
    _partial_index("jobs_leased", "jobs", ["lease_until"], "state = 'running'")
    op.create_index("jobs_newest", "jobs", ["tenant", "created_at", "id"])
    op.create_index("jobs_newest_of_state", "jobs", ["tenant", "state", "created_at", "id"])
    _partial_index("jobs_of_batch", "jobs", ["batch_id", "position"], "batch_id IS NOT NULL")
    _partial_index("jobs_of_picture", "jobs", ["tenant", "image_hash"], "image_hash IS NOT NULL")
    _partial_index(
        "jobs_sent", "jobs", ["queue", "message_at"], "state = 'queued' AND leader_id IS NULL"
    )
    _partial_index(
        "jobs_unsent",
        "jobs",
        ["queue", "created_at"],
        "state = 'queued' AND leader_id IS NULL AND message_at IS NULL",
    )


def _in_flight() -> None:
    op.create_table(
        "in_flight",
        sa.Column("work_key", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("work_key"),
        sa.UniqueConstraint("job_id", name="in_flight_job"),
    )
    op.create_table(
        "pictures",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=False),
        sa.Column("needed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "image_hash"),
    )
    op.create_index("pictures_oldest", "pictures", ["needed_at"])


def _results() -> None:
    op.create_table(
        "results",
        sa.Column("seq", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("image_hash", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("pipeline_version", sa.Text(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("is_studio", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("lighting_confidence", sa.Float(), nullable=False),
        sa.Column("perceptual_hash", sa.Text(), nullable=True),
        sa.Column("perceptual_quality", sa.Integer(), nullable=True),
        sa.Column("phase1_results", JSON_VALUE, nullable=False),
        sa.Column("phase3_results", JSON_VALUE, nullable=True),
        sa.Column("evidence", JSON_VALUE, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("report", JSON_VALUE, nullable=False),
        sa.Column("processing_time_ms", sa.Float(), nullable=False),
        sa.Column("is_shadow", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", name="results_id"),
        sa.UniqueConstraint(
            "tenant", "image_hash", "variant", "pipeline_version", name="results_of_work"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("results_confidence", "results", ["tenant", "confidence"])
    op.create_index("results_image_hash", "results", ["image_hash"])
    op.create_index("results_newest", "results", ["tenant", "created_at", "seq"])


def _requests() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("callback_url", SentText(), nullable=True),
        sa.Column("unfinished", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("batches_newest", "batches", ["tenant", "created_at", "id"])
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", SentText(), nullable=False),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("job_ids", JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key"),
    )
    op.create_index("idempotency_oldest", "idempotency", ["created_at"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("url", SentText(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", SentText(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("retry_at", UtcTime(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", SentText(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("message_at", UtcTime(), nullable=True),
        sa.Column("touched_at", UtcTime(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed', 'disabled')", name="deliveries_state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deliveries_newest", "deliveries", ["tenant", "created_at", "id"])
    _partial_index("deliveries_of_job", "deliveries", ["job_id"], "job_id IS NOT NULL")
    _partial_index("deliveries_pending", "deliveries", ["retry_at"], "state = 'pending'")
    op.create_table(
        "disabled_endpoints",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("url", SentText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "url"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("note", SentText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feedback_newest", "feedback", ["tenant", "created_at", "id"])
    op.create_index("feedback_of_result", "feedback", ["result_id"])


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
