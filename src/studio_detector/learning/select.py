"""Choose measures and penalties by cross-validation over groups, on training data alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.learning.fit import example_weights, fit_terms
from studio_detector.learning.metrics import group_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    import numpy.typing as npt

    from studio_detector.learning.fit import FitOptions, FittedTerms
    from studio_detector.learning.splits import Fold

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Share of the measures that stays after each step of the elimination.
STEP = 0.75
#: Fewest measures considered.
FEWEST = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """What is learnt from.

    Attributes:
        keys: Full name of each column.
        matrix: float64 (examples, columns), NaN where missing.
        studio: Truth, bool (examples,).
        groups: Group of each example.
    """

    keys: tuple[str, ...]
    matrix: Floats
    studio: Bools
    groups: tuple[Hashable, ...]

    def rows(self, indices: npt.NDArray[np.intp]) -> Examples:
        """Some of the examples."""
        return Examples(
            keys=self.keys,
            matrix=self.matrix[indices],
            studio=self.studio[indices],
            groups=tuple(self.groups[i] for i in indices),
        )

    def weights(self, options: FitOptions) -> Floats:
        """Weights of the examples; see `example_weights`."""
        return example_weights(self.studio, self.groups, group_power=options.group_power)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EliminationCurve:
    """How well each number of measures predicts groups that were not fitted on.

    Attributes:
        sizes: Numbers of measures, falling.
        logits: float64 (repeats, sizes, examples), out of fold.
        loss: float64 (sizes,): weighted log loss, mean over repeats.
        loss_error: float64 (sizes,): standard error over groups of the difference to the
            best size.
    """

    sizes: tuple[int, ...]
    logits: Floats
    loss: Floats
    loss_error: Floats

    def smallest_good(self, errors: float) -> int:
        """Index of the smallest size within ``errors`` standard errors of the best."""
        good = self.loss <= self.loss.min() + errors * self.loss_error
        return int(np.flatnonzero(good)[-1])


def elimination_sizes(count: int) -> tuple[int, ...]:
    """Numbers of measures tried, from ``count`` down to `FEWEST`."""
    sizes = [count]
    while sizes[-1] > FEWEST:
        sizes.append(max(FEWEST, min(sizes[-1] - 1, int(sizes[-1] * STEP))))
    return tuple(sizes)


def eliminate(
    examples: Examples, options: FitOptions, sizes: Sequence[int]
) -> Iterator[FittedTerms]:
    """Fit with ever fewer measures, each time leaving out those with the weakest terms.

    Args:
        examples: What is learnt from.
        options: Penalties and knots.
        sizes: Numbers of measures, falling.

    Yields:
        The fit at each size.
    """
    weights = examples.weights(options)
    keep, fitted = None, None
    for size, following in zip(sizes, [*sizes[1:], sizes[-1]], strict=True):
        fitted = _fit(examples, weights, options, keep, fitted)
        if len(fitted.terms) > size:
            # Fewer are wanted from the start, or `choose_basis` left some out before.
            fitted = _fit(examples, weights, options, _strongest(fitted, size), fitted)
        yield fitted
        keep = _strongest(fitted, following)


def elimination_curve(
    examples: Examples,
    options: FitOptions,
    divisions: Sequence[Sequence[Fold]],
    *,
    sizes: Sequence[int] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> EliminationCurve:
    """Judge every number of measures on held-out groups.

    The elimination runs anew inside each fold, so the held-out examples have no say in which
    measures stay.

    Args:
        examples: What is learnt from.
        options: Penalties and knots.
        divisions: Folds of each repeat.
        sizes: Numbers of measures; None for `elimination_sizes`, and one size for no
            elimination.
        progress: Told what is being done.

    Returns:
        The curve.
    """
    sizes = elimination_sizes(len(examples.keys)) if sizes is None else tuple(sizes)
    logits = np.empty((len(divisions), len(sizes), len(examples.studio)))
    for repeat, folds in enumerate(divisions):
        for number, fold in enumerate(folds):
            progress(f"repeat {repeat + 1}/{len(divisions)}, fold {number + 1}/{len(folds)}")
            held_out = examples.matrix[fold.held_out]
            for step, fitted in enumerate(eliminate(examples.rows(fold.fit), options, sizes)):
                logits[repeat, step, fold.held_out] = fitted.logits(held_out)
    losses = _losses(logits, examples.studio).mean(axis=0)
    weights = examples.weights(options)
    loss = losses @ weights / weights.sum()
    return EliminationCurve(
        sizes=tuple(sizes),
        logits=logits,
        loss=loss,
        loss_error=_error_over_groups(losses - losses[loss.argmin()], weights, examples.groups),
    )


def _fit(
    examples: Examples,
    weights: Floats,
    options: FitOptions,
    keep: frozenset[str] | None,
    start: FittedTerms | None,
) -> FittedTerms:
    return fit_terms(
        examples.keys,
        examples.matrix,
        examples.studio,
        weights,
        options=options,
        keep=keep,
        start=start,
    )


def _strongest(fitted: FittedTerms, count: int) -> frozenset[str]:
    # Rounded, so that the last bits of a sum never choose; equals keep the order of the table.
    order = np.argsort(-fitted.strength.round(6), kind="stable")
    return frozenset(fitted.terms[index].measure for index in order[:count])


def _losses(logits: Floats, studio: Bools) -> Floats:
    return np.logaddexp(0, np.where(studio, -logits, logits))


def _error_over_groups(differences: Floats, weights: Floats, groups: Sequence[Hashable]) -> Floats:
    codes = group_codes(groups)
    share = weights / weights.sum()
    sums = np.stack([np.bincount(codes, row * share) for row in differences])
    count = sums.shape[1]
    # Standard error of a sum of independent groups.
    return np.asarray(sums.std(axis=1, ddof=1) * np.sqrt(count))
