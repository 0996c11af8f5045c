"""The seals: keyed hashes that chain the rows, and one that marks the end."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from studio_detector.service.store.audit import AuditHead, AuditRow
from studio_detector.service.store.types import storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_detector.service.audit.base import Entry

#: What the first row is chained to.
BEGINNING = "0" * 64
_MICROSECONDS = 1_000_000


class Sealer:
    """Seals rows with a key that is not in the database.

    Whoever can write the tables but has not the key can neither change a row, nor take one
    away, nor add one, without `verify` finding it.

    Args:
        key: 32 bytes, `ServiceSecret.key` of "audit".
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def rows(self, seq: int, seal: str, entries: Iterable[Entry]) -> Iterator[AuditRow]:
        """Entries as the rows that follow another one.

        Args:
            seq: Number of that one.
            seal: Its seal.
            entries: In order.
        """
        for entry in entries:
            seq += 1
            row = AuditRow(
                seq=seq,
                at=round(entry.at.timestamp() * _MICROSECONDS),
                tenant=storable(entry.tenant),
                actor=storable(entry.actor),
                action=storable(entry.action),
                object=storable(entry.object),
                outcome=entry.outcome,
                address=None if entry.address is None else storable(entry.address),
                seal="",
            )
            seal = self.seal(seal, row)
            yield replace(row, seal=seal)

    def seal(self, before: str, row: AuditRow, *, seq: int | None = None) -> str:
        """The seal that a row should have, hex.

        Args:
            before: Seal of the row before.
            row: The row; its own seal does not matter.
            seq: Its number, if it should have another one.
        """
        text = orjson.dumps(
            [
                row.seq if seq is None else seq,
                row.at,
                row.tenant,
                row.actor,
                row.action,
                row.object,
                row.outcome,
                row.address,
            ]
        )
        return hmac.digest(self._key, before.encode() + text, "sha256").hex()

    def head(self, seq: int, seal: str) -> AuditHead:
        """What is kept beside the log once it ends with a row.

        Args:
            seq: Number of that row.
            seal: Its seal.
        """
        mark = hmac.digest(self._key, f"head {seq} {seal}".encode(), "sha256").hex()
        return AuditHead(seq=seq, seal=seal, mark=mark)
