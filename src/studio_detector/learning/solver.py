"""Penalised logistic regression by Newton's method, in float64, always the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.learning.extras import optional

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Largest change of a coefficient at which the search ends; far below what is written.
TOLERANCE = 1e-9
_LARGEST_LOGIT = 40.0
_MOST_STEPS = 200
_MOST_HALVINGS = 30
# The curvature is computed anew when a step is longer than this share of the one before.
_SLOW = 0.3


def fit_logistic(
    design: Floats,
    studio: npt.NDArray[np.bool_],
    weights: Floats,
    penalty: Floats,
    start: Floats | None = None,
) -> Floats:
    """Minimise the weighted log loss plus half a quadratic penalty.

    The function is convex, so the minimum is unique where the penalty is definite, and
    Newton's method with step halving always gets there. The curvature, by far the dearest
    part, is kept from step to step while they shrink fast.

    Args:
        design: float64 (examples, columns).
        studio: Truth, bool (examples,).
        weights: float64 (examples,), >= 0.
        penalty: float64 (columns, columns), symmetric, such that the minimum is unique.
        start: Coefficients to start from; None for zeros. Changes the time, not the result.

    Returns:
        float64 (columns,) coefficients.
    """
    linalg = optional("scipy.linalg", purpose="fitting models")
    truth = studio.astype(np.float64)
    coefficients = np.zeros(design.shape[1]) if start is None else start.copy()
    value = _objective(design, truth, weights, penalty, coefficients)
    factor, length = None, np.inf
    for _ in range(_MOST_STEPS):
        probability = probabilities(design @ coefficients)
        gradient = design.T @ (weights * (probability - truth)) + penalty @ coefficients
        if factor is None:
            # One array times its own transpose: the library computes half of it.
            root = design * np.sqrt(weights * probability * (1 - probability))[:, None]
            factor = linalg.cho_factor(root.T @ root + penalty)
        step = linalg.cho_solve(factor, gradient)
        scale = 1.0
        for _ in range(_MOST_HALVINGS):
            candidate = coefficients - scale * step
            reached = _objective(design, truth, weights, penalty, candidate)
            if reached <= value:
                break
            scale /= 2
        else:
            break
        coefficients, value = candidate, reached
        previous, length = length, float(np.abs(scale * step).max())
        if length < TOLERANCE:
            break
        if scale < 1 or length > _SLOW * previous:
            factor = None
    return coefficients


def probabilities(logits: Floats) -> Floats:
    """Sigmoid of an array, without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT))))


def _objective(
    design: Floats, truth: Floats, weights: Floats, penalty: Floats, coefficients: Floats
) -> float:
    logits = design @ coefficients
    loss = weights @ (np.logaddexp(0, logits) - truth * logits)
    return float(loss + coefficients @ penalty @ coefficients / 2)
