"""The clock on the wall moved by an hour, forward and back, under a running service."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.faults import pictures, slow_plugin
from tools.faults.moved_clock import FORMAT, VARIABLE
from tools.faults.play import Scenario
from tools.faults.service import MODES

if TYPE_CHECKING:
    from tools.faults.stage import Stage

_HOUR_S = 3600
#: Seconds that the clock is ahead, one after the other.
_MOVES_S = (_HOUR_S, 0, -_HOUR_S, 0)
_SOURCE = Path(__file__).resolve().parents[1] / "moved_clock.c"


async def move_clock(stage: Stage) -> str:
    """Move the clock of all processes of the service; a worker is killed before it goes back.

    The leases of what was killed then end in an hour.
    """
    clock, parts = movable_clock(stage)
    await stage.open(**parts)
    stage.begin()
    ahead_s = 0
    async for number in stage.strikes(len(_MOVES_S)):
        next_s = _MOVES_S[number - 1]
        is_killed = stage.is_scaled and next_s < ahead_s
        if is_killed:
            stage.service.workhorses()[0].kill()
        move(clock, next_s)
        if is_killed:
            await stage.start_workers()
        ahead_s = next_s
    told = "for all in its processes" if has_compiler() else "replaced in Python"
    return f"+1 h, back, -1 h, back ({told})"


async def skew_clock(stage: Stage) -> str:
    """One worker's clock is an hour ahead of everybody else's, and some pictures take long.

    Whoever looks for leases that have ended by a clock of its own then takes them from others.
    """
    clock, parts = movable_clock(stage)
    ahead = parts.pop("variables")
    move(clock, _HOUR_S)
    folder = stage.fleet.crew.folder / f"slow-{stage.chance.getrandbits(64):x}"
    folder.mkdir()
    slow_plugin.install(folder)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    stage.prepare(**parts, variables={"PYTHONPATH": os.pathsep.join(paths)})
    await stage.start_apis()
    await asyncio.gather(
        asyncio.to_thread(stage.service.start_worker, "--workers", "1", variables=ahead),
        stage.start_workers(1),
    )
    slow = max(3, stage.jobs // 100)
    posted = pictures.good(stage.jobs - slow, stage.seed)
    for number in range(slow):
        data = pictures.coloured(slow_plugin.COLOUR, number)
        posted.insert(number * stage.jobs // slow, pictures.Picture(data=data))
    stage.begin(posted)
    return f"one of two workers 1 h ahead; {slow} pictures take {slow_plugin.SLOW_S:.0f} s"


def movable_clock(stage: Stage) -> tuple[Path, dict[str, Any]]:
    """A clock for the processes of a service.

    Returns:
        The file that moves it, and what the service is opened with.
    """
    file = stage.fleet.crew.folder / f"clock-{stage.mode}-{stage.chance.getrandbits(64):x}"
    file.write_bytes(FORMAT.pack(0))
    library = _library(stage.fleet.crew.folder)
    if library is None:
        runner = ("-m", "tools.faults.moved_clock")
        return file, {"variables": {VARIABLE: str(file)}, "runner": runner}
    return file, {"variables": {VARIABLE: str(file), "LD_PRELOAD": str(library)}}


def move(file: Path, ahead_s: int) -> None:
    """Set the clock so many seconds ahead of the real one, in one write."""
    with file.open("r+b", buffering=0) as opened:
        opened.write(FORMAT.pack(ahead_s))


def has_compiler() -> bool:
    """Whether the clock can be moved for all that runs in a process."""
    return shutil.which("cc") is not None


def _library(folder: Path) -> Path | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "moved_clock.so"
    if not library.exists():
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
    return library


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
