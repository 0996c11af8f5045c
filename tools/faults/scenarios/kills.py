"""Processes killed by SIGKILL in the middle of their work."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from tools.faults.play import Scenario
from tools.faults.processes import is_working, kill
from tools.faults.service import LEASE_S, MODES

if TYPE_CHECKING:
    from tools.faults.processes import Process
    from tools.faults.stage import Stage

_KILLS, _KILLS_IN_SHORT = 10, 3
#: Starts of what serves cost seconds each.
_RESTARTS, _RESTARTS_IN_SHORT = 4, 2
_FREEZES, _FREEZES_IN_SHORT = 4, 1


async def kill_workers(stage: Stage) -> str:
    """Kill one of two workers again and again, and start another in its place."""
    await stage.open(workers=2)
    stage.begin()
    busy: list[Process] = []

    def find_busy() -> bool:
        busy[:] = [horse for horse in stage.service.workhorses() if _working(horse)]
        return bool(busy)

    kills = _KILLS_IN_SHORT if stage.is_short else _KILLS
    async for _ in stage.strikes(kills, find_busy):
        stage.chance.choice(busy).kill()
        await stage.start_workers()
    return f"{kills} workers killed while a child of theirs computed"


async def kill_children(stage: Stage) -> str:
    """Kill a process that analyses; the one above it stays.

    A picture whose process dies twice is blamed for it, so each kill waits until what the one
    before it may have hit is finished.
    """
    await stage.open(workers=2)
    stage.begin()
    busy: list[int] = []

    def find_busy() -> bool:
        busy[:] = [child for horse in stage.service.workhorses() for child in _working(horse)]
        return bool(busy)

    # Fewer where there are few jobs, or they are done before the last kill.
    kills = _KILLS_IN_SHORT if stage.is_short else _KILLS
    async for _ in stage.strikes(kills, find_busy):
        kill(stage.chance.choice(busy))
        hit = set(stage.database.running())
        await stage.until(lambda hit=hit: not hit & set(stage.database.running()), "what was hit")  # type: ignore[misc]
    return f"{kills} processes killed while they computed"


async def freeze_workers(stage: Stage) -> str:
    """Stop a worker for longer than its leases last, while another takes over; then let it go on.

    It wakes in the middle of jobs that are no longer its own.
    """
    await stage.open(workers=2)
    stage.begin()
    freezes = _FREEZES_IN_SHORT if stage.is_short else _FREEZES
    busy: list[Process] = []

    def find_busy() -> bool:
        busy[:] = [horse for horse in stage.service.workhorses() if _working(horse)]
        return bool(busy)

    async for _ in stage.strikes(freezes, find_busy):
        frozen = stage.chance.choice(busy)
        frozen.tell_all(signal.SIGSTOP)
        await asyncio.sleep(2 * LEASE_S)
        frozen.tell_all(signal.SIGCONT)
    return f"{freezes} times asleep for {2 * LEASE_S:.0f} s, leases last {LEASE_S:.0f} s"


async def kill_api(stage: Stage) -> str:
    """Kill what serves, and start it again on its port."""
    await stage.open(workers=2)
    stage.begin()
    restarts = _RESTARTS_IN_SHORT if stage.is_short else _RESTARTS
    async for _ in stage.strikes(restarts):
        stage.service.apis[0].kill()
        await asyncio.to_thread(stage.service.start_api, 0, "--workers", "2")
    return f"{restarts} times killed and started again"


def _working(process: Process) -> list[int]:
    """Its children that use a core right now."""
    return [child for child in process.children() if is_working(child)]


SCENARIOS = (
    Scenario(
        name="worker-killed",
        title="SIGKILL of a worker in the middle of jobs, ten times",
        modes=("redis", "rabbitmq"),
        play=kill_workers,
    ),
    Scenario(
        name="child-killed",
        title="SIGKILL of a process that analyses, ten times",
        modes=MODES,
        play=kill_children,
    ),
    Scenario(
        name="worker-frozen",
        title="A worker asleep for longer than its leases last (SIGSTOP), and awake again",
        modes=("redis", "rabbitmq"),
        play=freeze_workers,
    ),
    Scenario(
        name="api-killed",
        title="SIGKILL of the process that serves, and its restart, four times",
        modes=MODES,
        play=kill_api,
    ),
)
