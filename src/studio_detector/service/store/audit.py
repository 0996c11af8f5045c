"""The audit log as rows: written on by one process at a time, read in parts, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from studio_detector.service.records import Page
from studio_detector.service.store import cursors
from studio_detector.service.store.tables import audit_head, audit_log
from studio_detector.service.store.types import COUNTER, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection

    from studio_detector.service.store.engine import Database

_EPOCH = datetime.fromtimestamp(0, UTC)
# The only row of its table.
_HEAD_ID = 1
_IS_HEAD = audit_head.c.id == _HEAD_ID
_LAST = select(audit_log.c.seq, audit_log.c.seal).order_by(audit_log.c.seq.desc()).limit(1)
_LOCKED_HEAD = (
    select(audit_head.c.seq, audit_head.c.seal, audit_head.c.mark).where(_IS_HEAD).with_for_update()
)
# Only the first writer of all does this, and others wait for it.
_MAKE_HEAD = insert_unless(audit_head).on_conflict_do_nothing()
_NO_HEAD: dict[str, Any] = {"id": _HEAD_ID, "seq": 0, "seal": "", "mark": ""}
_MOVE_HEAD = update(audit_head).where(_IS_HEAD)
# One statement, since PostgreSQL gives each its own view of the tables.
_END = select(
    *[
        column.scalar_subquery().label(name)
        for name, column in (
            ("seq", select(audit_head.c.seq).where(_IS_HEAD)),
            ("seal", select(audit_head.c.seal).where(_IS_HEAD)),
            ("mark", select(audit_head.c.mark).where(_IS_HEAD)),
            ("last", _LAST.with_only_columns(audit_log.c.seq)),
            ("last_seal", _LAST.with_only_columns(audit_log.c.seal)),
        )
    ]
)
_AFTER = (
    select(*audit_log.c)
    .where(audit_log.c.seq > bindparam("after", type_=COUNTER))
    .order_by(audit_log.c.seq)
    .limit(bindparam("most"))
)
_NEWEST = select(*audit_log.c).order_by(audit_log.c.seq.desc())
_OF_TENANT = audit_log.c.tenant == bindparam("of", type_=Text())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row of the log.

    Attributes:
        seq: Its number, from 1 without gaps.
        at: When, in microseconds since 1970, UTC.
        tenant: Whose objects; "" where nobody was recognised.
        actor: Who.
        action: What.
        object: On what.
        outcome: "allowed", "refused" or "failed".
        address: Network address of who asked; None for acts on this machine.
        seal: Seals the row and the one before, hex.
    """

    seq: int
    at: int
    tenant: str
    actor: str
    action: str
    object: str
    outcome: str
    address: str | None
    seal: str

    @property
    def moment(self) -> datetime:
        """When, UTC; the first moment there is for one that nobody can have meant."""
        try:
            return _EPOCH + timedelta(microseconds=self.at)
        except (OverflowError, TypeError):
            return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """What is kept of the log's last row, beside the log.

    Attributes:
        seq: Its number.
        seal: Its seal.
        mark: Seals both, hex.
    """

    seq: int
    seal: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEnd:
    """How the log ends; in order, ``head`` and the last row agree.

    Attributes:
        head: As it is kept; None if there is none.
        seq: Number of the last row; 0 if there is none.
        seal: Seal of that row; "" likewise.
    """

    head: AuditHead | None
    seq: int
    seal: str


class Audit:
    """The log of all tenants.

    Args:
        db: Where it is.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def append(
        self,
        make: Callable[[AuditEnd], tuple[Sequence[AuditRow], AuditHead]],
        written: Callable[[AuditHead], None],
    ) -> None:
        """Write on, as the only one at that moment; a part of this thread's transaction, if any.

        Args:
            make: Gives what follows the log's end, at least one row, and the new head; called
                again if the transaction is.
            written: Told the new head once it is committed.

        Raises:
            BusyError: ``store_unavailable``; if the database went away at the last moment, the
                rows may be there nevertheless.
        """

        def work(tx: Connection) -> AuditHead:
            rows, head = make(_locked_end(tx))
            tx.execute(insert(audit_log), [_values(row) for row in rows])
            tx.execute(_MOVE_HEAD, {"seq": head.seq, "seal": head.seal, "mark": head.mark})
            return head

        head = self._db.write(work)
        self._db.once_written(lambda: written(head))

    def end(self) -> AuditEnd:
        """How the log ends at this moment."""
        row = self._db.read(lambda tx: tx.execute(_END).one())
        head = AuditHead(seq=row.seq, seal=row.seal, mark=row.mark) if row.seal else None
        return AuditEnd(head=head, seq=row.last or 0, seal=row.last_seal or "")

    def after(self, seq: int, limit: int) -> list[AuditRow]:
        """Rows in their order.

        Args:
            seq: Only those with higher numbers.
            limit: Most rows.
        """
        values = {"after": seq, "most": limit}
        return [_row(row) for row in self._db.read(lambda tx: tx.execute(_AFTER, values).all())]

    def find(
        self, tenant: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[AuditRow]:
        """Rows, the newest first.

        Args:
            tenant: Whose; None for everybody's and for those of nobody.
            cursor: Where the page begins; from the page before.
            limit: Most rows of a page.

        Raises:
            RequestError: ``request_invalid`` for a cursor that is none.
        """
        query = _NEWEST.limit(limit + 1)
        values = {}
        if tenant is not None:
            query, values["of"] = query.where(_OF_TENANT), storable(tenant)
        if cursor is not None:
            _, number = cursors.moment_and_number("audit", cursor)
            query = query.where(audit_log.c.seq < literal(number, COUNTER))
        rows = self._db.read(lambda tx: tx.execute(query, values).all())
        items = tuple(_row(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        # Numbers alone order the log.
        return Page(items=items, cursor=cursors.written("audit", _EPOCH, items[-1].seq))


def _locked_end(tx: Connection) -> AuditEnd:
    found = tx.execute(_LOCKED_HEAD).first()
    if found is None:
        tx.execute(_MAKE_HEAD, _NO_HEAD)
        found = tx.execute(_LOCKED_HEAD).one()
    # Read after the lock was had, so that it is the last one that anybody wrote.
    last = tx.execute(_LAST).first()
    head = AuditHead(seq=found.seq, seal=found.seal, mark=found.mark) if found.seal else None
    return AuditEnd(head=head, seq=last.seq if last else 0, seal=last.seal if last else "")


def _values(row: AuditRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AuditRow.__slots__}


def _row(row: Any) -> AuditRow:  # noqa: ANN401 - a row of any select
    return AuditRow(**row._mapping)  # noqa: SLF001
