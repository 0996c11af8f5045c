"""Servers of a run's own, so that they can really be stopped, killed and started again."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults import clock
from tools.faults.processes import answers

if TYPE_CHECKING:
    from tools.faults.processes import Crew, Process

_START_S = 60.0
_STOP_S = 30.0


class MissingServerError(RuntimeError):
    """A server's program is not installed."""


class Server(ABC):
    """One server on a free port of this machine.

    Args:
        crew: Whose processes it belongs to.

    Raises:
        MissingServerError: It is not installed.
    """

    #: What people call it.
    name: str

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.port = crew.free_port()
        self.folder = crew.folder / f"{self.name}-{self.port}"
        self.folder.mkdir()
        self.log = self.folder / "log"
        self._process: Process | None = None
        self._prepare()

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address."""

    @property
    def process(self) -> Process:
        """The process that was started last."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    @property
    def runs(self) -> bool:
        """Whether it is up."""
        return self._process is not None and self._process.runs

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = self._start()
        self._process.wait_until(self._answers, _START_S, f"{self.name} did not start")

    def stop(self) -> None:
        """End it as its manual says."""
        self.process.stop(_STOP_S)

    def kill(self) -> None:
        """End it as a power cut would, but for the disk."""
        self.process.kill_all()

    def _prepare(self) -> None:  # noqa: B027 - one kind needs nothing
        """What is needed once."""

    @abstractmethod
    def _start(self) -> Process:
        """Start the process."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it answers."""


class Redis(Server):
    """Redis without persistence: after a stop it has forgotten everything."""

    name = "redis"

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _start(self) -> Process:
        command = [_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return self._crew.start(command, log=self.log)

    def _answers(self) -> bool:
        return answers(self.port, b"PING\r\n").startswith(b"+PONG")


class Postgres(Server):
    """PostgreSQL with a cluster of its own; its disk is as safe as the defaults make it."""

    name = "postgres"

    @property
    def url(self) -> str:
        """Address of the database that every cluster has."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Address of one of its databases."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make a database and give its address."""
        import psycopg  # noqa: PLC0415 - an embedded run does without

        name = f"faults_{secrets.token_hex(4)}"
        plain = self.url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url_of(name)

    def stop(self) -> None:
        """End it without waiting for clients (``fast``)."""
        self.process.stop(_STOP_S, signal.SIGINT)

    def _prepare(self) -> None:
        self._user = _postgres_user()
        self._data = self.folder / "data"
        self._clock = clock.new_file(self._crew.folder)
        if self._user is not None:
            shutil.chown(self.folder, self._user, self._user)
        command = [_postgres_program("initdb"), "--pgdata", str(self._data), "--no-sync"]
        command += ["--auth", "trust", "--username", "postgres", "--encoding", "UTF8"]
        command += ["--locale", "C"]
        made = subprocess.run(
            command,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")

    def move_clock(self, ahead_s: int) -> None:
        """Set its clock so many seconds ahead of the real one; without a compiler, it stays."""
        clock.move(self._clock, ahead_s)

    def _start(self) -> Process:
        command = [_postgres_program("postgres"), "-D", str(self._data), "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        command += ["-c", "max_connections=200"]
        return self._crew.start(
            command,
            log=self.log,
            user=self._user,
            variables=clock.variables(self._crew.folder, self._clock),
        )

    def _answers(self) -> bool:
        # It takes connections before it is ready, and only a client's greeting is told so.
        words = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
        greeting = (4 + len(words)).to_bytes(4) + words
        return answers(self.port, greeting).startswith(b"R")


class RabbitMq(Server):
    """RabbitMQ with a node, a folder and a name server of its own."""

    name = "rabbitmq"

    @property
    def url(self) -> str:
        """Its address."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        self._epmd_port = self._crew.free_port()
        self._nodes_port = self._crew.free_port()
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "env.conf").touch()
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        # The node would start one that stays behind it.
        self._names = self._crew.start(
            [_program("epmd"), "-port", str(self._epmd_port), "-address", "127.0.0.1"],
            log=self.log,
        )

    def _start(self) -> Process:
        at = str(self.folder)
        variables = {
            "HOME": at,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONFIG_FILE": f"{at}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{at}/env.conf",
            "RABBITMQ_DIST_PORT": str(self._nodes_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{at}/enabled_plugins",
            "RABBITMQ_LOG_BASE": f"{at}/log.d",
            "RABBITMQ_MNESIA_BASE": f"{at}/mnesia",
            "RABBITMQ_NODENAME": f"faults{self.port}@localhost",
            "RABBITMQ_PID_FILE": f"{at}/pid",
        }
        return self._crew.start([_rabbitmq_program()], log=self.log, variables=variables)

    def _answers(self) -> bool:
        return answers(self.port, b"AMQP\x00\x00\x09\x01").startswith(b"\x01")


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingServerError(f"{name} is not installed; see docs/service/running.md")
    return found


def _postgres_program(name: str) -> str:
    known = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_major)
    return str(known[-1]) if known else _program(name)


def _major(path: Path) -> int:
    text = path.parts[-3]
    return int(text) if text.isdigit() else 0


def _rabbitmq_program() -> str:
    # The one in the PATH of Debian insists on a user and a folder of the whole machine.
    known = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return str(known[-1]) if known else _program("rabbitmq-server")


def _postgres_user() -> str | None:
    """Who runs PostgreSQL, which refuses root; None for this user."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError as error:
        raise MissingServerError("there is no user postgres to run PostgreSQL") from error
