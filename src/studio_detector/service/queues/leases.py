"""The leases a process holds, kept alive by one thread."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Protocol

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_detector.service.records import Job

_log = logging.getLogger(__name__)

# Two signs of life may be lost before a lease ends.
_SIGNS = 3


class LeasedJobs(Protocol):
    """What is needed of the store's jobs."""

    def renew(self, owner: str) -> int:
        """Prolong all leases of an owner; their number."""

    def release(self, owner: str) -> Sequence[Job]:
        """Give back all jobs of an owner, and the attempts with them."""


class Leases:
    """Owners of leases, each for one try of one job.

    Each try has an owner of its own, so that a try that was given up without a word to the
    store is not kept alive by the process that goes on: its lease ends, and another takes the
    job.

    Args:
        jobs: The store's.
        lease_s: How long a lease lasts without a sign of life.
    """

    def __init__(self, jobs: LeasedJobs, lease_s: float) -> None:
        self._jobs = jobs
        self._every_s = lease_s / _SIGNS
        self._process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to give signs of life."""
        self._thread.start()

    @contextlib.contextmanager
    def owner(self) -> Iterator[str]:
        """The name of an owner, kept alive until the end of the block.

        If the block ends by ``BusyError``, what the owner holds goes back.
        """
        name = f"{self._process}:{next(self._numbers)}"
        with self._lock:
            self._held.add(name)
        try:
            yield name
        except BusyError:
            with contextlib.suppress(BusyError):
                self._jobs.release(name)
            raise
        finally:
            with self._lock:
                self._held.discard(name)

    def release(self) -> int:
        """Give back what is still held, so that others begin it at once; the number of jobs.

        A store that is away is no error: then the leases end by themselves.
        """
        released = 0
        for owner in self._owners():
            try:
                released += len(self._jobs.release(owner))
            except BusyError as error:
                _log.warning("jobs could not be given back; their leases end: %s", error.message)
                break
        return released

    def stop(self) -> None:
        """Give no more signs of life."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _owners(self) -> list[str]:
        with self._lock:
            return list(self._held)

    def _beat(self) -> None:
        while not self._ended.wait(self._every_s):
            for owner in self._owners():
                try:
                    self._jobs.renew(owner)
                except BusyError as error:
                    _log.warning("leases could not be prolonged: %s", error.message)
                    break
                except Exception:  # noqa: BLE001 - the thread must go on
                    _log.exception("leases could not be prolonged")
                    break
