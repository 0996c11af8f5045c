"""Whether the service can take work: each part is asked, and none for longer than a second."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio.to_thread
from anyio import CapacityLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

_DEADLINE_S = 1.0
_KEPT_S = 2.0
_THREADS = 4


@dataclass(slots=True, eq=False)
class Checks:
    """Asks the parts, not more often than every two seconds however often it is asked.

    Attributes:
        parts: Name -> what raises, or says False, where the part cannot do its work.
        monotonic: Seconds that only go forward.
    """

    parts: Mapping[str, Callable[[], object]]
    monotonic: Callable[[], float] = time.monotonic
    _found: dict[str, str] = field(default_factory=dict)
    _found_at: float = float("-inf")
    _asking: dict[str, asyncio.Task[str]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))

    async def states(self) -> dict[str, str]:
        """Name of each part -> "ok", or what is wrong with it."""
        async with self._lock:
            if self.monotonic() - self._found_at >= _KEPT_S:
                self._found = await self._ask()
                self._found_at = self.monotonic()
            return self._found

    async def _ask(self) -> dict[str, str]:
        # A question that hangs is not asked again before it has come back.
        for name, check in self.parts.items():
            if name not in self._asking:
                self._asking[name] = asyncio.ensure_future(self._one(name, check))
        await asyncio.wait(self._asking.values(), timeout=_DEADLINE_S)
        found = {}
        for name in self.parts:
            task = self._asking[name]
            found[name] = task.result() if task.done() else f"no answer within {_DEADLINE_S:g} s"
            if task.done():
                del self._asking[name]
        return found

    async def _one(self, name: str, check: Callable[[], object]) -> str:
        try:
            is_well = await anyio.to_thread.run_sync(
                check, limiter=self._limiter, abandon_on_cancel=True
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the part is not well
            _log.warning("%s is not ready: %s", name, error)
            return "unavailable"
        return "unavailable" if is_well is False else "ok"
