"""The processes of a run: started, told from others by a mark, and ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults import guardian

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

_MARK = "STUDIO_FAULTS_RUN"
_SETTINGS = "STUDIO_DETECTOR_"
_PORTS = range(15_000, 32_000)
_GUARDIAN = Path(guardian.__file__)


class Crew:
    """Every process, folder and mount of a run.

    The guardian, a process of its own, ends and removes them all: when the crew is closed, and
    likewise when this process dies before.
    """

    def __init__(self) -> None:
        self._mark = f"{_MARK}={secrets.token_hex(8)}"
        self._guardian = subprocess.Popen(
            [sys.executable, str(_GUARDIAN), self._mark],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._ports: set[int] = set()
        self._names: set[str] = set()
        self._started: list[subprocess.Popen[bytes]] = []
        self.folder = Path(tempfile.mkdtemp(prefix="studio-faults-"))
        # PostgreSQL does not run as root, and its user must reach its own folder.
        self.folder.chmod(0o711)
        self._tell(f"folder {self.folder}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._guardian.stdin:
            self._guardian.stdin.close()
        self._guardian.wait(60)
        for started in self._started:
            started.wait(10)

    def start(
        self,
        command: Sequence[str],
        *,
        log: Path,
        user: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a process of the run.

        Args:
            command: Program and arguments.
            log: File that gets what it says.
            user: Who runs it; None for this user.
            variables: Environment beside this process's own, of which the settings of a
                service are left out.
        """
        name, _, value = self._mark.partition("=")
        own = {key: of for key, of in os.environ.items() if not key.startswith(_SETTINGS)}
        environment = {**own, **(variables or {}), name: value}
        with log.open("ab") as out:
            started = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=_root(),
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
            )
        self._started.append(started)
        self._names.add(guardian.name_of(started.pid))
        self._tell(f"process {guardian.name_of(started.pid)}")
        return Process(started, log)

    def free_port(self) -> int:
        """A port of this machine on which nothing listens now, another one each time.

        It is none of those that the system gives to clients: while a server is stopped, a
        client that asks for it again and again would get its port, and the server could not
        come back.
        """
        while True:
            port = _PORTS.start + secrets.randbelow(len(_PORTS))
            if port in self._ports:
                continue
            try:
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                continue
            self._ports.add(port)
            return port

    def mounted(self, path: Path) -> None:
        """Have a mount taken away at the end."""
        self._tell(f"mount {path}")

    def left(self) -> set[int]:
        """Processes of the run that live."""
        return guardian.marked(self._mark, self._names)

    def _tell(self, line: str) -> None:
        if self._guardian.stdin is None:
            raise RuntimeError("the guardian has no pipe")
        self._guardian.stdin.write(line + "\n")
        self._guardian.stdin.flush()


class Process:
    """One process of a run.

    Args:
        started: It.
        log: What it says.
    """

    def __init__(self, started: subprocess.Popen[bytes], log: Path) -> None:
        self._started = started
        self.log = log

    @property
    def pid(self) -> int:
        """Its number."""
        return self._started.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._started.poll() is None

    def below(self) -> set[int]:
        """Processes that it has started, and those that they have."""
        return guardian.descendants({self.pid})

    def children(self) -> list[int]:
        """Python processes right below, without the one that only tracks resources."""
        return [
            pid
            for pid in sorted(self.below())
            if guardian.parent(pid) == self.pid and "resource_tracker" not in _command(pid)
        ]

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._started.send_signal(number)

    def tell_all(self, number: signal.Signals) -> None:
        """Send a signal to it and to all below it."""
        for pid in (self.pid, *self.below()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """SIGKILL it alone."""
        self._started.kill()
        self._started.wait()

    def kill_all(self) -> None:
        """SIGKILL it and all below it, in one moment."""
        # Standing still, none that sees another go starts one in its place.
        self.tell_all(signal.SIGSTOP)
        pids = {self.pid, *self.below()}
        for pid in pids:
            kill(pid)
        self._started.wait()
        while any(_lives(pid) for pid in pids):
            time.sleep(0.01)

    def stop(self, patience_s: float, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end.

        Returns:
            Its exit status.

        Raises:
            TimeoutError: It still runs after ``patience_s`` seconds; it is killed then.
        """
        self.tell(number)
        try:
            return self._started.wait(patience_s)
        except subprocess.TimeoutExpired as error:
            self.kill_all()
            raise TimeoutError(f"still there {patience_s} s after {number.name}") from error

    def wait_until(self, reached: Callable[[], bool], patience_s: float, what: str) -> None:
        """Poll until something is so.

        Raises:
            RuntimeError: The process ended before, or it was not so in time.
        """
        until = time.monotonic() + patience_s
        while not reached():
            if not self.runs or time.monotonic() > until:
                state = "runs" if self.runs else f"ended with {self._started.returncode}"
                raise RuntimeError(f"{what}: the process {state}; it said:\n{self.said()[-3000:]}")
            time.sleep(0.02)

    def said(self) -> str:
        """What it and others with the same log have said."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def kill(pid: int) -> None:
    """SIGKILL one process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def answers(port: int, question: bytes = b"", *, patience_s: float = 2.0) -> bytes:
    """What comes first from a port of this machine; nothing if nobody answers.

    Args:
        port: The port.
        question: Sent first; without it, being connected is answer enough.
        patience_s: How long to wait for the answer.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as connected:
            if not question:
                return b"connected"
            connected.sendall(question)
            return connected.recv(64)
    except OSError:
        return b""


def is_working(pid: int) -> bool:
    """Whether a process uses a core right now."""
    return guardian.stat_fields(pid)[:1] == ["R"]


def _lives(pid: int) -> bool:
    return guardian.stat_fields(pid)[:1] not in ([], ["Z"])


def _command(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return ""


def _root() -> Path:
    return Path(__file__).resolve().parents[2]
