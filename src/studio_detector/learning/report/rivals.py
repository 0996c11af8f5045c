"""What a model must beat: the shortcut probe and two rules of thumb.

All are fitted on the training split. Where the set judged has none of its own, they are fitted
and judged by cross-validation over its groups, so that no rival ever saw a group it is judged on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from studio_detector.learning.shortcut import fit_shortcut, shortcut_facts
from studio_detector.learning.solver import probabilities
from studio_detector.learning.splits import grouped_folds

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from studio_detector.learning.judged import Labelled

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Where the fitted rivals come from, in reports.
FITTED_ON_TRAIN = "the training split"
FITTED_ON_ITSELF = "other groups of the same photographs (cross-validation)"
_FOLDS = 5
# Fewer photographs of a class than this fit nothing.
_FEWEST = 4


#: Fitting photographs and photographs to judge -> confidence of the latter.
Fitted: TypeAlias = "Callable[[Labelled, Labelled], Floats]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rival:
    """One rival and what it says.

    Attributes:
        name: Name for people.
        meaning: What it looks at, in a sentence.
        fitted_on: Where its numbers come from.
        confidence: P(studio) of each photograph, float64; 0 or 1 for a rule. None where it
            could not be fitted.
    """

    name: str
    meaning: str
    fitted_on: str
    confidence: Floats | None


def shortcut_confidence(fitting: Labelled, judged: Labelled) -> Floats:
    """The shortcut probe; see `learning.shortcut`."""
    probe = fit_shortcut(fitting.table, fitting.studio, fitting.groups)
    return probabilities(probe.logits(shortcut_facts(judged.table)))


def rule(measure: str, *, studio_is_high: bool) -> Fitted:
    """A rule of thumb: studio on one side of a threshold of one measure.

    The threshold is the one with the best balanced accuracy on the fitting photographs. Where
    the measure is missing the rule says natural.

    Args:
        measure: Full name.
        studio_is_high: On which side studio lies.
    """
    sign = 1.0 if studio_is_high else -1.0

    def verdicts(fitting: Labelled, judged: Labelled) -> Floats:
        threshold = best_threshold(sign * fitting.table.columns([measure])[:, 0], fitting.studio)
        # A comparison with NaN is false: missing is natural.
        return (sign * judged.table.columns([measure])[:, 0] > threshold).astype(np.float64)

    return verdicts


def best_threshold(values: Floats, studio: Bools) -> float:
    """Threshold above which calling studio gives the best balanced accuracy.

    Args:
        values: float64, NaN for missing.
        studio: Truth, bool.

    Returns:
        Midway between two values that occur; the lowest of equally good ones.
    """
    ordered = np.unique(values[~np.isnan(values)])
    if ordered.size < 2:
        return float(ordered[0]) if ordered.size else 0.0
    thresholds = (ordered[:-1] + ordered[1:]) / 2
    called = values[None, :] > thresholds[:, None]
    recall = (called & studio).sum(axis=1) / max(1, studio.sum())
    specificity = (~called & ~studio).sum(axis=1) / max(1, (~studio).sum())
    return float(thresholds[int(np.argmax((recall + specificity).round(12)))])


#: Name -> meaning and way of fitting.
_RIVALS: tuple[tuple[str, str, Fitted], ...] = (
    (
        "size, aspect, file size",
        "The shortcut probe: never looks at the picture. What it knows, the set gives away.",
        shortcut_confidence,
    ),
    (
        "white border",
        "Studio where more than a fitted share of the border is white.",
        rule("background.border_white_ratio", studio_is_high=True),
    ),
    (
        "smooth border",
        "Studio where the border's gradient is below a fitted threshold.",
        rule("background.border_gradient_middle", studio_is_high=False),
    ),
)
#: Name of the rival that stands beside every accuracy.
SHORTCUT = _RIVALS[0][0]


def rivals(judged: Labelled, fitting: Labelled | None) -> tuple[Rival, ...]:
    """Fit and run every rival.

    Args:
        judged: Photographs to judge.
        fitting: The training split; None to cross-validate over the groups of ``judged``.
    """
    return tuple(
        Rival(
            name=name,
            meaning=meaning,
            fitted_on=FITTED_ON_ITSELF if fitting is None else FITTED_ON_TRAIN,
            confidence=_run(fitted, judged, fitting),
        )
        for name, meaning, fitted in _RIVALS
    )


def _run(fitted: Fitted, judged: Labelled, fitting: Labelled | None) -> Floats | None:
    if fitting is not None:
        return fitted(fitting, judged) if _enough(fitting) else None
    count = min(_FOLDS, len(set(judged.groups)))
    if count < 2:
        return None
    confidence = np.empty(judged.studio.size)
    for fold in grouped_folds(judged.groups, judged.studio.tolist(), folds=count):
        others = judged.rows(fold.fit)
        if not _enough(others):
            return None
        confidence[fold.held_out] = fitted(others, judged.rows(fold.held_out))
    return confidence


def _enough(fitting: Labelled) -> bool:
    return min(int(fitting.studio.sum()), int((~fitting.studio).sum())) >= _FEWEST
