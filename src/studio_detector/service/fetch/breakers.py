"""One breaker for each host, so that one that is away costs no time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.service.breaker import Breaker
from studio_detector.service.fetch.faults import HostFaultError, left_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Failing hosts remembered, so that a stranger's list of hosts does not fill the memory.
MOST_HOSTS = 10_000


@dataclass(slots=True)
class Watch:
    """One request under way.

    Attributes:
        is_alive: Whether the host answered as a working host does; set by the request, None as
            long as there is no answer.
    """

    is_alive: bool | None = None


class HostBreakers:
    """Breakers by host; safe to use from many threads.

    Args:
        failures: Failures in a row after which a host is left alone.
        pause_s: Seconds for which it is.
        clock: Seconds that never go back.
    """

    def __init__(
        self, *, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._pause_s = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        # Only hosts that failed are in here, the latest last.
        self._failing: OrderedDict[str, Breaker] = OrderedDict()

    @contextmanager
    def watch(self, host: str) -> Iterator[Watch]:
        """Let a request through, and learn from how it ends.

        A `HostFaultError` counts as a failure, whatever was noted. Any other end counts as was
        noted, and as nothing if nothing was.

        Args:
            host: Whom the request is for.

        Yields:
            Where the request notes whether the host answered well.

        Raises:
            FetchError: ``fetch_failed``, passing, while the host is left alone.
        """
        with self._lock:
            breaker = self._failing.get(host)
        if breaker is not None and not breaker.allows():
            raise left_alone(
                f"{host} failed {self._failures} times in a row and is left alone for up to "
                f"{self._pause_s:g} s; try again later",
                retry_after_s=self._pause_s,
            )
        watch = Watch()
        try:
            yield watch
        except HostFaultError:
            watch.is_alive = False
            raise
        finally:
            self._learn(host, is_alive=watch.is_alive)

    def left_alone(self) -> int:
        """Count the hosts that are left alone now."""
        with self._lock:
            return sum(breaker.is_open for breaker in self._failing.values())

    def _learn(self, host: str, *, is_alive: bool | None) -> None:
        with self._lock:
            if is_alive:
                breaker = self._failing.pop(host, None)
                if breaker is not None:
                    breaker.succeeded()
            elif is_alive is False:
                # Which one it is stays out of the log: names of hosts may be names of people.
                breaker = self._failing.setdefault(
                    host, Breaker("a host", self._failures, self._pause_s, self._clock)
                )
                self._failing.move_to_end(host)
                breaker.failed()
                while len(self._failing) > MOST_HOSTS:
                    self._failing.popitem(last=False)
