"""Figures of a two-way verdict with confidences: pure functions, each with weights.

Every function takes ``studio`` (bool array: the truth), ``confidence`` (float array: P(studio),
0..1) and ``weights`` (float array or None for equal weights). Weights carry both the share of
studio photographs at which a figure is stated (`weights_at_prevalence`) and the counts of a
bootstrap sample (`group_interval`), so no function resamples or sorts out anything itself.
A figure that does not exist, for want of examples of a class, is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Bools: TypeAlias = npt.NDArray[np.bool_]

#: Verdicts at or below this confidence are natural.
THRESHOLD = 0.5
#: Bins of the calibration error; about 45 of the set's test photographs each.
CALIBRATION_BINS = 15
#: Confidences are kept this far from 0 and 1 where their logarithm is taken.
LOG_CLIP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """Figures of one class, each 0..1; None where undefined.

    Attributes:
        precision: Of those called so, the share that is.
        recall: Of those that are, the share called so.
        f1: Harmonic mean of the two.
    """

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """Error among the most confident verdicts against their share.

    Attributes:
        certainty: Distance of the confidence from 0.5, falling, 0..0.5.
        coverage: Share of the examples at least that certain, rising to 1.
        risk: Share of errors among them, 0..1.
    """

    certainty: Floats
    coverage: Floats
    risk: Floats


def weights_at_prevalence(studio: Bools, prevalence: float) -> Floats:
    """Weights under which a share ``prevalence`` of the examples is studio; they sum to one.

    Args:
        studio: Truth; both classes must occur.
        prevalence: Wanted share, 0..1.
    """
    count = max(1, int(studio.sum()))
    return np.where(studio, prevalence / count, (1 - prevalence) / max(1, studio.size - count))


def accuracy(studio: Bools, confidence: Floats, weights: Floats | None = None) -> float | None:
    """Share of right verdicts, 0..1."""
    return _mean((confidence > THRESHOLD) == studio, weights)


def balanced_accuracy(
    studio: Bools, confidence: Floats, weights: Floats | None = None
) -> float | None:
    """Mean of the recalls of both classes, 0..1; independent of their shares."""
    return _both(
        class_figures(studio, confidence, weights).recall,
        natural_figures(studio, confidence, weights).recall,
    )


def class_figures(studio: Bools, confidence: Floats, weights: Floats | None = None) -> ClassFigures:
    """Precision, recall and F1 of the class studio."""
    weights = _weights(studio, weights)
    called = confidence > THRESHOLD
    hit = float(weights[called & studio].sum())
    precision = _ratio(hit, float(weights[called].sum()))
    recall = _ratio(hit, float(weights[studio].sum()))
    f1 = _ratio(2 * hit, float(weights[called].sum() + weights[studio].sum()))
    return ClassFigures(precision=precision, recall=recall, f1=f1)


def natural_figures(
    studio: Bools, confidence: Floats, weights: Floats | None = None
) -> ClassFigures:
    """Precision, recall and F1 of the class natural."""
    return class_figures(~studio, _mirrored(confidence), weights)


def auc(studio: Bools, score: Floats, weights: Floats | None = None) -> float | None:
    """Area under the ROC curve: chance that a studio example scores above a natural one.

    Ties count half. ``score`` may have any scale.
    """
    positive, negative = _by_score(studio, score, weights)
    pairs = float(positive.sum() * negative.sum())
    below = np.cumsum(negative) - negative / 2
    return _ratio(float(positive @ below), pairs)


def average_precision(studio: Bools, score: Floats, weights: Floats | None = None) -> float | None:
    """Area under the precision-recall curve of studio, as a sum over steps of recall."""
    positive, negative = _by_score(studio, score, weights)
    hits = np.cumsum(positive[::-1])
    called = hits + np.cumsum(negative[::-1])
    precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
    return _ratio(float(positive[::-1] @ precision), float(positive.sum()))


def brier(studio: Bools, confidence: Floats, weights: Floats | None = None) -> float | None:
    """Mean squared difference of confidence and truth, 0..1; 0.25 for always one half."""
    return _mean((confidence - studio) ** 2, weights)


def log_loss(studio: Bools, confidence: Floats, weights: Floats | None = None) -> float | None:
    """Mean negative log-likelihood in nats, >= 0; 0.693 for always one half."""
    told = np.where(studio, confidence, 1 - confidence)
    return _mean(-np.log(np.clip(told, LOG_CLIP, 1)), weights)


def calibration_error(
    studio: Bools,
    confidence: Floats,
    weights: Floats | None = None,
    *,
    bins: int = CALIBRATION_BINS,
) -> float | None:
    """Expected calibration error with adaptive bins, 0..1.

    The examples, ordered by confidence, are cut into bins of equal weight (equal confidences
    stay together); the figure is the weighted mean of each bin's difference between mean
    confidence and share of studio. Even a perfectly calibrated model scores above 0 on a
    finite sample, so compare it with its interval.

    Source: Nixon et al., "Measuring Calibration in Deep Learning", CVPRW 2019.
    """
    weights = _weights(studio, weights)
    total = float(weights.sum())
    if total <= 0:
        return None
    index = calibration_bins(confidence, weights, bins=bins)
    gap = np.bincount(index, weights * (confidence - studio), minlength=bins)
    return float(np.abs(gap).sum() / total)


def calibration_bins(
    confidence: Floats, weights: Floats, *, bins: int = CALIBRATION_BINS
) -> npt.NDArray[np.intp]:
    """Cut examples into bins of equal weight by confidence; equal confidences stay together.

    Args:
        confidence: P(studio).
        weights: Weights with a sum above zero.
        bins: Number of bins; a few may stay empty.

    Returns:
        Number of the bin of each example, 0 for the lowest confidences.
    """
    values, where = np.unique(confidence, return_inverse=True)
    mass = np.bincount(where, weights, minlength=values.size)
    middle = (np.cumsum(mass) - mass / 2) / float(weights.sum())
    return np.minimum((middle * bins).astype(np.intp), bins - 1)[where]


def macro_accuracy(
    studio: Bools,
    confidence: Floats,
    groups: Sequence[Hashable],
    weights: Floats | None = None,
) -> float | None:
    """Mean over groups of the share of right verdicts in each, 0..1.

    A group counts by the mean weight of its members, so that a bootstrap that draws a group
    twice counts it twice.
    """
    weights = _weights(studio, weights)
    codes = group_codes(groups)
    mass = np.bincount(codes, weights)
    right = np.bincount(codes, weights * ((confidence > THRESHOLD) == studio))
    mean = mass / np.bincount(codes)
    share = np.divide(right, mass, out=np.zeros_like(right), where=mass > 0)
    return _ratio(float(mean @ share), float(mean.sum()))


def risk_coverage(studio: Bools, confidence: Floats, weights: Floats | None = None) -> RiskCoverage:
    """Error among the most certain verdicts, for every possible share of them.

    Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective
    Classification", JMLR 11 (2010).
    """
    weights = _weights(studio, weights)
    # Rounded, so that 0.3 and 0.7 are equally certain.
    certainty = np.abs(confidence - THRESHOLD).round(12)
    values, where = np.unique(-certainty, return_inverse=True)
    mass = np.cumsum(np.bincount(where, weights))
    wrong = np.cumsum(np.bincount(where, weights * ((confidence > THRESHOLD) != studio)))
    return RiskCoverage(
        certainty=-values,
        coverage=mass / mass[-1],
        risk=np.divide(wrong, mass, out=np.zeros_like(wrong), where=mass > 0),
    )


def group_interval(
    figure: Callable[[Floats], float | None],
    groups: Sequence[Hashable],
    weights: Floats | None = None,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of a figure, drawing whole groups with replacement.

    Photographs of one group are alike, so drawing them one by one would claim far too much
    certainty.

    Args:
        figure: Weights -> figure.
        groups: Group of each example.
        weights: Weights before resampling; None for equal ones.
        level: Share of the samples inside the interval.
        resamples: Number of samples.
        seed: Seed of the draws.

    Returns:
        Lower and upper end; None if the figure exists in fewer than half of the samples.
    """
    codes = group_codes(groups)
    base = np.ones(codes.size) if weights is None else weights
    count = int(codes.max()) + 1
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), resamples)
    found = [value for draw in draws if (value := figure(base * draw[codes])) is not None]
    if 2 * len(found) < resamples:
        return None
    tail = 50 * (1 - level)
    low, high = np.percentile(found, [tail, 100 - tail])
    return float(low), float(high)


def group_codes(groups: Sequence[Hashable]) -> npt.NDArray[np.intp]:
    """Number the groups 0, 1, ... in the order in which they first occur."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.intp)


def _weights(studio: Bools, weights: Floats | None) -> Floats:
    return np.ones(studio.size) if weights is None else weights


def _mean(values: npt.NDArray[np.generic], weights: Floats | None) -> float | None:
    numbers = values.astype(np.float64)
    if weights is None:
        return float(numbers.mean()) if numbers.size else None
    return _ratio(float(weights @ numbers), float(weights.sum()))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else (one + other) / 2


def _mirrored(confidence: Floats) -> Floats:
    # Natural is everything that is not above the threshold, so one half must count as called.
    return np.where(confidence > THRESHOLD, 0.0, 1.0)


def _by_score(studio: Bools, score: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    weights = _weights(studio, weights)
    values, where = np.unique(score, return_inverse=True)
    positive = np.bincount(where, weights * studio, minlength=values.size)
    negative = np.bincount(where, weights * ~studio, minlength=values.size)
    return positive.astype(np.float64), negative.astype(np.float64)
