"""Cleans up behind a harness that has gone, however it went.

Started with ``NAME=VALUE``, the mark of a harness's processes in their environment. Its standard
input is a pipe whose other end the harness holds, so its end is the end of the harness, even by
SIGKILL. Until then each line names something to be ended or removed: ``process PID-BIRTH``
(servers write their title over their environment), ``folder PATH`` or ``mount PATH``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC = Path("/proc")
_PATIENCE_S = 10.0


def marked(mark: str, known: Iterable[str] = ()) -> set[int]:
    """Processes that live and belong to a run, with all that they have started.

    Args:
        mark: In the environment of some.
        known: Names of others, as by `name_of`.
    """
    names = set(known)
    found = {pid for pid in _pids() if name_of(pid) in names or _has(pid, mark.encode())}
    found |= descendants(found)
    # What its parent has not asked after yet is dead all the same.
    return {pid for pid in found if stat_fields(pid)[:1] not in ([], ["Z"])} - {os.getpid()}


def name_of(pid: int) -> str:
    """A process's number and the moment of its start, since numbers are used again."""
    fields = stat_fields(pid)
    return f"{pid}-{fields[19]}" if fields else ""


def descendants(roots: set[int]) -> set[int]:
    """Processes below others, the others not among them."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        children.setdefault(parent(pid), []).append(pid)
    found: set[int] = set()
    rest = list(roots)
    while rest:
        for child in children.get(rest.pop(), ()):
            if child not in found:
                found.add(child)
                rest.append(child)
    return found - roots


def parent(pid: int) -> int:
    """Who started a process, or inherited it; 0 if it has gone."""
    fields = stat_fields(pid)
    return int(fields[1]) if fields else 0


def stat_fields(pid: int) -> list[str]:
    """``/proc/PID/stat`` from the state on; nothing if the process has gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _has(pid: int, mark: bytes) -> bool:
    try:
        return mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def end(mark: str, known: Iterable[str]) -> None:
    """Kill them all, and wait until they are gone."""
    until = time.monotonic() + _PATIENCE_S
    while (pids := marked(mark, known)) and time.monotonic() < until:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def main(mark: str) -> None:
    """Wait for the end of the harness, then clean up."""
    # Ctrl-C and a closed terminal are for the harness.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told = [line.rstrip("\n").partition(" ")[::2] for line in sys.stdin]
    end(mark, [name for kind, name in told if kind == "process"])
    for kind, path in reversed(told):
        if kind == "mount":
            subprocess.run(["/usr/bin/umount", "--lazy", path], check=False)
        elif kind == "folder":
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
