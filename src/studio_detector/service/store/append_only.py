"""Triggers that keep rows of the audit log from being changed or deleted.

Whoever owns the tables can drop them. They keep out accidents, and code that was tricked into a
statement of its own; against the owner there are the seals (`service.audit`).
"""

from __future__ import annotations

_SAYS = "the audit log is append-only"
_SQLITE = tuple(
    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    for table, verbs in (("audit_log", ("UPDATE", "DELETE")), ("audit_head", ("DELETE",)))
    for verb in verbs
)
_REFUSE = "audit_refuse"
_BODY = f"BEGIN RAISE EXCEPTION '{_SAYS}'; END"
_EACH = f"FOR EACH STATEMENT EXECUTE FUNCTION {_REFUSE}()"
_POSTGRES = (
    f"CREATE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$",
    f"CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log {_EACH}",
    f"CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head {_EACH}",
)


def making(dialect: str) -> tuple[str, ...]:
    """Statements that make the triggers, once both tables are there.

    Args:
        dialect: "sqlite" or "postgresql".
    """
    return _SQLITE if dialect == "sqlite" else _POSTGRES


def dropping(dialect: str) -> tuple[str, ...]:
    """Statements that drop what is left once the tables are gone."""
    return () if dialect == "sqlite" else (f"DROP FUNCTION {_REFUSE}()",)
