"""The figures by which a model is judged, each with its interval, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from studio_detector.learning import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import numpy.typing as npt

    from studio_detector.learning.judged import Labelled
    from studio_detector.learning.predict import Predictions

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Score: TypeAlias = Callable[[Bools, Floats, Floats | None], float | None]

#: Share of studio photographs at which figures that depend on it are stated.
PREVALENCE = 0.5


def _part(figures: Callable[..., metrics.ClassFigures], part: str) -> Score:
    def score(studio: Bools, confidence: Floats, weights: Floats | None) -> float | None:
        value: float | None = getattr(figures(studio, confidence, weights), part)
        return value

    return score


#: Name -> figure of truth, confidence and weights, in the order of reports.
SCORES: tuple[tuple[str, Score], ...] = (
    ("AUC", metrics.auc),
    ("balanced accuracy", metrics.balanced_accuracy),
    ("average precision", metrics.average_precision),
    *(
        (f"{name} {label}", _part(figures, part))
        for name, figures in (
            ("studio", metrics.class_figures),
            ("natural", metrics.natural_figures),
        )
        for label, part in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    ),
    ("Brier score", metrics.brier),
    ("log loss", metrics.log_loss),
    ("calibration error", metrics.calibration_error),
)
#: Fewer photographs of either class than this say too little for a slice of their own.
SMALLEST_SLICE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number about a model.

    Attributes:
        name: What it is.
        value: The number; None where it does not exist.
        low: Lower end of its 95 % interval over groups; None where there is none.
        high: Upper end.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name:<44} -"
        interval = "" if self.low is None else f"  [{self.low:.3f}, {self.high:.3f}]"
        return f"{self.name:<44} {self.value:6.3f}{interval}"


def score_figures(judged: Labelled, confidence: Floats, *, resamples: int = 1000) -> list[Figure]:
    """Ranking, verdict and calibration figures of confidences.

    Args:
        judged: The photographs.
        confidence: P(studio), float64.
        resamples: Bootstrap samples of each interval.

    Returns:
        One figure for each of `SCORES`, then the accuracy averaged over groups.
    """
    studio, groups = judged.studio, judged.groups
    # Those that do not depend on the share of studio are the same under these weights.
    even = metrics.weights_at_prevalence(studio, PREVALENCE)
    figures = [
        figure_with_interval(name, partial(score, studio, confidence), groups, even, resamples)
        for name, score in SCORES
    ]
    macro = partial(metrics.macro_accuracy, studio, confidence, groups)
    ones = np.ones(studio.size)
    return [
        *figures,
        figure_with_interval("accuracy, mean over groups", macro, groups, ones, resamples),
    ]


def phase_figures(
    judged: Labelled, predictions: Predictions, *, resamples: int = 1000
) -> list[Figure]:
    """Share of the photographs that the lighting settled, and the errors among those."""
    settled, studio, groups = predictions.settled, judged.studio, judged.groups
    even = metrics.weights_at_prevalence(studio, PREVALENCE)
    wrong = (predictions.confidence > metrics.THRESHOLD) != studio

    def error_among(member: Bools, weights: Floats) -> float | None:
        mass = float(weights[member].sum())
        return float(weights[member & wrong].sum()) / mass if mass > 0 else None

    return [
        figure_with_interval(name, figure, groups, even, resamples)
        for name, figure in (
            ("settled by lighting", lambda w: float(w[settled].sum() / w.sum())),
            ("error where lighting settled", lambda w: error_among(settled, w)),
            ("error where detail was needed", lambda w: error_among(~settled, w)),
            ("AUC of lighting alone", lambda w: metrics.auc(studio, predictions.lighting, w)),
            ("AUC of all phases", lambda w: metrics.auc(studio, predictions.full, w)),
        )
    ]


def figure_with_interval(
    name: str,
    figure: Callable[[Floats], float | None],
    groups: Sequence[Hashable],
    weights: Floats,
    resamples: int,
) -> Figure:
    """One figure with its interval.

    Args:
        name: What it is.
        figure: Weights -> number.
        groups: Group of each photograph.
        weights: Weights before resampling.
        resamples: Bootstrap samples of the interval; 0 for none.
    """
    if resamples == 0:
        return Figure(name=name, value=figure(weights))
    interval = metrics.group_interval(figure, groups, weights, resamples=resamples)
    low, high = (None, None) if interval is None else interval
    return Figure(name=name, value=figure(weights), low=low, high=high)
