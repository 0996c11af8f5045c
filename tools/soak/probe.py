"""Asks ``/livez`` over and over, as an orchestrator does, and writes down how long it took.

    python probe.py PORT FILE

Runs until its standard input ends. A process of its own, so that the poster's work is not taken
for the service's.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path

#: Pause between two questions.
EVERY_S = 0.05
_TIMEOUT_S = 30.0
_ASK = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def main(port: str, file: str) -> None:
    """Ask until told to stop, then write what came of it."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    took_ms: list[float] = []
    # How late this process itself is woken: what a busy machine adds to every wait.
    late_ms: list[float] = []
    wrong: list[str] = []
    due = time.monotonic()
    while not over.is_set():
        begun = time.monotonic()
        answer = _asked(int(port))
        took_s = time.monotonic() - begun
        if not answer.startswith(b"HTTP/1.1 200 "):
            wrong.append(answer[:60].decode("latin-1") or "no answer")
        took_ms.append(1000 * took_s)
        # Those who would have asked meanwhile would have waited for the rest of the time.
        took_ms += [
            1000 * (took_s - late * EVERY_S) for late in range(1, int(took_s / EVERY_S) + 1)
        ]
        due = max(due + EVERY_S, time.monotonic())
        over.wait(due - time.monotonic())
        late_ms.append(1000 * (time.monotonic() - due))
    told = {"took_ms": took_ms, "late_ms": late_ms, "wrong": wrong}
    Path(file).write_text(json.dumps(told), encoding="utf-8")


def _asked(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as connected:
            connected.sendall(_ASK)
            return connected.recv(4096)
    except OSError as error:
        return f"{type(error).__name__}".encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
