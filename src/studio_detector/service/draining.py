"""The end of the process, from the first signal on.

First comes the notice: nothing is refused yet, and whoever asks whether the process is ready is
told that it is not, so that load balancers send new work elsewhere. Then it drains.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Draining(threading.Event):
    """Set when the process is about to stop; knows how long what runs may still take.

    Args:
        most_s: Seconds from the moment it is set.
        monotonic: Seconds that only go forward.

    Attributes:
        noticed: Set when the end was announced, which it is at the latest when it comes.
        hurry: Set when nothing more is to be waited for.
    """

    def __init__(self, most_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.noticed = threading.Event()
        self.hurry = threading.Event()
        self._most_s = most_s
        self._monotonic = monotonic
        self._since: float | None = None

    def set(self) -> None:
        """Begin the end; the first call counts."""
        if self._since is None:
            self._since = self._monotonic()
        self.noticed.set()
        super().set()

    def left_s(self) -> float:
        """Seconds that are left for what runs; all of them while it is not set."""
        if self.hurry.is_set():
            return 0.0
        if self._since is None:
            return self._most_s
        return max(0.0, self._most_s - (self._monotonic() - self._since))
