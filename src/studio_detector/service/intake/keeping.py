"""Pictures of one request on their way into the vault, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from studio_detector.service.blobs.base import blob_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_detector.service.blobs import Vault

T = TypeVar("T")

# A transaction for each would take the database twice as long.
_MOST = 32
# So that large pictures lie in memory by the handful.
_MOST_BYTES = 8 * 1024 * 1024


class Keeping:
    """Keeps each picture once, however often the request has it.

    Putting counts how many requests await a picture, so that once is also what is right.

    Args:
        vault: Where they are kept.
        tenant: Whose they are.
    """

    def __init__(self, vault: Vault, tenant: str) -> None:
        self._vault = vault
        self._tenant = tenant
        self._kept: set[str] = set()
        self._waiting: dict[str, bytes] = {}
        self._waiting_bytes = 0

    def add(self, image_hash: str, data: bytes) -> None:
        """Keep a picture, soon.

        Args:
            image_hash: SHA-256 of the bytes, hex.
            data: The bytes.

        Raises:
            BusyError: As `Vault.put_all`.
        """
        if image_hash in self._kept:
            return
        self._kept.add(image_hash)
        self._waiting[blob_key(self._tenant, image_hash)] = data
        self._waiting_bytes += len(data)
        if len(self._waiting) >= _MOST or self._waiting_bytes >= _MOST_BYTES:
            self._put()

    def until_all_are_kept(self, found: Iterable[T]) -> Iterator[T]:
        """Give what is found and added on the way; when it ends, all of it is kept.

        Args:
            found: Adds each picture before giving it.

        Raises:
            BusyError: As `Vault.put_all`.
        """
        yield from found
        self._put()

    def _put(self) -> None:
        if self._waiting:
            self._vault.put_all(self._waiting)
            self._waiting, self._waiting_bytes = {}, 0
