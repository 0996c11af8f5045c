"""From names to addresses, in bounded time: ``getaddrinfo`` itself knows no time limit."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence

from studio_detector.service.fetch.faults import away, failed, not_now, too_slow

#: Name and port to addresses, best first. Raises ``OSError`` if there are none.
Resolver = Callable[[str, int], Sequence[str]]

#: Names looked up at a time; more wait.
MOST_LOOKUPS = 64


def system_resolver(host: str, port: int) -> list[str]:
    """Ask what the operating system asks: its hosts file, its name servers.

    Args:
        host: A name.
        port: Where a connection is meant to go.

    Returns:
        Addresses, with their scope where they have one.

    Raises:
        OSError: ``socket.gaierror`` if there are none, or nobody could be asked.
    """
    found = []
    for *_, socket_address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(socket_address[0])
        if len(socket_address) == 4 and socket_address[3] and "%" not in address:
            address += f"%{socket_address[3]}"
        found.append(address)
    return list(dict.fromkeys(found))


class TimedResolver:
    """A resolver that is waited for only so long; safe to use from many threads.

    Args:
        resolve: What is asked, in a thread of its own each time.
    """

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(MOST_LOOKUPS)

    def __call__(self, host: str, port: int, until: float) -> Sequence[str]:
        """Look up a name.

        Args:
            host: The name.
            port: Where a connection is meant to go.
            until: When to give up, seconds of ``time.monotonic``.

        Returns:
            Its addresses, at least one.

        Raises:
            FetchError: ``fetch_failed`` if there is no such name, or, passing, if nobody could
                be asked; ``fetch_timeout`` if the answer took too long.
        """
        if not self._slots.acquire(timeout=max(until - time.monotonic(), 0.0)):
            raise not_now(f"{host} could not be looked up: too many lookups are under way")
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()
        threading.Thread(
            target=self._look_up, args=(host, port, answers), name="resolve", daemon=True
        ).start()
        try:
            answer = answers.get(timeout=max(until - time.monotonic(), 0.0))
        except queue.Empty:
            raise too_slow(f"the name {host} was not resolved in time") from None
        if isinstance(answer, socket.gaierror) and answer.errno in _NO_SUCH_NAME:
            raise failed(f"there is no host {host}; check the address")
        if isinstance(answer, OSError):
            raise away(f"the name {host} could not be resolved: {answer.strerror or answer}")
        if isinstance(answer, Exception) or not answer:
            raise failed(f"the name {host} has no address; check it")
        return answer

    def _look_up(
        self, host: str, port: int, answers: queue.SimpleQueue[Sequence[str] | Exception]
    ) -> None:
        try:
            answers.put(self._resolve(host, port))
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            answers.put(error)
        finally:
            self._slots.release()


_NO_SUCH_NAME = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
)
