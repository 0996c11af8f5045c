"""Looks at the processes of a service while it works: who they are, memory, sockets."""

from __future__ import annotations

import contextlib
import re
import statistics
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.faults import guardian

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

_EVERY_S = 0.2
_PROC = Path("/proc")
_RESIDENT = re.compile(r"VmRSS:\s*(\d+) kB")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
#: What may run below a service: its own children, and Python's tracker of their resources.
_ALLOWED = re.compile(
    rb"importlib\.import_module\(sys\.argv\[2\]\)\.main\(\)|multiprocessing[. ]resource_tracker"
)


class Watch:
    """Samples until it is left.

    Args:
        pid: The process that serves.
        members: Gives all processes that belong to the run.
    """

    def __init__(self, pid: int, members: Callable[[], set[int]]) -> None:
        self._pid = pid
        self._members = members
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._children_kib: dict[str, int] = defaultdict(int)
        self._serving_kib: list[int] = []
        self._problems: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def problems(self) -> list[str]:
        """Strange processes, and children with sockets of the internet."""
        return sorted(self._problems)

    def facts(self) -> dict[str, Any]:
        """Resident memory in MiB, and how many children there were."""
        serving = self._serving_kib or [0]
        half = len(serving) // 2
        return {
            "samples": len(self._serving_kib),
            "children": len(self._children_kib),
            "child_most_mib": round(max(self._children_kib.values(), default=0) / 1024),
            "serving_most_mib": round(max(serving) / 1024),
            "serving_early_mib": round(statistics.median(serving[: half + 1]) / 1024),
            "serving_late_mib": round(statistics.median(serving[half:]) / 1024),
        }

    def _look_on(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._look()

    def _look(self) -> None:
        self._serving_kib += _resident_kib(self._pid)
        internet = _internet_sockets()
        for pid in self._members() - {self._pid}:
            name, command = guardian.name_of(pid), _command(pid)
            # One that has not become anybody yet, or has gone.
            if not name or not command or command == _command(self._pid):
                continue
            self._children_kib[name] = max(self._children_kib[name], *_resident_kib(pid), 0)
            if not (command.startswith(sys.executable.encode()) and _ALLOWED.search(command)):
                self._problems.add(f"a strange process: {command[:200].decode('latin-1')}")
            if _sockets(pid) & internet:
                self._problems.add("a child has a socket of the internet")


def _resident_kib(pid: int) -> list[int]:
    try:
        found = _RESIDENT.search((_PROC / str(pid) / "status").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return []
    return [int(found[1])] if found else []


def _command(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for entry in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if match := _SOCKET.match(str(entry.readlink())):
                    found.add(match[1])
    return found


def _internet_sockets() -> set[str]:
    found = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(OSError):
            lines = (_PROC / "net" / name).read_text(encoding="ascii").splitlines()[1:]
            found |= {line.split()[9] for line in lines}
    return found
