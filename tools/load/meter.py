"""Processor time and memory of everything that takes part, by what it is for."""

from __future__ import annotations

import bisect
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults import guardian

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

_PROC = Path("/proc")
_EVERY_S = 1.0
_MIB = 1024 * 1024
#: The processes that analyse, below whichever process of ours.
CHILDREN = "children"
#: All of the machine, whoever used it.
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look.

    Attributes:
        at_s: Seconds since 1970.
        cpu_s: Group -> processor seconds since the first look.
        rss_mib: Group -> resident memory, pages that processes share counted for each.
        processes: Group -> how many there are.
        largest_mib: Group -> resident memory of its largest process.
    """

    at_s: float
    cpu_s: Mapping[str, float]
    rss_mib: Mapping[str, float]
    processes: Mapping[str, int]
    largest_mib: Mapping[str, float]


@dataclass(slots=True)
class Meter:
    """Samples until it is left; leaving it raises RuntimeError if it could not look on.

    Args:
        roots: Gives name -> process; each is looked at with all below it. What is below one of
            ``parents`` counts as `CHILDREN`.
        parents: Gives the names among them that are processes of ours.
    """

    roots: Callable[[], Mapping[str, int]]
    parents: Callable[[], frozenset[str]]
    samples: list[Sample] = field(default_factory=list)
    _cpu_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _seen: dict[str, float] = field(default_factory=dict)
    _machine_s: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _failed: Exception | None = None

    def __enter__(self) -> Self:
        self._machine_s = _machine_s()
        self.look()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._failed is not None and kind is None:
            raise RuntimeError("nobody looked on until the end") from self._failed

    def look(self) -> Sample:
        """Look now, beside the looks that come by themselves."""
        with self._lock:
            return self._look()

    def _look_on(self) -> None:
        try:
            while not self._over.wait(_EVERY_S):
                self.look()
        except Exception as error:  # noqa: BLE001 - told to whoever leaves
            self._failed = error

    def _look(self) -> Sample:
        now = time.time()
        roots = {pid: name for name, pid in self.roots().items()}
        parents = self.parents()
        table = _table()
        rss: dict[str, float] = defaultdict(float)
        largest: dict[str, float] = defaultdict(float)
        count: dict[str, int] = defaultdict(int)
        seen: dict[str, float] = {}
        for pid, row in table.items():
            name = _group(pid, table, roots, parents)
            if name is None:
                continue
            # The first look finds what a process has used before: none of it is counted.
            used_s = row.cpu_s - self._seen.get(row.name, row.cpu_s if not self.samples else 0.0)
            self._cpu_s[name] += max(0.0, used_s)
            seen[row.name] = row.cpu_s
            rss[name] += row.rss_mib
            largest[name] = max(largest[name], row.rss_mib)
            count[name] += 1
        self._seen = seen
        self._cpu_s[MACHINE] = _machine_s() - self._machine_s
        sample = Sample(now, dict(self._cpu_s), dict(rss), dict(count), dict(largest))
        self.samples.append(sample)
        return sample


def used_s(samples: Sequence[Sample], begun_s: float, ended_s: float) -> dict[str, float]:
    """Group -> processor seconds between two moments, interpolated between looks.

    Args:
        samples: In the order of time, at least one.
        begun_s: Seconds since 1970.
        ended_s: Likewise.
    """
    names = samples[-1].cpu_s
    return {
        name: round(_at(samples, name, ended_s) - _at(samples, name, begun_s), 3) for name in names
    }


def _at(samples: Sequence[Sample], name: str, moment_s: float) -> float:
    times = [one.at_s for one in samples]
    after = bisect.bisect_left(times, moment_s)
    if after == 0 or after == len(samples):
        return samples[min(after, len(samples) - 1)].cpu_s.get(name, 0.0)
    first, last = samples[after - 1], samples[after]
    share = (moment_s - first.at_s) / (last.at_s - first.at_s)
    before, then = first.cpu_s.get(name, 0.0), last.cpu_s.get(name, 0.0)
    return before + share * (then - before)


def between(first: Sample, last: Sample) -> dict[str, float]:
    """Group -> processor seconds between two looks."""
    return {name: round(last.cpu_s[name] - first.cpu_s.get(name, 0.0), 3) for name in last.cpu_s}


def merged(cpu_s: Mapping[str, float]) -> dict[str, float]:
    """The same with the workers as one group: ``worker 0`` and ``worker 1`` are ``workers``."""
    found: dict[str, float] = defaultdict(float)
    for name, seconds in cpu_s.items():
        found["workers" if name.startswith("worker ") else name] += seconds
    return {name: round(seconds, 3) for name, seconds in found.items()}


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    parent: int
    cpu_s: float
    rss_mib: float


def _table() -> dict[int, _Row]:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found = {}
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        fields = guardian.stat_fields(int(entry.name))
        if not fields or fields[0] == "Z":
            continue
        found[int(entry.name)] = _Row(
            name=f"{entry.name}-{fields[19]}",
            parent=int(fields[1]),
            cpu_s=(int(fields[11]) + int(fields[12])) / ticks,
            rss_mib=int(fields[21]) * page / _MIB,
        )
    return found


def _group(
    pid: int, table: Mapping[int, _Row], roots: Mapping[int, str], parents: frozenset[str]
) -> str | None:
    """Name of the group of a process; None if it is none of ours."""
    at = pid
    while at not in roots:
        row = table.get(at)
        if row is None:
            return None
        at = row.parent
    name = roots[at]
    return CHILDREN if at != pid and name in parents else name


def _machine_s() -> float:
    """Seconds that any processor was busy; waiting for disks and stolen time are not among them."""
    fields = (_PROC / "stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def pss_mib(pid: int) -> float | None:
    """Memory of a process, pages that it shares counted in parts; None if nobody says."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = [int(line.split()[1]) for line in lines if line.startswith("Pss:")]
    return sizes[0] / 1024 if sizes else None
