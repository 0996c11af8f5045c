"""Waiting for a part of the service that is away, within bounds."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_FIRST_S = 0.1
_LONGEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Asks again while a part is away: what would be given up instead is a picture's analysis.

    Attributes:
        stopping: Set when the process is to end; then nothing is asked again.
        most_s: Longest that one question is asked for.
        clock: Seconds that never go back.
    """

    stopping: threading.Event
    most_s: float = 600.0
    clock: Callable[[], float] = field(default=time.monotonic)

    def ask(self, question: Callable[[], _T]) -> _T:
        """Ask until there is an answer.

        Args:
            question: Raises ``BusyError`` while the part is away; asked at least once.

        Returns:
            The answer.

        Raises:
            BusyError: The last one, when time is up or the process is to end.
        """
        until = self.clock() + self.most_s
        pause_s = _FIRST_S
        while True:
            try:
                return question()
            except BusyError as error:
                if pause_s == _FIRST_S:
                    _log.warning("waiting: %s", error.message)
                if self.clock() >= until or self.stopping.wait(pause_s):
                    raise
            pause_s = min(2 * pause_s, _LONGEST_S)
