"""The tables, as the newest migration leaves them.

There are no foreign keys: rows that belong together are written and deleted in one
transaction, and the checks would cost the hot path more than they catch.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from studio_detector.service.store.types import COUNTER, JSON_VALUE, SentText, UtcTime

#: Version of the tables below: the newest revision under ``migrations/versions``.
SCHEMA_VERSION = "0004"

METADATA = MetaData()

jobs = Table(
    "jobs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("pipeline_version", Text, nullable=False),
    Column("phases", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("image_hash", Text),
    Column("image_url", SentText),
    Column("name", SentText),
    Column("batch_id", Uuid),
    Column("position", Integer),
    Column("near_duplicates", Boolean, nullable=False),
    Column("callback_url", SentText),
    Column("shadow_of", Uuid),
    Column("lease_token", Text),
    Column("leader_id", Uuid),
    Column("partial", JSON_VALUE),
    Column("result_id", Uuid),
    Column("answer", Text),
    Column("error_code", Text),
    Column("error_message", SentText),
    Column("retry_at", UtcTime),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    # What follows is the store's own and in no record.
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Column("message_at", UtcTime),
    # Came later, and are in the record.
    Column("request_id", Text),
    Column("traceparent", Text),
    CheckConstraint(
        "state IN ('queued', 'running', 'done', 'dead', 'cancelled')", name="jobs_state"
    ),
    CheckConstraint("leader_id IS NULL OR state = 'queued'", name="jobs_followers_wait"),
)


def _partial(name: str, table: Table, *columns: str, where: str) -> Index:
    condition = text(where)
    return Index(
        name,
        *(table.c[column] for column in columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


Index("jobs_newest", jobs.c.tenant, jobs.c.created_at, jobs.c.id)
Index("jobs_newest_of_state", jobs.c.tenant, jobs.c.state, jobs.c.created_at, jobs.c.id)
# The queue first: were it the state, SQLite would prefer this index to the partial ones.
Index("jobs_counts", jobs.c.queue, jobs.c.state)
_partial("jobs_of_batch", jobs, "batch_id", "position", where="batch_id IS NOT NULL")
_partial("jobs_of_picture", jobs, "tenant", "image_hash", where="image_hash IS NOT NULL")
_partial("jobs_following", jobs, "leader_id", where="leader_id IS NOT NULL")
_partial(
    "jobs_unsent",
    jobs,
    "queue",
    "created_at",
    where="state = 'queued' AND leader_id IS NULL AND message_at IS NULL",
)
_partial("jobs_sent", jobs, "queue", "message_at", where="state = 'queued' AND leader_id IS NULL")
_partial("jobs_leased", jobs, "lease_until", where="state = 'running'")
_partial("jobs_alike", jobs, "result_id", where="answer = 'near_duplicate'")

#: Who does the work that others may wait for: one row for each unfinished leader.
in_flight = Table(
    "in_flight",
    METADATA,
    Column("work_key", Text, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    UniqueConstraint("job_id", name="in_flight_job"),
)

results = Table(
    "results",
    METADATA,
    Column("seq", COUNTER, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("image_hash", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("pipeline_version", Text, nullable=False),
    Column("phases", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("is_studio", Boolean, nullable=False),
    Column("label", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("lighting_confidence", Float, nullable=False),
    Column("perceptual_hash", Text),
    Column("perceptual_quality", Integer),
    Column("phase1_results", JSON_VALUE, nullable=False),
    Column("phase3_results", JSON_VALUE),
    Column("evidence", JSON_VALUE, nullable=False),
    Column("model", Text, nullable=False),
    Column("report", JSON_VALUE, nullable=False),
    Column("processing_time_ms", Float, nullable=False),
    Column("is_shadow", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("id", name="results_id"),
    UniqueConstraint("tenant", "image_hash", "variant", "pipeline_version", name="results_of_work"),
    sqlite_autoincrement=True,
)
Index("results_image_hash", results.c.image_hash)
Index("results_confidence", results.c.tenant, results.c.confidence)
Index("results_newest", results.c.tenant, results.c.created_at, results.c.seq)

batches = Table(
    "batches",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("callback_url", SentText),
    Column("unfinished", Integer, nullable=False),
    Column("finished_at", UtcTime),
)
Index("batches_newest", batches.c.tenant, batches.c.created_at, batches.c.id)

idempotency = Table(
    "idempotency",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("key", SentText, primary_key=True),
    Column("request_digest", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("batch_id", Uuid),
    Column("job_ids", JSON_VALUE, nullable=False),
)
Index("idempotency_oldest", idempotency.c.created_at)

#: Every picture that may lie in the blobs.
pictures = Table(
    "pictures",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("image_hash", Text, primary_key=True),
    Column("needed_at", UtcTime, nullable=False),
    # What version 0001 of the tables did not have, its programs do not write.
    Column("arriving", Integer, nullable=False, server_default=text("0")),
)
Index("pictures_oldest", pictures.c.needed_at)

deliveries = Table(
    "deliveries",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("url", SentText, nullable=False),
    Column("event", Text, nullable=False),
    Column("payload", SentText, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("retry_at", UtcTime),
    Column("lease_token", Text),
    Column("last_status", Integer),
    Column("last_error", SentText),
    # What follows is the store's own and in no record.
    Column("lease_until", UtcTime),
    Column("message_at", UtcTime),
    Column("touched_at", UtcTime),
    # These are in the record again; the last two came later.
    Column("job_id", Uuid),
    Column("batch_id", Uuid),
    Column("request_id", Text),
    Column("traceparent", Text),
    CheckConstraint(
        "state IN ('pending', 'delivered', 'failed', 'disabled')", name="deliveries_state"
    ),
)
Index("deliveries_newest", deliveries.c.tenant, deliveries.c.created_at, deliveries.c.id)
_partial("deliveries_pending", deliveries, "retry_at", where="state = 'pending'")
_partial("deliveries_failed", deliveries, "created_at", where="state = 'failed'")
_partial("deliveries_of_job", deliveries, "job_id", where="job_id IS NOT NULL")
_partial("deliveries_of_batch", deliveries, "batch_id", where="batch_id IS NOT NULL")

disabled_endpoints = Table(
    "disabled_endpoints",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("url", SentText, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)

feedback = Table(
    "feedback",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("result_id", Uuid, nullable=False),
    Column("label", Text, nullable=False),
    Column("note", SentText),
    Column("created_at", UtcTime, nullable=False),
)
Index("feedback_of_result", feedback.c.result_id)
Index("feedback_newest", feedback.c.tenant, feedback.c.created_at, feedback.c.id)

#: Who may call; of a key itself only a keyed hash is here.
api_keys = Table(
    "api_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("name", SentText, nullable=False),
    Column("role", Text, nullable=False),
    Column("scopes", Text),
    Column("secret_hash", Text),
    Column("public_key", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("last_used_at", UtcTime),
    Column("replaces", Text),
    CheckConstraint("(secret_hash IS NULL) <> (public_key IS NULL)", name="api_keys_one_kind"),
)
Index("api_keys_newest", api_keys.c.tenant, api_keys.c.created_at, api_keys.c.id)

#: Nonces of signed requests, each good once.
nonces = Table(
    "nonces",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("expires_at", UtcTime, nullable=False),
)
Index("nonces_oldest", nonces.c.expires_at)

#: Whom the pictures of jobs show, by keyed hashes of the tags that senders chose. A row stays
#: when its job goes before its picture, and names the picture from then on.
subjects = Table(
    "subjects",
    METADATA,
    Column("job_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("image_hash", Text),
)
Index("subjects_of_tenant", subjects.c.tenant, subjects.c.subject)
_partial("subjects_of_picture", subjects, "tenant", "image_hash", where="image_hash IS NOT NULL")

#: Data keys of pictures, wrapped by a master key; without its row a picture cannot be read.
data_keys = Table(
    "data_keys",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("image_hash", Text, primary_key=True),
    Column("blob", Text, nullable=False),
    Column("wrapped", Text, nullable=False),
    Column("master_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
Index("data_keys_of_blob", data_keys.c.blob)

#: Since when a master key wraps keys of pictures; the one noted last is the newest.
master_keys = Table(
    "master_keys",
    METADATA,
    Column("master_id", Text, primary_key=True),
    Column("first_used_at", UtcTime, nullable=False),
    Column("noted_at", UtcTime, nullable=False),
)

#: What was erased, so that it can be erased again after a restore.
erasures = Table(
    "erasures",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("erased_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('job', 'picture', 'subject', 'tenant')", name="erasures_kind"),
)
Index("erasures_newest", erasures.c.erased_at)

#: Who did what, each row sealed with the one before.
audit_log = Table(
    "audit_log",
    METADATA,
    Column("seq", COUNTER, primary_key=True, autoincrement=False),
    # Microseconds since 1970 on either database: what is sealed is what is stored.
    Column("at", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("actor", SentText, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", SentText, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("address", Text),
    Column("seal", Text, nullable=False),
)
Index("audit_log_of_tenant", audit_log.c.tenant, audit_log.c.seq)

#: Where the log ends: one row, which also lets one process at a time write on.
audit_head = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("seq", COUNTER, nullable=False),
    Column("seal", Text, nullable=False),
    Column("mark", Text, nullable=False),
)
