"""The clock on the wall moved by an hour, forward and back, under a running service."""

from __future__ import annotations

import asyncio
import os
import secrets
from typing import TYPE_CHECKING, Any

from tools.faults import pictures, slow_plugin
from tools.faults.clock import has_compiler, move, new_file, variables
from tools.faults.moved_clock import VARIABLE
from tools.faults.play import Scenario
from tools.faults.service import MODES

if TYPE_CHECKING:
    from pathlib import Path

    from tools.faults.stage import Stage

_HOUR_S = 3600
#: Seconds that the clock is ahead, one after the other.
_MOVES_S = (_HOUR_S, 0, -_HOUR_S, 0)


async def move_clock(stage: Stage) -> str:
    """Move the clock of all processes and of PostgreSQL; kill a worker before it goes back.

    The leases of what was killed then end in an hour.
    """
    clock, parts = movable_clock(stage)
    posted, slow, path = _slow_pictures(stage)
    parts["variables"]["PYTHONPATH"] = path
    await stage.open(**parts)
    stage.begin(posted)
    ahead_s = 0
    try:
        async for number in stage.strikes(len(_MOVES_S)):
            next_s = _MOVES_S[number - 1]
            is_killed = stage.is_scaled and next_s < ahead_s
            if is_killed:
                stage.service.workhorses()[0].kill()
            move(clock, next_s)
            if stage.is_scaled:
                stage.fleet.postgres.move_clock(next_s)
            if is_killed:
                await stage.start_workers()
            ahead_s = next_s
    finally:
        if stage.is_scaled:
            stage.fleet.postgres.move_clock(0)
    told = "for all in its processes" if has_compiler() else "replaced in Python"
    return f"+1 h, back, -1 h, back ({told}); {slow} pictures take {slow_plugin.SLOW_S:.0f} s"


async def skew_clock(stage: Stage) -> str:
    """One worker's clock is an hour ahead of everybody else's, and some pictures take long.

    Whoever looks for leases that have ended by a clock of its own then takes them from others.
    """
    clock, parts = movable_clock(stage)
    ahead = parts.pop("variables")
    move(clock, _HOUR_S)
    posted, slow, path = _slow_pictures(stage)
    stage.prepare(**parts, variables={"PYTHONPATH": path})
    await stage.start_apis()
    await asyncio.gather(
        asyncio.to_thread(stage.service.start_worker, "--workers", "1", variables=ahead),
        stage.start_workers(1),
    )
    stage.begin(posted)
    return f"one of two workers 1 h ahead; {slow} pictures take {slow_plugin.SLOW_S:.0f} s"


def movable_clock(stage: Stage) -> tuple[Path, dict[str, Any]]:
    """A clock for the processes of a service.

    Returns:
        The file that moves it, and what the service is opened with.
    """
    file = new_file(stage.fleet.crew.folder)
    if has_compiler():
        return file, {"variables": variables(stage.fleet.crew.folder, file)}
    runner = ("-m", "tools.faults.moved_clock")
    return file, {"variables": {VARIABLE: str(file)}, "runner": runner}


def _slow_pictures(stage: Stage) -> tuple[list[pictures.Picture], int, str]:
    """Good pictures with some among them that take long.

    Returns:
        The pictures, the number of slow ones, and the path to what makes them slow.
    """
    folder = stage.fleet.crew.folder / f"slow-{secrets.token_hex(8)}"
    folder.mkdir()
    slow_plugin.install(folder)
    slow = max(4, stage.jobs // 100)
    posted = pictures.good(stage.jobs - slow, stage.seed)
    for number in range(slow):
        data = pictures.coloured(slow_plugin.COLOUR, number)
        posted.insert(number * stage.jobs // slow, pictures.Picture(data=data))
    return (
        posted,
        slow,
        os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
    )


SCENARIOS = (
    Scenario(
        name="clock-moved",
        title="The clock moved by an hour, forward and back, twice",
        modes=MODES,
        play=move_clock,
    ),
    Scenario(
        name="clock-skewed",
        title="One machine's clock an hour ahead of the others'",
        modes=("redis", "rabbitmq"),
        play=skew_clock,
    ),
)
