"""When a callback that failed is tried again.

The times of the example schedule in Standard Webhooks 1.0.0 are taken as counted from the first
try, so that the last one is a day later. (Taken as pauses they would add up to three days.)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds from the first try to each try.
TRIES_AFTER_S = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Tries before a callback has failed for good.
MOST_TRIES = len(TRIES_AFTER_S)
#: Longest pause that a receiver may ask for by ``Retry-After``, in seconds.
MOST_ASKED_S = 21_600.0
#: Statuses whose ``Retry-After`` counts.
THROTTLING = frozenset((429, 502, 503, 504))
#: Part of a pause by which it is made longer or shorter at random.
JITTER_RATIO = 0.1

_PAUSES_S = tuple(later - earlier for earlier, later in pairwise(TRIES_AFTER_S))


def pause_s(
    tries: int, *, asked_s: float | None = None, randomly: Callable[[], float]
) -> float | None:
    """Tell how long to wait after a failed try.

    Pauses follow one another and no clock is read, so that neither a clock that is moved nor a
    service that was down for hours makes tries follow at once or not at all.

    Args:
        tries: Tries begun so far, 1 or more.
        asked_s: What the receiver asks for; a longer pause than planned is granted up to
            `MOST_ASKED_S`, a shorter one is not.
        randomly: Gives numbers from 0 to 1.

    Returns:
        Seconds until the next try; None if there is none.
    """
    if tries >= MOST_TRIES:
        return None
    planned_s = _PAUSES_S[max(tries, 1) - 1] * (1.0 + JITTER_RATIO * (2.0 * randomly() - 1.0))
    return max(planned_s, min(asked_s or 0.0, MOST_ASKED_S))
