"""A service that runs in an environment, and what it answers."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from tools.wheel.environment import TrialError, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.wheel.environment import Environment

_ADDRESS = re.compile(r"serves at (http://\S+)")
_START_S = 60.0
_STOP_S = 60.0
_ANSWER_S = 60.0


@contextlib.contextmanager
def serving(env: Environment) -> Iterator[str]:
    """Serve from an environment while the block runs.

    Yields:
        The address.

    Raises:
        TrialError: If it does not start, or does not end well.
    """
    words = ["serve", "--port", "0", "--data-dir", "data", "--workers", "1"]
    log = env.folder / "serve.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            env.words("studio-detector", *words, "--log-level", "warning"),
            cwd=env.folder,
            env=clean_environment(),
            stderr=file,
        )
    try:
        yield _address(server, log)
    except TrialError as error:
        raise TrialError(f"{error}; the service said:\n{_said(log)}") from error
    finally:
        status = _stopped(server)
    if status:
        raise TrialError(f"the service ended with {status}:\n{_said(log)}")


def posted(address: str, picture: Path) -> dict[str, Any]:
    """Post a picture and wait for its verdict, without a package.

    Raises:
        TrialError: If there is none.
    """
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/v1/analyse?wait={_ANSWER_S:.0f}",
        data=picture.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
        method="POST",
    )
    answer: dict[str, Any] = json.loads(_answered(request))
    if not 0 <= answer.get("confidence", -1) <= 1:
        raise TrialError(f"the service answered {answer}")
    return answer


def got(address: str) -> bytes:
    """What an address gives."""
    return _answered(urllib.request.Request(address))  # noqa: S310 - our own address


def _answered(request: urllib.request.Request) -> bytes:
    deadline_s = time.monotonic() + _ANSWER_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:  # noqa: S310
                body: bytes = answer.read()
                return body
        except OSError as error:
            # Warming up is told by 503.
            if getattr(error, "code", None) != 503 or time.monotonic() > deadline_s:
                raise TrialError(f"{request.full_url}: {error}") from error
            time.sleep(0.2)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and server.poll() is None:
        found = _ADDRESS.search(_said(log))
        if found:
            return found[1]
        time.sleep(0.05)
    raise TrialError("the service did not start")


def _stopped(server: subprocess.Popen[bytes]) -> int:
    """Its exit status; one that does not end is killed rather than left behind."""
    server.send_signal(signal.SIGTERM)
    try:
        return server.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
