"""Finding out whether the log is as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_detector.errors import RequestError
from studio_detector.service.audit.log import BROKEN
from studio_detector.service.audit.seals import BEGINNING, Sealer

if TYPE_CHECKING:
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.store.audit import Audit, AuditEnd, AuditHead, AuditRow

#: "changed": a row is not as it was written, or not where. "missing": a number is skipped.
#: "inserted": a row nobody with the key has written. "cut": rows at the end are gone. "head":
#: what is kept beside the log was changed. "noticed": the service found it changed and wrote
#: on. "anchor": the log was written anew by somebody who has the key.
Fault = Literal["changed", "missing", "inserted", "cut", "head", "noticed", "anchor"]

_PART = 1000
# Of a number that the database can hold.
_MOST_DIGITS = 18
_BELOW_ALL = -(2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A row and its seal, kept where nobody who can write the database can reach it.

    Attributes:
        seq: Number of the row; 0 for the empty log.
        seal: Its seal, hex.
    """

    seq: int
    seal: str

    def __str__(self) -> str:
        """As `read` takes it."""
        return f"{self.seq}:{self.seal}"

    @classmethod
    def read(cls, text: str) -> Anchor:
        """Take what ``audit head`` printed.

        Raises:
            RequestError: ``request_invalid``.
        """
        seq, colon, seal = text.strip().partition(":")
        is_hex = len(seal) == len(BEGINNING) and not set(seal) - set("0123456789abcdef")
        is_number = seq.isascii() and seq.isdigit() and len(seq) <= _MOST_DIGITS
        if not (colon and is_hex and is_number):
            raise RequestError(
                f"{text[:80]!r} is no anchor; give what 'studio-detector audit head' printed, "
                "SEQ:SEAL",
                code="request_invalid",
            )
        return cls(seq=int(seq), seal=seal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        rows: Rows that are in order, from the first on.
        anchor: The last of them.
        fault: What is wrong then; None if nothing is.
        seq: Number of the first row that is wrong; 0 if nothing is.
    """

    rows: int
    anchor: Anchor
    fault: Fault | None = None
    seq: int = 0


def verify(audit: Audit, secret: ServiceSecret, anchor: Anchor | None = None) -> Verdict:
    """Walk the whole log, a part at a time; others may write on meanwhile.

    Args:
        audit: The log.
        secret: Of the service.
        anchor: What the log must still contain. Only an anchor shows that the log was cut back
            to an end whose head was kept, thrown away as a whole, or written anew with the key.

    Returns:
        The first fault, if there is any.

    Raises:
        BusyError: ``store_unavailable``.
    """
    return _Walk(audit, Sealer(secret.key("audit")), anchor).run()


class _Walk:
    def __init__(self, audit: Audit, sealer: Sealer, anchor: Anchor | None) -> None:
        self._audit = audit
        self._sealer = sealer
        self._anchor = anchor
        # The last row that is in order.
        self._seq, self._seal = 0, BEGINNING
        self._noticed: int | None = None

    def run(self) -> Verdict:
        after = _BELOW_ALL
        while True:
            rows = self._audit.after(after, _PART)
            for row in rows:
                fault = self._judge(row)
                if fault is not None:
                    return self._verdict(fault, min(row.seq, self._seq + 1))
            if rows:
                after = rows[-1].seq
                continue
            end = self._audit.end()
            if end.seq <= self._seq:
                return self._judge_end(end)

    def _judge(self, row: AuditRow) -> Fault | None:
        due = self._seq + 1
        if row.seq > due:
            return "missing"
        if row.seq < due or not self._fits(row, due):
            return "inserted" if self._is_extra(row, due) else "changed"
        self._seq, self._seal = row.seq, row.seal
        if self._anchor is not None and self._anchor.seq == row.seq:
            return None if self._anchor.seal == row.seal else "anchor"
        if row.action == BROKEN and self._noticed is None:
            self._noticed = row.seq
        return None

    def _is_extra(self, row: AuditRow, due: int) -> bool:
        """Whether all was right without this row."""
        head = self._audit.end().head
        is_beyond = head is not None and self._is_ours(head) and head.seq < row.seq
        if row.seq < due or is_beyond:
            return True
        following = self._audit.after(row.seq, 1)
        return bool(following) and self._fits(following[0], due)

    def _is_ours(self, head: AuditHead) -> bool:
        return head == self._sealer.head(head.seq, head.seal)

    def _fits(self, row: AuditRow, seq: int) -> bool:
        try:
            return row.seal == self._sealer.seal(self._seal, row, seq=seq)
        except TypeError:  # SQLite takes any kind of value in any column
            return False

    def _judge_end(self, end: AuditEnd) -> Verdict:
        due = self._seq + 1
        if end.head is None:
            if self._seq:
                return self._verdict("head", self._seq)
        elif not self._is_ours(end.head) or end.head.seq < self._seq:
            return self._verdict("head", self._seq)
        elif end.head.seq > self._seq:
            return self._verdict("cut", due)
        if self._anchor is not None and self._anchor.seq > self._seq:
            return self._verdict("cut", due)
        if self._noticed is not None:
            return self._verdict("noticed", self._noticed)
        return Verdict(rows=self._seq, anchor=Anchor(seq=self._seq, seal=self._seal))

    def _verdict(self, fault: Fault, seq: int) -> Verdict:
        found = Anchor(seq=self._seq, seal=self._seal)
        return Verdict(rows=self._seq, anchor=found, fault=fault, seq=seq)
