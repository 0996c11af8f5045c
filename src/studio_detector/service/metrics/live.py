"""What other parts of the process know at the moment of a scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.metrics.registry import read_gauge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.core import Metric

_BREAKERS = "studio_breakers_open"
_CHILDREN = "studio_children"
_STATES = ("busy", "idle", "kept")


class LiveGauges:
    """A collector that asks the parts themselves, which answer from memory.

    Args:
        breakers: Kind of what may be left alone -> how many of them are.
        children: How many processes are busy, idle, and kept for urgent work.
    """

    def __init__(
        self,
        breakers: Mapping[str, Callable[[], int]],
        children: Callable[[], tuple[int, int, int]],
    ) -> None:
        self._breakers = dict(breakers)
        self._children = children

    def describe(self) -> Iterable[Metric]:
        """The gauges, without asking anybody."""
        return read_gauge(_BREAKERS), read_gauge(_CHILDREN)

    def collect(self) -> Iterable[Metric]:
        """The gauges as they are now."""
        breakers, children = read_gauge(_BREAKERS), read_gauge(_CHILDREN)
        for kind, count in self._breakers.items():
            breakers.add_metric((kind,), count())
        for state, number in zip(_STATES, self._children(), strict=True):
            children.add_metric((state,), number)
        return breakers, children
