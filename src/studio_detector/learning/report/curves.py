"""Curves behind the figures: reliability, risk against coverage, and what abstaining gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.learning import metrics
from studio_detector.learning.figures import PREVALENCE, Figure, figure_with_interval

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Share of right verdicts at which the coverage is stated.
WANTED_ACCURACY = 0.985
#: Bars of a histogram of confidences.
HISTOGRAM_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Photographs of about the same confidence.

    Attributes:
        low: Lowest confidence among them.
        high: Highest confidence among them.
        photographs: How many.
        weight: Their share of all at equal prevalence.
        confidence: Their mean confidence at equal prevalence.
        studio: Share of studio among them at equal prevalence.
    """

    low: float
    high: float
    photographs: int
    weight: float
    confidence: float
    studio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """Errors when only the surest verdicts are given.

    Attributes:
        coverage: Share of the photographs that get a verdict.
        risk: Share of errors among them.
    """

    coverage: float
    risk: float


def reliability(studio: Bools, confidence: Floats) -> tuple[ReliabilityBin, ...]:
    """Bins of equal weight, the very ones that `metrics.calibration_error` averages over.

    Args:
        studio: Truth.
        confidence: P(studio), 0..1.
    """
    weights = metrics.weights_at_prevalence(studio, PREVALENCE)
    index = metrics.calibration_bins(confidence, weights)
    bins = []
    for number in np.unique(index):
        inside = index == number
        mass = float(weights[inside].sum())
        if mass <= 0:
            continue
        bins.append(
            ReliabilityBin(
                low=float(confidence[inside].min()),
                high=float(confidence[inside].max()),
                photographs=int(inside.sum()),
                weight=mass / float(weights.sum()),
                confidence=float(weights[inside] @ confidence[inside]) / mass,
                studio=float(weights[inside] @ studio[inside]) / mass,
            )
        )
    return tuple(bins)


def coverage_points(studio: Bools, confidence: Floats) -> tuple[CoveragePoint, ...]:
    """The curve of risk against coverage at equal prevalence."""
    curve = metrics.risk_coverage(
        studio, confidence, metrics.weights_at_prevalence(studio, PREVALENCE)
    )
    return tuple(
        CoveragePoint(coverage=coverage, risk=risk)
        for coverage, risk in zip(curve.coverage.tolist(), curve.risk.tolist(), strict=True)
    )


def decided(confidence: Floats, band: tuple[float, float]) -> Bools:
    """Which photographs get a verdict: those outside the band, whose ends belong to it."""
    return (confidence < band[0]) | (confidence > band[1])


def coverage_at(
    accuracy: float, studio: Bools, confidence: Floats, weights: Floats | None = None
) -> float:
    """Largest share of the surest photographs among which a share ``accuracy`` is right, 0..1."""
    curve = metrics.risk_coverage(studio, confidence, weights)
    # Rounded, so that 1 - 0.985 does not decide by its last bit.
    good = np.flatnonzero(curve.risk.round(12) <= round(1 - accuracy, 12))
    return float(curve.coverage[good[-1]]) if good.size else 0.0


def abstention_figures(
    studio: Bools,
    confidence: Floats,
    groups: Sequence[Hashable],
    band: tuple[float, float],
    *,
    resamples: int,
) -> tuple[Figure, ...]:
    """What is gained when photographs inside the uncertain band get no verdict.

    Args:
        studio: Truth.
        confidence: P(studio).
        groups: Group of each photograph.
        band: Ends of the band.
        resamples: Bootstrap samples of each interval.

    Returns:
        Coverage and accuracy of the model's own band, and the coverage at `WANTED_ACCURACY`.
    """
    even = metrics.weights_at_prevalence(studio, PREVALENCE)
    sure = decided(confidence, band)
    right = (confidence > metrics.THRESHOLD) == studio

    def coverage(weights: Floats) -> float | None:
        total = float(weights.sum())
        return float(weights[sure].sum()) / total if total > 0 else None

    def accuracy(weights: Floats) -> float | None:
        mass = float(weights[sure].sum())
        return float(weights[sure & right].sum()) / mass if mass > 0 else None

    def best(weights: Floats) -> float | None:
        if weights.sum() <= 0:
            return None
        return coverage_at(WANTED_ACCURACY, studio, confidence, weights)

    return tuple(
        figure_with_interval(name, figure, groups, even, resamples)
        for name, figure in (
            ("share that gets a verdict", coverage),
            ("accuracy of those verdicts", accuracy),
            (f"share with a verdict at {WANTED_ACCURACY:.1%} accuracy", best),
        )
    )


def histogram(confidence: Floats) -> tuple[int, ...]:
    """Numbers of photographs in `HISTOGRAM_BINS` equal parts of 0..1."""
    counts, _ = np.histogram(confidence, bins=HISTOGRAM_BINS, range=(0, 1))
    return tuple(counts.tolist())
