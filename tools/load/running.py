"""A service as it is started by default, in one mode, with servers of its own."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from studio_detector.service.settings import ServiceSettings
from tools.faults.fleet import Fleet
from tools.faults.service import Service
from tools.load import exposition
from tools.load.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.faults.processes import Crew, Process
    from tools.faults.servers import Server
    from tools.faults.truth import Database

_POLL_S = 0.2
_DRAINED_S = 300.0
#: Settings that the harness of faults shortens and a run under load has as they are.
_AS_THEY_ARE = (
    "lease_s",
    "sweep_every_s",
    "retry_first_s",
    "retry_most_s",
    "drain_s",
    "breaker_pause_s",
)
#: One process stands for many callers here, and an address has half of the connections; a
#: backlog that is refused would hide how long it grows.
_OURS = {"max_connections": 8192, "max_backlog": 1_000_000}


class Setup:
    """One service of a run.

    Args:
        crew: Whose processes they are.
        mode: One of `tools.faults.service.MODES`.
        workers: Processes that analyse: the embedded service's own, or as many workers with one
            each.
    """

    def __init__(self, crew: Crew, mode: str, workers: int) -> None:
        self.crew = crew
        self.mode = mode
        self.workers = workers
        self.fleet = Fleet(crew)
        self.servers: dict[str, Server] = {}
        self._generator: Process | None = None
        self._database: Database | None = None
        # A worker that comes in the place of another has its port, too.
        self._metrics_ports = [crew.free_port() for _ in range(workers)] if self.is_scaled else []
        self._port_of: dict[int, int] = {}
        urls: dict[str, str] = {}
        if self.is_scaled:
            broker = self.fleet.redis if mode == "redis" else self.fleet.rabbitmq
            self.servers = {"postgres": self.fleet.postgres, "redis": self.fleet.redis}
            self.servers[broker.name] = broker
            urls = {
                "database_url": self.fleet.postgres.new_database(),
                "broker_url": broker.url,
                "cache_url": self.fleet.redis.url,
            }
        settings = {**_defaults(_AS_THEY_ARE), **_OURS}
        name = f"load-{mode}-{secrets.token_hex(4)}"
        self.service = Service(crew, name, urls=urls, settings=settings)

    @property
    def is_scaled(self) -> bool:
        """Whether workers are processes of their own."""
        return self.mode != "embedded"

    @property
    def address(self) -> str:
        """Where it serves."""
        return self.service.addresses[0]

    def start(self) -> None:
        """Start everything, and return when it serves and works."""
        self.start_api()
        if self.is_scaled:
            for _ in range(self.workers):
                self.start_worker()

    def start_api(self) -> None:
        """Start what serves, or start it again."""
        self.service.start_api(0, "--workers", str(self.workers))

    def start_worker(self) -> None:
        """Start a worker with one process that analyses."""
        taken = {self._port_of[worker.pid] for worker in self.service.workers if worker.runs}
        port = next(port for port in self._metrics_ports if port not in taken)
        worker = self.service.start_worker("--workers", "1", *_metrics_options(port))
        self._port_of[worker.pid] = port

    def metrics(self) -> exposition.Samples:
        """What all processes of the service count, added up."""
        return exposition.scrape(self.metrics_addresses())

    def metrics_addresses(self) -> list[str]:
        """Where they tell it."""
        return [
            f"{self.address}/metrics",
            *(f"http://127.0.0.1:{port}/metrics" for port in self._metrics_ports),
        ]

    def generator(self, file: Path, **options: object) -> Process:
        """Start posting; options are those of `tools.load.generator`, beside the address."""
        command = [sys.executable, "-m", "tools.load.generator", "--address", self.address]
        command += ["--file", str(file)]
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._generator = self.crew.start(command, log=file.with_suffix(".log"))
        return self._generator

    def meter(self) -> Meter:
        """Looks at everything that takes part."""
        return Meter(self._roots, self._parents)

    @property
    def database(self) -> Database:
        """A look into its database, past the service."""
        if self._database is None:
            self._database = self.service.database()
        return self._database

    def backlog(self) -> int:
        """Jobs that wait or run, counted where it costs the service nothing."""
        counts = self.database.counts()
        return counts.get("queued", 0) + counts.get("running", 0)

    def drain(self, patience_s: float = _DRAINED_S) -> float:
        """Wait until nothing waits or runs.

        Returns:
            Seconds that it took.

        Raises:
            TimeoutError: Something still does.
        """
        begun = time.monotonic()
        while self.backlog():
            if time.monotonic() > begun + patience_s:
                raise TimeoutError(f"{self.backlog()} jobs are left after {patience_s:g} s")
            time.sleep(_POLL_S)
        return time.monotonic() - begun

    def children(self) -> list[int]:
        """Processes that analyse."""
        return [pid for horse in self.service.workhorses() for pid in horse.children()]

    def missing(self) -> list[str]:
        """Processes of the service that should run and do not: they ended by themselves."""
        found = [f"{one.log.stem} does not run" for one in self.service.apis if not one.runs]
        if self.is_scaled:
            left = sum(worker.runs for worker in self.service.workers)
            if left != self.workers:
                found.append(f"{left} workers run in place of {self.workers}")
        return found

    def close(self) -> None:
        """Let go of the database."""
        if self._database is not None:
            self._database.close()

    def _roots(self) -> dict[str, int]:
        found = {"api": self.service.apis[0]} if self.service.apis else {}
        workers = enumerate(worker for worker in self.service.workers if worker.runs)
        found |= {f"worker {number}": worker for number, worker in workers}
        found |= {name: one.process for name, one in self.servers.items() if one.runs}
        if self._generator is not None:
            found["generator"] = self._generator
        return {name: process.pid for name, process in found.items()}

    def _parents(self) -> frozenset[str]:
        return frozenset(name for name in self._roots() if name.partition(" ")[0] in _OWN)


_OWN = frozenset({"api", "worker"})


@contextlib.contextmanager
def running(crew: Crew, mode: str, workers: int) -> Iterator[Setup]:
    """Start a service and end it; what was wrong with its end is an error.

    Raises:
        RuntimeError: A process did not end as it must.
    """
    setup = Setup(crew, mode, workers)
    setup.start()
    yield setup
    setup.close()
    problems = setup.service.stop()
    for server in setup.servers.values():
        server.stop()
    if problems:
        raise RuntimeError("; ".join(problems))


def _metrics_options(port: int) -> list[str]:
    return ["--metrics-port", str(port)]


def _defaults(names: tuple[str, ...]) -> dict[str, Any]:
    values = {one.name: one.default for one in fields(ServiceSettings)}
    return {name: values[name] for name in names}
