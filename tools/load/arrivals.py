"""When pictures come: drawn beforehand, and never put off because earlier ones are not answered."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def poisson(rate_per_s: float, seconds: float, seed: int) -> list[float]:
    """As many independent callers come: with pauses that remember nothing.

    Args:
        rate_per_s: Arrivals a second, on average; above 0.
        seconds: How long they come.
        seed: Of the chance.

    Returns:
        Seconds from the beginning, ascending, all below ``seconds``.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    times, now = [], chance.expovariate(rate_per_s)
    while now < seconds:
        times.append(now)
        now += chance.expovariate(rate_per_s)
    return times


def constant(rate_per_s: float, seconds: float, _seed: int = 0) -> list[float]:
    """One after the other at the same pause; arguments as `poisson`."""
    return [number / rate_per_s for number in range(int(rate_per_s * seconds))]


#: Name on the command line -> how arrivals are drawn.
ARRIVALS: Mapping[str, Callable[[float, float, int], list[float]]] = {
    "poisson": poisson,
    "constant": constant,
}
