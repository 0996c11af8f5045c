"""What is killed and stopped while a service works, in turn, and when."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.faults.processes import is_working, kill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tools.load.running import Setup

#: Pause between two blows.
EVERY_S = 60.0
#: How long a server stays away.
_AWAY_S = 3.0
#: How long to wait for a process that analyses, and for it to be at a picture. Most of the time
#: one has nothing to do below saturation, and killing it then takes nothing from anybody.
_AT_WORK_S = 5.0
_LOOK_S = 0.005
#: Until then the process that serves is killed, too. Afterwards it lives on through everything
#: else, or its memory could not be followed.
_API_PART = 1 / 3

#: Blows in turn, scaled and embedded.
SCALED = (
    "kill the process that serves",
    "kill a worker",
    "kill an analysis",
    "stop the broker",
    "stop postgres",
)
EMBEDDED = ("kill the service", "kill an analysis")
_ON_THE_API = frozenset({"kill the process that serves", "kill the service"})


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow.

    Attributes:
        at_s: Seconds from the beginning.
        kind: A key of `BLOWS`.
    """

    at_s: float
    kind: str


def schedule(seconds: float, *, is_scaled: bool, every_s: float = EVERY_S) -> list[Blow]:
    """Blows at equal pauses, each kind in turn.

    Args:
        seconds: Of the run; nothing happens in its last pause, so that all can end.
        is_scaled: Whether there are workers and servers.
        every_s: The pause.
    """
    kinds = SCALED if is_scaled else EMBEDDED
    blows, turn = [], 0
    at_s = every_s
    while at_s <= seconds - every_s:
        while at_s > _API_PART * seconds and kinds[turn % len(kinds)] in _ON_THE_API:
            turn += 1
        blows.append(Blow(at_s, kinds[turn % len(kinds)]))
        turn += 1
        at_s += every_s
    return blows


def strike(setup: Setup, blow: Blow) -> None:
    """Do it, and what a supervisor would do then."""
    BLOWS[blow.kind](setup)


def _kill_worker(setup: Setup) -> None:
    # Always the youngest: the first one lives through it all, and its memory is followed.
    setup.service.workhorses()[-1].kill()
    setup.start_worker()


def _kill_api(setup: Setup) -> None:
    setup.service.apis[0].kill_all()
    setup.start_api()


def _kill_analysis(setup: Setup) -> None:
    """Kill the youngest while it is at work, or idle, if no picture comes to it."""
    until = time.monotonic() + _AT_WORK_S
    while True:
        youngest, is_late = setup.children()[-1:], time.monotonic() > until
        if youngest and (is_late or is_working(youngest[0])):
            kill(youngest[0])
            return
        if is_late:
            raise RuntimeError(f"there was no process that analyses for {_AT_WORK_S:g} s")
        time.sleep(_LOOK_S)


def _stop_broker(setup: Setup) -> None:
    names = [name for name in setup.servers if name != "postgres"]
    for name in names:
        _stop(setup, name)


def _stop_postgres(setup: Setup) -> None:
    _stop(setup, "postgres")


def _stop(setup: Setup, name: str) -> None:
    server = setup.servers[name]
    server.stop()
    time.sleep(_AWAY_S)
    server.start()


#: Kind -> how it is done.
BLOWS: Mapping[str, Callable[[Setup], None]] = {
    "kill a worker": _kill_worker,
    "kill the process that serves": _kill_api,
    "kill the service": _kill_api,
    "kill an analysis": _kill_analysis,
    "stop the broker": _stop_broker,
    "stop postgres": _stop_postgres,
}


def say(blow: Blow) -> None:
    """Tell that it is time."""
    print(f"{blow.at_s:5.0f} s: {blow.kind}", file=sys.stderr, flush=True)
