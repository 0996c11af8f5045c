"""Room for what is being uploaded: however many send at once, memory and disk are bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Beyond it, an upload lies in a file: few photos are larger, and archives are.
IN_MEMORY_BYTES = 8 * 1024 * 1024
# Most uploads are over in less; who waits longer is better served by coming again.
_PATIENCE_S = 5.0


@dataclass(slots=True)
class _Place:
    """Memory, or disk.

    Attributes:
        most: Bytes that may be held.
        most_of_one: Of which one tenant may hold so many.
        held: Bytes that are.
        of: Tenant -> bytes.
    """

    most: int
    most_of_one: int
    held: int = 0
    of: Counter[str] = field(default_factory=Counter)

    def clipped(self, size: int) -> int:
        """So that what is larger than all there is comes in alone, and not never."""
        return min(size, self.most_of_one)

    def has_room(self, tenant: str, size: int) -> bool:
        return self.held + size <= self.most and self.of[tenant] + size <= self.most_of_one

    def add(self, tenant: str, size: int) -> None:
        self.held += size
        self.of[tenant] += size
        if not self.of[tenant]:
            del self.of[tenant]


class Uploads:
    """Sets bytes aside before a body is read; belongs to one event loop.

    Args:
        memory_bytes: Of all uploads together.
        disk_bytes: Likewise, of those that lie in files.
        is_shared: Whether there are several tenants; then one has half at most.
        patience_s: How long is waited for room.
    """

    def __init__(
        self,
        memory_bytes: int,
        disk_bytes: int,
        *,
        is_shared: bool,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        parts = 2 if is_shared else 1
        self._memory, self._disk = (
            _Place(most, max(1, most // parts)) for most in (memory_bytes, disk_bytes)
        )
        self._patience_s = patience_s
        self._waiting: set[asyncio.Future[None]] = set()

    @contextlib.asynccontextmanager
    async def admitted(
        self, tenant: str, size: int, *, in_memory: bool = False
    ) -> AsyncIterator[None]:
        """Hold room while an upload is read and taken in.

        Args:
            tenant: Whose it is.
            size: Its bytes, or the most it may have where that is not known.
            in_memory: Whether it is held in memory whatever its size.

        Raises:
            BusyError: ``uploads_full``.
        """
        memory = self._memory.clipped(size if in_memory else min(size, IN_MEMORY_BYTES))
        disk = self._disk.clipped(0 if in_memory or size <= IN_MEMORY_BYTES else size)
        await self._wait(tenant, memory, disk)
        self._add(tenant, memory, disk)
        try:
            yield
        finally:
            self._add(tenant, -memory, -disk)
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)

    async def _wait(self, tenant: str, memory: int, disk: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience_s):
                while not (
                    self._memory.has_room(tenant, memory) and self._disk.has_room(tenant, disk)
                ):
                    waiting = loop.create_future()
                    self._waiting.add(waiting)
                    try:
                        await waiting
                    finally:
                        self._waiting.discard(waiting)
        except TimeoutError as error:
            raise BusyError(
                "too much is being uploaded at this moment (max_upload_memory_bytes, "
                "max_upload_disk_bytes); send it again in a moment",
                code="uploads_full",
                retry_after_s=self._patience_s,
            ) from error

    def _add(self, tenant: str, memory: int, disk: int) -> None:
        self._memory.add(tenant, memory)
        self._disk.add(tenant, disk)
