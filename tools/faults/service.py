"""The service of a run: processes that serve and processes that work."""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING

from tools.faults.truth import Database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tools.faults.processes import Crew, Process

MODES = ("embedded", "redis", "rabbitmq")

_START_S = 90.0
_STOP_S = 60.0
#: How long leases last.
LEASE_S = 3.0
#: Short times, so that what is left lying is found while somebody looks.
_SETTINGS: Mapping[str, object] = {
    "lease_s": LEASE_S,
    "sweep_every_s": 0.5,
    "retry_first_s": 0.2,
    "retry_most_s": 2.0,
    "drain_s": 10.0,
    "max_backlog": 100_000,
    "breaker_pause_s": 1.0,
}


class Service:
    """One service with data of its own.

    Args:
        crew: Whose processes they are.
        name: Of its folder.
        urls: Of "database_url", "broker_url" and "cache_url"; empty for the embedded service.
        settings: Of the section ``service``, beside the short times of all runs.
        variables: Environment of its processes.
        runner: What runs the command line, in place of ``-m studio_detector``.
    """

    def __init__(
        self,
        crew: Crew,
        name: str,
        *,
        urls: Mapping[str, str],
        settings: Mapping[str, object] | None = None,
        variables: Mapping[str, str] | None = None,
        runner: Sequence[str] = ("-m", "studio_detector"),
    ) -> None:
        self._crew = crew
        self.folder = crew.folder / name
        self.folder.mkdir()
        self.data = self.folder / "data"
        self._urls = urls
        self.namespace = f"faults-{secrets.token_hex(4)}"
        values = {**_SETTINGS, **(settings or {}), "namespace": self.namespace}
        self._options = [
            *("--data-dir", str(self.data), "--log-level", "warning"),
            *(part for key, url in urls.items() for part in (f"--{key.replace('_', '-')}", url)),
            *(part for item in values.items() for part in ("--set", _setting(*item))),
        ]
        self._variables = variables or {}
        self._runner = runner
        self._apis: dict[int, Process] = {}
        self._ports: dict[int, int] = {}
        self.workers: list[Process] = []

    @property
    def addresses(self) -> list[str]:
        """Where it serves."""
        return [f"http://127.0.0.1:{port}" for _, port in sorted(self._ports.items())]

    @property
    def apis(self) -> list[Process]:
        """The processes that serve."""
        return [process for _, process in sorted(self._apis.items())]

    @property
    def is_scaled(self) -> bool:
        """Whether workers are processes of their own."""
        return bool(self._urls)

    @property
    def broker_url(self) -> str:
        """What carries its messages."""
        return self._urls["broker_url"]

    @property
    def database_url(self) -> str:
        """Its database."""
        return self._urls.get("database_url") or f"sqlite:///{self.data / 'studio.db'}"

    def database(self) -> Database:
        """A look into its database."""
        return Database(self.database_url)

    def start_api(self, number: int, *options: str) -> None:
        """Start a process that serves, or start it again, and return when it does.

        Args:
            number: Which, from 0; it keeps its port.
            options: Of this process.
        """
        if number not in self._ports:
            self._ports[number] = self._crew.free_port()
        port = self._ports[number]
        log = self.folder / f"api-{number}.log"
        seen = log.stat().st_size if log.exists() else 0
        process = self._process(log, "serve", "--port", str(port), *options)
        self._apis[number] = process
        process.wait_until(
            lambda: f"serves at http://127.0.0.1:{port}".encode() in log.read_bytes()[seen:],
            _START_S,
            "the service did not start",
        )

    def start_worker(self, *options: str, variables: Mapping[str, str] | None = None) -> Process:
        """Start a process that works, and return when it says so.

        Args:
            options: Of this process.
            variables: Environment of this process beside that of all.
        """
        log = self.folder / f"worker-{len(self.workers)}-{secrets.token_hex(2)}.log"
        process = self._process(log, "worker", *options, variables=variables)
        self.workers.append(process)
        process.wait_until(
            lambda: b"studio-detector works for" in log.read_bytes(),
            _START_S,
            "the worker did not start",
        )
        return process

    def workhorses(self) -> list[Process]:
        """The processes whose children analyse."""
        return [worker for worker in self.workers if worker.runs] if self.is_scaled else self.apis

    def stop(self) -> list[str]:
        """End all that runs by SIGTERM.

        Returns:
            What was wrong with that.
        """
        problems = []
        for process in (*self.apis, *self.workers):
            if not process.runs:
                continue
            below = process.below()
            try:
                status = process.stop(_STOP_S)
            except TimeoutError as error:
                problems.append(f"{process.log.stem}: {error}")
                continue
            if status != 0:
                problems.append(f"{process.log.stem} stopped with status {status}")
            left = below & self._crew.left()
            if left:
                problems.append(f"{process.log.stem} left {len(left)} processes behind")
        return problems

    def said(self, most: int = 4000) -> str:
        """What its processes have said, of each the last so many characters."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(encoding='utf-8', errors='replace')[-most:]}"
            for log in sorted(self.folder.glob("*.log"))
        )

    def _process(
        self, log: Path, *arguments: str, variables: Mapping[str, str] | None = None
    ) -> Process:
        return self._crew.start(
            [sys.executable, *self._runner, *arguments, *self._options],
            log=log,
            variables={**self._variables, **(variables or {})},
        )


def _setting(name: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"service.{name}={text}"
