"""From out-of-fold logits to calibrated probabilities and a band of doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision.calibration import Calibration
from studio_detector.errors import ModelError
from studio_detector.learning.metrics import THRESHOLD, risk_coverage
from studio_detector.learning.solver import fit_logistic

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: The line of Platt scaling is tabulated at these logits; beyond them its slope is one.
PLATT_REACH = 8.0
#: Share of errors aimed at among the photographs outside the uncertain band.
BAND_ERROR = 0.05
_DECIMALS = 4
_BAND_DECIMALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Confidences that are called uncertain.

    Attributes:
        low: Lower end.
        high: Upper end; as far from one half.
        coverage: Share of the examples outside it.
        risk: Share of errors among those.
    """

    low: float
    high: float
    coverage: float
    risk: float


def platt(logits: Floats, studio: Bools, weights: Floats) -> Calibration:
    """Fit a straight line from logits to calibrated logits.

    A line has two numbers to learn and cannot overfit the few hundred out-of-fold examples at
    either end, as isotonic regression does.

    Source: Platt, "Probabilistic Outputs for Support Vector Machines", 1999.

    Args:
        logits: Out-of-fold logits, float64 (examples,).
        studio: Truth, bool (examples,).
        weights: float64 (examples,).

    Returns:
        The calibration.

    Raises:
        ModelError: ``model_invalid`` if the logits do not rise with the truth.
    """
    design = np.stack([np.ones_like(logits), logits], axis=1)
    offset, slope = fit_logistic(design, studio, weights, np.zeros((2, 2)))
    if slope <= 0:
        raise ModelError(
            f"out of fold the evidence points the wrong way (Platt slope {slope:.3g}); the "
            "measurements do not tell the classes apart on groups they were not fitted on",
            code="model_invalid",
        )
    knots = (-PLATT_REACH, PLATT_REACH)
    return Calibration(knots, tuple(round(float(offset + slope * k), _DECIMALS) for k in knots))


def calibrated(calibration: Calibration, logits: Floats) -> Floats:
    """Confidence of each logit, by the code that reports use."""
    return np.array([calibration.probability(logit) for logit in logits.tolist()])


def uncertain_band(
    studio: Bools, confidence: Floats, weights: Floats, *, error: float = BAND_ERROR
) -> Band:
    """Choose the narrowest band around one half that leaves at most a share of errors outside.

    Args:
        studio: Truth, bool (examples,).
        confidence: Out-of-fold confidences, float64 (examples,).
        weights: float64 (examples,).
        error: Share of errors allowed outside the band.

    Returns:
        The band, to two decimals, outwards. Where even the surest verdicts err more often, the
        band is everything.
    """
    curve = risk_coverage(studio, confidence, weights)
    steps = 10**_BAND_DECIMALS
    half_widths = np.arange(steps // 2 + 1) / steps
    for half_width in half_widths:
        outside = np.flatnonzero(curve.certainty > half_width + 1e-9)
        if not outside.size:
            break
        last = outside[-1]
        if curve.risk[last] <= error:
            return Band(
                low=round(THRESHOLD - float(half_width), _BAND_DECIMALS),
                high=round(THRESHOLD + float(half_width), _BAND_DECIMALS),
                coverage=float(curve.coverage[last]),
                risk=float(curve.risk[last]),
            )
    return Band(low=0.0, high=1.0, coverage=0.0, risk=0.0)
