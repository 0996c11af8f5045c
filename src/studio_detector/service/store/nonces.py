"""Nonces of signed requests, each good once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from studio_detector.service.store.tables import nonces

if TYPE_CHECKING:
    from datetime import datetime

    from studio_detector.service.store.engine import Database

# Both databases write ON CONFLICT alike.
_TAKE = (
    insert(nonces)
    .on_conflict_do_nothing(index_elements=["key_id", "nonce"])
    .returning(nonces.c.key_id)
)


class Nonces:
    """The nonces of all keys.

    Args:
        db: Where they are.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, key_id: str, nonce: str, expires_at: datetime) -> bool:
        """Use a nonce up; of many who try at once, one succeeds.

        Args:
            key_id: The key that signed it; each key has nonces of its own.
            nonce: The nonce.
            expires_at: From when on a request with it would be refused anyway.

        Returns:
            Whether it was unused.
        """
        values = {"key_id": key_id, "nonce": nonce, "expires_at": expires_at}
        return self._db.write(lambda tx: tx.execute(_TAKE, values).first()) is not None

    def forget(self, before: datetime) -> int:
        """Forget the nonces that expired before a moment; their number."""
        statement = delete(nonces).where(nonces.c.expires_at < before)
        return int(self._db.write(lambda tx: tx.execute(statement).rowcount))
