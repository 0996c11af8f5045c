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
        self._changed = threading.Condition()

    def counts(self) -> tuple[int, int]:
        """How many are free for whatever comes, and how many for urgent work alone."""
        with self._changed:
            return len(self._ordinary), len(self._kept)

    @contextlib.contextmanager
    def taken(self, *, is_urgent: bool = False) -> Iterator[Keeper]:
        """A child for as long as the block runs."""
        keeper, place = self._take(is_urgent=is_urgent)
        try:
            yield keeper
        finally:
            with self._changed:
                place.append(keeper)
                self._changed.notify_all()

    @contextlib.contextmanager
    def all_taken(self) -> Iterator[None]:
        """Have every child, once each has been given back, for as long as the block runs."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._ordinary) + len(self._kept) == self._all)
            ordinary, kept = self._ordinary.copy(), self._kept.copy()
            self._ordinary.clear()
            self._kept.clear()
        try:
            yield
        finally:
            with self._changed:
                self._ordinary.extend(ordinary)
                self._kept.extend(kept)
                self._changed.notify_all()

    def _take(self, *, is_urgent: bool) -> tuple[Keeper, list[Keeper]]:
        with self._changed:
            self._urgent += is_urgent
            try:
                place = self._changed.wait_for(lambda: self._place(is_urgent=is_urgent))
                return place.pop(), place
            finally:
                self._urgent -= is_urgent
                if is_urgent and not self._urgent:
                    # Ordinary work may have stood back for this one.
                    self._changed.notify_all()

    def _place(self, *, is_urgent: bool) -> list[Keeper]:
        """Where a child can be taken from now; nothing where there is none."""
        if is_urgent:
            return self._kept or self._ordinary
        return [] if self._urgent else self._ordinary
