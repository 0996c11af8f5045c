"""Pictures of one request on their way into the vault, some at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from studio_detector.service.blobs.base import blob_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor, Future

    from studio_detector.service.blobs import Vault

T = TypeVar("T")

# A transaction for each would take the database twice as long.
_MOST = 32
# So that large pictures lie in memory by the handful.
_MOST_BYTES = 8 * 1024 * 1024


class Keeping:
    """Keeps each picture once, however often the request has it.

    Putting counts how many requests await a picture, so that once is also what is right.

    While some are put, the next are read and hashed: most of either is done outside Python's
    lock, and the children have nothing to do yet.

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
        self._writer: Executor | None = None
        self._putting: Future[None] | None = None

    def add(self, image_hash: str, data: bytes) -> None:
        """Keep a picture, soon; only while `until_all_are_kept` runs.

        Args:
            image_hash: SHA-256 of the bytes, hex.
            data: The bytes.

        Raises:
            BusyError: As `Vault.put_all`, of earlier ones.
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
        with ThreadPoolExecutor(1, "keeping") as self._writer:
            yield from found
            self._put()
            self._await()

    def _put(self) -> None:
        self._await()
        if self._waiting and self._writer is not None:
            # In the context of the request, which log and trace name.
            run = copy_context().run
            self._putting = self._writer.submit(run, self._vault.put_all, self._waiting)
            self._waiting, self._waiting_bytes = {}, 0

    def _await(self) -> None:
        """Wait for what is being put, so that no more than two parts lie in memory."""
        if self._putting is not None:
            putting, self._putting = self._putting, None
            putting.result()
