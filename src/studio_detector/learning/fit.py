"""Fit one head: an additive model with a piecewise-linear shape for each measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision.model import Head, Shape
from studio_detector.learning.basis import choose_basis
from studio_detector.learning.metrics import group_codes
from studio_detector.learning.solver import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence

    import numpy.typing as npt

    from studio_detector.learning.basis import TermBasis

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Decimals of log-odds in a model: a hundredth of a per cent of confidence at even odds.
LOG_ODDS_DECIMALS = 4
# The intercept is free, but a definite matrix needs something on its diagonal.
_INTERCEPT_PENALTY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """What cross-validation chooses.

    Attributes:
        smoothness: Penalty on the bends of a shape.
        shrinkage: Penalty on its rise, and on the value for missing.
        knots: Knots of a shape, at most.
        group_power: A photograph weighs (size of its group) ** -group_power: 0 counts
            photographs, 1 counts groups, 0.5 lies between.
    """

    smoothness: float = 3.0
    shrinkage: float = 3.0
    knots: int = 7
    group_power: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedTerms:
    """An additive model as the solver sees it.

    Attributes:
        terms: The measures with their knots.
        coefficients: float64: intercept, then the columns of each term.
        level: float64 (terms,): mean of each term over the examples it was fitted on.
        strength: float64 (terms,): standard deviation of each term over them, in log-odds.
    """

    terms: tuple[TermBasis, ...]
    coefficients: Floats
    level: Floats
    strength: Floats

    def logits(self, matrix: Floats) -> Floats:
        """Logits before rounding and calibration, float64 (examples,)."""
        return design_matrix(self.terms, matrix) @ self.coefficients

    def head(self) -> Head:
        """The model as data: shapes with mean zero over the examples, rounded.

        With mean-zero shapes the intercept is the logit of a photograph about which every
        measure says what it says on average.
        """
        shapes = []
        for term, block, level in zip(self.terms, _blocks(self.terms), self.level, strict=True):
            values = self.coefficients[block] - level
            shapes.append(
                Shape(
                    measure=term.measure,
                    knots=term.knots,
                    log_odds=tuple(_rounded(v) for v in values[: len(term.knots)]),
                    # Never seen missing: no evidence either way.
                    missing=_rounded(values[-1]) if term.has_missing else 0.0,
                )
            )
        intercept = _rounded(self.coefficients[0] + self.level.sum())
        return Head(intercept=intercept, shapes=tuple(shapes))


def fit_terms(
    keys: Sequence[str],
    matrix: Floats,
    studio: Bools,
    weights: Floats,
    *,
    options: FitOptions,
    keep: Collection[str] | None = None,
    start: FittedTerms | None = None,
) -> FittedTerms:
    """Fit an additive model.

    Args:
        keys: Full name of each column.
        matrix: float64 (examples, columns), NaN where missing.
        studio: Truth, bool (examples,).
        weights: float64 (examples,); see `example_weights`.
        options: Penalties and knots.
        keep: Measures to use; None for all.
        start: A fit to the same examples to start from; saves time, changes nothing.

    Returns:
        The fitted terms.
    """
    terms = choose_basis(keys, matrix, knots=options.knots, keep=keep)
    design = design_matrix(terms, matrix)
    penalty = np.zeros((design.shape[1], design.shape[1]))
    penalty[0, 0] = _INTERCEPT_PENALTY
    for term, block in zip(terms, _blocks(terms), strict=True):
        penalty[block, block] = term.penalty(
            smoothness=options.smoothness, shrinkage=options.shrinkage
        )
    coefficients = fit_logistic(design, studio, weights, penalty, _start(terms, start))

    share = weights / weights.sum()
    parts = np.stack(
        [np.zeros(len(studio)), *(design[:, b] @ coefficients[b] for b in _blocks(terms))]
    )[1:]
    level = parts @ share
    strength = np.sqrt(np.maximum(0, ((parts - level[:, None]) ** 2) @ share))
    return FittedTerms(terms=terms, coefficients=coefficients, level=level, strength=strength)


def example_weights(studio: Bools, groups: Sequence[Hashable], *, group_power: float) -> Floats:
    """Weights that balance the classes and temper large groups; their mean is one.

    Args:
        studio: Truth; both classes must occur.
        groups: Group of each example.
        group_power: See `FitOptions`.

    Returns:
        float64 (examples,); each class holds half of the weight, so the logits state the
        odds at a prevalence of one half.
    """
    codes = group_codes(groups)
    weights = np.bincount(codes)[codes] ** -float(group_power)
    for member in (studio, ~studio):
        weights[member] *= studio.size / 2 / weights[member].sum()
    return np.asarray(weights, dtype=np.float64)


def design_matrix(terms: Sequence[TermBasis], matrix: Floats) -> Floats:
    """Ones, then the columns of each term: float64 (examples, 1 + sum of widths)."""
    ones = np.ones((matrix.shape[0], 1))
    return np.hstack([ones, *(term.columns(matrix) for term in terms)])


def _start(terms: Sequence[TermBasis], fitted: FittedTerms | None) -> Floats | None:
    if fitted is None:
        return None
    known = {
        term: fitted.coefficients[block]
        for term, block in zip(fitted.terms, _blocks(fitted.terms), strict=True)
    }
    blocks = [known.get(term, np.zeros(term.width)) for term in terms]
    return np.concatenate([fitted.coefficients[:1], *blocks])


def _blocks(terms: Sequence[TermBasis]) -> Iterator[slice]:
    start = 1
    for term in terms:
        yield slice(start, start + term.width)
        start += term.width


def _rounded(value: float) -> float:
    return round(float(value), LOG_ODDS_DECIMALS) + 0.0
