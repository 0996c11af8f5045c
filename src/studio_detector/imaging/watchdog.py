"""A deadline that acts from outside, for whoever may be stuck in a system call."""

from __future__ import annotations

import contextlib
import threading
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Watchdog:
    """Acts when a block takes longer than allowed.

    One thread serves all blocks of its owner, one after the other, and mostly sleeps: setting
    and lifting a deadline costs a lock, where a timer of its own costs a thread.

    Args:
        bite: Called, from the thread, when time is up. Short, and raises nothing.
    """

    def __init__(self, bite: Callable[[], None]) -> None:
        self._bite = bite
        self._condition = threading.Condition()
        self._due_s = inf
        self._wakes_at_s = -inf
        self._is_over = False
        self._has_bitten = False
        self._thread: threading.Thread | None = None

    @property
    def has_bitten(self) -> bool:
        """Whether time was ever up."""
        return self._has_bitten

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Allow the block so long; after it, nothing bites any more."""
        with self._condition:
            self._due_s = monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()
            elif self._due_s < self._wakes_at_s:
                self._condition.notify()
        try:
            yield
        finally:
            with self._condition:
                self._due_s = inf

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Let the time of the block not count, inside `deadline`."""
        with self._condition:
            left_s, self._due_s = self._due_s - monotonic(), inf
        try:
            yield
        finally:
            with self._condition:
                self._due_s = monotonic() + left_s
                if self._due_s < self._wakes_at_s:
                    self._condition.notify()

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._is_over = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with self._condition:
            while not self._is_over:
                remaining_s = self._due_s - monotonic()
                if remaining_s <= 0:
                    self._due_s = inf
                    self._has_bitten = True
                    self._bite()
                    continue
                self._wakes_at_s = self._due_s
                # Cut, because a lock waits no longer than a century or so.
                self._condition.wait(None if remaining_s == inf else min(remaining_s, 1e6))
