"""What the service's own metrics say, read as Prometheus reads them."""

from __future__ import annotations

import math
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TIMEOUT_S = 5.0
#: Name and labels of a sample -> its value.
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Read the text format."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - extra

    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(addresses: Iterable[str]) -> Samples:
    """Ask processes for their metrics and add them up; who does not answer adds nothing.

    Args:
        addresses: For instance ``http://127.0.0.1:8000/metrics``.
    """
    total: Samples = {}
    for address in addresses:
        try:
            with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                text = answer.read().decode()
        except (OSError, urllib.error.URLError):
            continue
        for key, value in read(text).items():
            total[key] = total.get(key, 0.0) + value
    return total


def histogram(
    before: Samples, after: Samples, name: str, labels: Mapping[str, str] | None = None
) -> dict[str, float | None]:
    """What a histogram counted between two looks.

    Args:
        before: The first.
        after: The second.
        name: Of the histogram, without ``_bucket``.
        labels: That samples must have; all others are added up.

    Returns:
        ``count``, and ``mean_ms`` and ``p95_ms``, which are None if nothing was counted. The
        percentile is interpolated within its bucket, as ``histogram_quantile`` does.
    """
    wanted = set((labels or {}).items())
    sums = {"count": 0.0, "sum": 0.0}
    buckets: dict[float, float] = {}
    for (sample, own), value in after.items():
        if not (sample.startswith(f"{name}_") and wanted <= own):
            continue
        new = value - before.get((sample, own), 0.0)
        kind = sample[len(name) + 1 :]
        if kind in sums:
            sums[kind] += new
        elif kind == "bucket":
            bound = float(dict(own)["le"])
            buckets[bound] = buckets.get(bound, 0.0) + new
    if not sums["count"]:
        return {"count": 0.0, "mean_ms": None, "p95_ms": None}
    return {
        "count": sums["count"],
        "mean_ms": round(1000 * sums["sum"] / sums["count"], 2),
        "p95_ms": round(1000 * _quantile(buckets, 0.95), 2),
    }


def _quantile(buckets: Mapping[float, float], part: float) -> float:
    """Within the bucket where it falls, in proportion; the last bound where there is none."""
    bounds = sorted(buckets)
    wanted = part * buckets[bounds[-1]]
    below_bound, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted:
            if math.isinf(bound):
                return below_bound
            inside = buckets[bound] - below
            share = (wanted - below) / inside if inside else 1.0
            return below_bound + (bound - below_bound) * share
        below_bound, below = bound, buckets[bound]
    return below_bound
