"""Entries, and ways to change a log behind its back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from studio_detector.service.audit.base import Entry
from studio_detector.service.audit.log import AuditLog
from studio_detector.service.audit.verify import verify
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.store import open_store

SECRET = ServiceSecret("a secret of tests that is long enough to be taken")
START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
COLUMNS = ("seq", "at", "tenant", "actor", "action", "object", "outcome", "address", "seal")


def entry(number=0, **changes):
    """An entry that differs from those of other numbers."""
    return Entry(
        **(
            {
                "at": START + timedelta(seconds=number),
                "tenant": "default",
                "actor": f"key:{number}",
                "action": "api.get",
                "object": f"/api/v1/jobs/{number}",
                "outcome": "allowed",
                "address": "192.0.2.1",
            }
            | changes
        )
    )


class Place:
    """A database with an audit log, whose rows can be changed past all that guards them.

    Args:
        url: With tables.
    """

    def __init__(self, url):
        self.url = url
        self.store = open_store(url)
        self.engine = create_engine(url)
        self.log = AuditLog(self.store.audit, SECRET)

    def write(self, count, at=0):
        """Write entries, two at a time."""
        for number in range(at, at + count, 2):
            self.log._append([entry(n) for n in range(number, min(number + 2, at + count))])

    def rows(self):
        """All rows as the database has them."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(_ALL))]

    def head(self):
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT seq, seal, mark FROM audit_head")).first()

    def replace(self, rows, head="kept"):
        """Have other rows, whatever they are, and another head if one is given."""
        with self.engine.begin() as connection:
            self._without_triggers(connection)
            connection.execute(text("DELETE FROM audit_log"))
            for row in rows:
                connection.execute(text(_INSERT), dict(zip(COLUMNS, row, strict=True)))
            if head != "kept":
                connection.execute(text("DELETE FROM audit_head"))
                if head is not None:
                    values = dict(zip(("seq", "seal", "mark"), head, strict=True))
                    connection.execute(text(_INSERT_HEAD), values)

    def _without_triggers(self, connection):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            return
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in names.scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))

    def verdict(self, anchor=None, secret=SECRET):
        return verify(self.store.audit, secret, anchor)

    def found(self, anchor=None):
        """What is wrong, and where; None if nothing is."""
        verdict = self.verdict(anchor)
        return verdict.fault and (verdict.fault, verdict.seq)

    def close(self):
        self.store.close()
        self.engine.dispose()


_ALL = f"SELECT {', '.join(COLUMNS)} FROM audit_log ORDER BY seq"
_INSERT = f"INSERT INTO audit_log ({', '.join(COLUMNS)}) VALUES (:{', :'.join(COLUMNS)})"
_INSERT_HEAD = "INSERT INTO audit_head (id, seq, seal, mark) VALUES (1, :seq, :seal, :mark)"
