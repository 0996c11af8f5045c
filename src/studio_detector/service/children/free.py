"""Children that nobody uses at this moment, and who may take which of them."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_detector.batch.keeper import Keeper


class FreeChildren:
    """Lends children to threads, and has them wait where none is free.

    Urgent work takes a kept child before an ordinary one, and goes before ordinary work where
    both wait. The last one returned goes first: its caches are warm, and what is not needed
    sleeps.

    Args:
        ordinary: Children for whatever comes.
        kept: Children that urgent work alone may take.
    """

    def __init__(self, ordinary: Sequence[Keeper], kept: Sequence[Keeper] = ()) -> None:
        self._ordinary = list(reversed(ordinary))
        self._kept = list(reversed(kept))
        self._all = len(ordinary) + len(kept)
        self._urgent = 0
        self._lock = threading.Lock()
        # Whoever returns a child wakes one thread: all others would find it taken.
        self._for_urgent = threading.Condition(self._lock)
        self._for_ordinary = threading.Condition(self._lock)
        self._for_all = threading.Condition(self._lock)

    def counts(self) -> tuple[int, int]:
        """How many are free for whatever comes, and how many for urgent work alone."""
        with self._lock:
            return len(self._ordinary), len(self._kept)

    @contextlib.contextmanager
    def taken(self, *, is_urgent: bool = False) -> Iterator[Keeper]:
        """A child for as long as the block runs."""
        keeper, place = self._take(is_urgent=is_urgent)
        try:
            yield keeper
        finally:
            with self._lock:
                place.append(keeper)
                self._wake()

    @contextlib.contextmanager
    def all_taken(self) -> Iterator[None]:
        """Have every child, once each has been given back, for as long as the block runs."""
        with self._lock:
            self._for_all.wait_for(lambda: len(self._ordinary) + len(self._kept) == self._all)
            ordinary, kept = self._ordinary.copy(), self._kept.copy()
            self._ordinary.clear()
            self._kept.clear()
        try:
            yield
        finally:
            with self._lock:
                self._ordinary.extend(ordinary)
                self._kept.extend(kept)
                for changed in (self._for_urgent, self._for_ordinary, self._for_all):
                    changed.notify_all()

    def _take(self, *, is_urgent: bool) -> tuple[Keeper, list[Keeper]]:
        changed = self._for_urgent if is_urgent else self._for_ordinary
        with self._lock:
            self._urgent += is_urgent
            try:
                place = changed.wait_for(lambda: self._place(is_urgent=is_urgent))
                return place.pop(), place
            finally:
                self._urgent -= is_urgent
                if is_urgent and not self._urgent:
                    # Ordinary work may have stood back for this one.
                    self._for_ordinary.notify(len(self._ordinary))

    def _wake(self) -> None:
        """Wake who can take what is free now; who finds it taken waits for the next."""
        if self._urgent:
            self._for_urgent.notify()
        elif self._ordinary:
            self._for_ordinary.notify()
        if len(self._ordinary) + len(self._kept) == self._all:
            self._for_all.notify_all()

    def _place(self, *, is_urgent: bool) -> list[Keeper]:
        """Where a child can be taken from now; nothing where there is none."""
        if is_urgent:
            return self._kept or self._ordinary
        return [] if self._urgent else self._ordinary
