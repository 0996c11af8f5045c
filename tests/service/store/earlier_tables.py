"""Databases as earlier releases left them, with rows, and what those releases rely on."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from alembic import command
from sqlalchemy import MetaData, create_engine, inspect, types

from studio_detector.service.store.migrations.run import configuration

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HASH = "ab" * 32
_MICROSECONDS = int(NOW.timestamp() * 1_000_000)
#: Values of columns that cannot be any text or number: by table and column, or by column alone.
VALUES = {
    ("jobs", "state"): "queued",
    ("jobs", "answer"): None,
    ("jobs", "error_code"): None,
    ("jobs", "error_message"): None,
    ("jobs", "leader_id"): None,
    ("jobs", "batch_id"): None,
    ("jobs", "result_id"): None,
    ("jobs", "shadow_of"): None,
    ("jobs", "partial"): None,
    ("jobs", "image_url"): None,
    ("jobs", "callback_url"): None,
    ("jobs", "retry_at"): None,
    ("jobs", "finished_at"): None,
    ("jobs", "lease_token"): None,
    ("jobs", "lease_until"): None,
    ("jobs", "max_attempts"): 5,
    ("deliveries", "state"): "pending",
    ("deliveries", "lease_token"): None,
    ("deliveries", "lease_until"): None,
    ("deliveries", "retry_at"): None,
    ("deliveries", "url"): "https://example.com/told",
    ("erasures", "kind"): "picture",
    ("api_keys", "public_key"): None,
    ("api_keys", "role"): "admin",
    ("api_keys", "scopes"): None,
    ("api_keys", "expires_at"): None,
    ("api_keys", "revoked_at"): None,
    "tenant": "default",
    "image_hash": HASH,
    "queue": "standard",
    "priority": "standard",
    "phases": "auto",
    "label": "studio",
    "phase": "lighting",
    "request_id": None,
    "traceparent": None,
}
#: Rows of these can be added and neither changed nor deleted.
APPEND_ONLY = frozenset({"audit_log", "audit_head"})


def build(url, revision):
    """Take the steps up to a revision."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def reflected(connection):
    """The tables as the database tells them; so a release that read these would see them."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def sample(table, number):
    """A row of a table with a value in every column; another one for each number."""
    return {column.name: _value(table, column, number) for column in table.columns}


def _value(table, column, number):
    for known in ((table.name, column.name), column.name):
        if known in VALUES and not column.primary_key:
            return VALUES[known]
    for kind, make in _MAKERS:
        if isinstance(column.type, kind):
            return make(column, number)
    return f"{number:064x}" if column.name == "image_hash" else f"{column.name} {number}"


def _uuid(column, number):
    return UUID(int=number if column.name == "id" else number + 1000)


def _count(column, number):
    # The database counts from 1 by itself.
    return number + 1000 if column.name == "seq" else number


def _big(column, number):
    # What SQLite keeps a moment in.
    return _MICROSECONDS if column.name.endswith("_at") else _count(column, number)


#: Type of a column, the narrower first -> what makes a value of it.
_MAKERS = (
    (types.JSON, lambda _, number: {"number": number}),
    (types.Uuid, _uuid),
    # What SQLite keeps a UUID in.
    (types.CHAR, lambda column, number: _uuid(column, number).hex),
    (types.DateTime, lambda _, __: NOW),
    (types.BigInteger, _big),
    (types.Boolean, lambda _, __: False),
    (types.Integer, _count),
    (types.Float, lambda _, __: 0.25),
)


def shape(connection):
    """What a release can rely on: tables, columns, and what rows must not be."""
    found = inspect(connection)
    return {
        table: {
            "columns": {
                column["name"]: (
                    str(column["type"]),
                    column["nullable"],
                    column["default"] is not None or bool(column.get("identity")),
                )
                for column in found.get_columns(table)
            },
            "unique": {
                frozenset(found.get_pk_constraint(table)["constrained_columns"]),
                *(frozenset(one["column_names"]) for one in found.get_unique_constraints(table)),
                *(
                    frozenset(one["column_names"])
                    for one in found.get_indexes(table)
                    if one["unique"]
                ),
            },
            "checks": {one["sqltext"] for one in found.get_check_constraints(table)},
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def broken_promises(before, after):
    """What a program that knew the tables as they were before can no longer do.

    Returns:
        Sentences; none if it can go on beside one that knows them as they are after.
    """
    broken = []
    for table, old in before.items():
        new = after.get(table)
        if new is None:
            broken.append(f"{table} is gone or has another name")
            continue
        broken += _columns_broken(table, old["columns"], new["columns"])
        broken += [
            f"{table}: {', '.join(sorted(columns))} must be unique now"
            for columns in new["unique"] - old["unique"]
        ]
        broken += [
            f"{table}: rows must fit ({check}) now" for check in new["checks"] - old["checks"]
        ]
    return broken


def _columns_broken(table, old, new):
    for name, (kind, may_be_null, has_default) in old.items():
        if name not in new:
            yield f"{table}.{name} is gone or has another name"
            continue
        new_kind, may_still, has_still = new[name]
        if new_kind != kind:
            yield f"{table}.{name} was {kind} and is {new_kind}"
        if may_be_null and not may_still:
            yield f"{table}.{name} must not be NULL now"
        if has_default and not has_still:
            yield f"{table}.{name} has no default any more"
    for name in new.keys() - old.keys():
        _, may_be_null, has_default = new[name]
        if not (may_be_null or has_default):
            yield f"{table}.{name} is new, must not be NULL and has no default"
