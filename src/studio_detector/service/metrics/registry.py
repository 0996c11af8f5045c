"""A registry of its own, and instruments made from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily

from studio_detector.service.metrics.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric


class Registry(CollectorRegistry):
    """The metrics of one process; never the one that prometheus-client shares.

    It leaves out the series ``..._created``, one beside each counter and histogram, which say
    when the process first counted: they would double the series for what nobody asks.
    """

    def collect(self) -> Iterable[Metric]:
        """Every metric as it is now."""
        for metric in super().collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric


def counter(registry: CollectorRegistry, name: str) -> Counter:
    """A counter of the catalogue."""
    found = CATALOGUE[name]
    return Counter(found.name, found.says, tuple(found.labels), registry=registry)


def gauge(registry: CollectorRegistry, name: str) -> Gauge:
    """A gauge of the catalogue that is set."""
    found = CATALOGUE[name]
    return Gauge(found.name, found.says, tuple(found.labels), registry=registry)


def histogram(registry: CollectorRegistry, name: str) -> Histogram:
    """A histogram of the catalogue."""
    found = CATALOGUE[name]
    return Histogram(
        found.name, found.says, tuple(found.labels), buckets=found.buckets, registry=registry
    )


def read_gauge(name: str) -> GaugeMetricFamily:
    """A gauge of the catalogue for a collector to fill, without series as yet."""
    found = CATALOGUE[name]
    return GaugeMetricFamily(found.name, found.says, labels=tuple(found.labels))
