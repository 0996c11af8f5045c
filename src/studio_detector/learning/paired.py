"""Which of two models is better on the same photographs, or that the data cannot tell.

Both models are judged on every bootstrap sample, so what makes a sample easy or hard cancels
out of the difference. Whole groups are drawn, because photographs of one group are alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from studio_detector.learning import metrics
from studio_detector.learning.extract import CACHE, WORKERS, built_in_registry, measure_photos
from studio_detector.learning.figures import PREVALENCE
from studio_detector.learning.judged import Labelled, chosen_split
from studio_detector.learning.predict import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Dataset

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    #: Confidences and weights -> figure.
    Scored: TypeAlias = Callable[[Floats, Floats], float | None]

#: What a comparison may end with.
Winner: TypeAlias = Literal["a", "b", "mixed", "cannot tell"]
#: Fewer groups than this decide nothing: a bootstrap over them repeats itself.
FEWEST_GROUPS = 10
#: Chance that models that do not differ are told apart by any of the figures.
FALSE_ALARM = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure of both models.

    Attributes:
        name: What it is.
        a: Figure of the first model; None where it does not exist.
        b: Figure of the second model.
        difference: ``b`` less ``a``.
        low: Lower end of the interval of the difference; None where there is none.
        high: Upper end.
        better: "a" or "b" if the interval leaves no doubt, else None.
    """

    name: str
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    better: Literal["a", "b"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same photographs.

    Attributes:
        a: Identity of the first model.
        b: Identity of the second model.
        photographs: Number judged.
        groups: Number of groups.
        only_a_right: Photographs that only the first model gets right.
        only_b_right: Photographs that only the second model gets right.
        coverage: Share with a verdict at which errors at abstention are compared.
        level: Level of each interval; together they hold with 95 %.
        differences: The figures.
        winner: Which is better.
    """

    a: str
    b: str
    photographs: int
    groups: int
    only_a_right: int
    only_b_right: int
    coverage: float
    level: float
    differences: tuple[Difference, ...]
    winner: Winner

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, the verdict in words included."""
        return {**asdict(self), "verdict": self.verdict()}

    def verdict(self) -> str:
        """The outcome in a sentence or two."""
        names = {side: [d.name for d in self.differences if d.better == side] for side in "ab"}
        if self.winner == "cannot tell":
            if self.groups < FEWEST_GROUPS:
                return (
                    f"The data cannot tell: {self.groups} groups are too few, at least "
                    f"{FEWEST_GROUPS} are needed."
                )
            return (
                "The data cannot tell: every difference may be chance. "
                "Keep the model in use, or label more groups."
            )
        if self.winner == "mixed":
            return (
                f"Neither is better in everything: B ({self.b}) has the better "
                f"{_listed(names['b'])}, A ({self.a}) the better {_listed(names['a'])}."
            )
        which, other = (self.a, self.b) if self.winner == "a" else (self.b, self.a)
        return (
            f"{self.winner.upper()} ({which}) is better than {other}: better "
            f"{_listed(names[self.winner])}, and nothing is clearly worse."
        )

    def text(self) -> str:
        """A table for people, the verdict last."""
        lines = [
            f"A: {self.a}",
            f"B: {self.b}",
            f"{self.photographs} photographs of {self.groups} groups",
            f"only A right: {self.only_a_right}, only B right: {self.only_b_right}",
            "",
            f"{'':<34} {'A':>7} {'B':>7} {'B - A':>8}  {self.level:.2%} interval",
            *(_row(one) for one in self.differences),
            "",
            self.verdict(),
        ]
        return "\n".join(lines) + "\n"


def compare(  # noqa: PLR0913 - each stands for itself
    studio: Bools,
    a: Floats,
    b: Floats,
    groups: Sequence[Hashable],
    *,
    names: tuple[str, str],
    bands: tuple[tuple[float, float], tuple[float, float]],
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare the confidences of two models by a paired bootstrap over groups.

    Four figures are compared at equal prevalence. As each may err, each has the level of
    Bonferroni, so that all intervals hold together with 95 %. Errors at abstention are compared
    at the same coverage, that of the more reserved model, as errors can always be bought with
    silence.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 16; Davison
    and Hinkley, "Bootstrap Methods and their Application", 1997, on resampling of groups.

    Args:
        studio: Truth.
        a: P(studio) of the first model.
        b: P(studio) of the second model.
        groups: Group of each photograph.
        names: Identities of both models.
        bands: Uncertain band of both models.
        resamples: Bootstrap samples.
        seed: Seed of the draws.

    Returns:
        The comparison.
    """
    even = metrics.weights_at_prevalence(studio, PREVALENCE)
    coverage = min(_coverage(one, band, even) for one, band in zip((a, b), bands, strict=True))
    # Name, figure, and whether more of it is better.
    scored: tuple[tuple[str, Scored, bool], ...] = (
        ("AUC", partial(_told, metrics.auc, studio), True),
        ("balanced accuracy", partial(_told, metrics.balanced_accuracy, studio), True),
        ("log loss", partial(_told, metrics.log_loss, studio), False),
        (f"error among the surest {coverage:.0%}", partial(_risk, studio, coverage), False),
    )
    level = 1 - FALSE_ALARM / len(scored)
    count = len(set(groups))
    differences = []
    for name, score, more_is_better in scored:

        def difference(weights: Floats, score: Scored = score) -> float | None:
            one, two = score(a, weights), score(b, weights)
            return None if one is None or two is None else two - one

        interval = (
            metrics.group_interval(
                difference, groups, even, level=level, resamples=resamples, seed=seed
            )
            if count >= FEWEST_GROUPS
            else None
        )
        differences.append(
            Difference(
                name=name,
                a=score(a, even),
                b=score(b, even),
                difference=difference(even),
                low=None if interval is None else interval[0],
                high=None if interval is None else interval[1],
                better=_better(interval, more_is_better=more_is_better),
            )
        )
    right_a, right_b = ((one > metrics.THRESHOLD) == studio for one in (a, b))
    return Comparison(
        a=names[0],
        b=names[1],
        photographs=studio.size,
        groups=count,
        only_a_right=int((right_a & ~right_b).sum()),
        only_b_right=int((right_b & ~right_a).sum()),
        coverage=coverage,
        level=level,
        differences=tuple(differences),
        winner=_winner({one.better for one in differences}),
    )


def compare_models(  # noqa: PLR0913 - each stands for itself
    a: Model,
    b: Model,
    dataset: Dataset,
    *,
    split: str | None = None,
    cache: Path | None = CACHE,
    workers: int = WORKERS,
    resamples: int = 2000,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare two models on the decided photographs of one split; see `compare`.

    Args:
        a: First model.
        b: Second model.
        dataset: The set.
        split: What to judge on; see `chosen_split`.
        cache: Folder of the measurements; None for none.
        workers: Processes that measure.
        resamples: Bootstrap samples.
        progress: Called with the number measured and the number to measure.

    Raises:
        ConfigError: ``config_invalid_value`` if the set has no such split, or none of its
            decided photographs could be analysed.
        ModelError: ``model_invalid`` if a model was made for other analyses.
    """
    specs = [analysis.SPEC for analysis in built_in_registry()]
    for model in (a, b):
        model.check_analyses(specs)
    name, chosen = chosen_split(dataset, split)
    photos = chosen.decided().photos
    table = measure_photos(photos, cache=cache, workers=workers, progress=progress)
    judged = Labelled.of(photos, table).require(repr(name))
    one, two = (predict(model, judged.table, specs).confidence for model in (a, b))
    return compare(
        judged.studio,
        one,
        two,
        judged.groups,
        names=(a.identity, b.identity),
        bands=((a.uncertain_low, a.uncertain_high), (b.uncertain_low, b.uncertain_high)),
        resamples=resamples,
    )


def _winner(better: set[Literal["a", "b"] | None]) -> Winner:
    if {"a", "b"} <= better:
        return "mixed"
    if "a" in better:
        return "a"
    return "b" if "b" in better else "cannot tell"


def _better(
    interval: tuple[float, float] | None, *, more_is_better: bool
) -> Literal["a", "b"] | None:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return None
    return "b" if (interval[0] > 0) == more_is_better else "a"


def _coverage(confidence: Floats, band: tuple[float, float], weights: Floats) -> float:
    outside = (confidence < band[0]) | (confidence > band[1])
    return float(weights[outside].sum() / weights.sum())


def _told(
    score: Callable[[Bools, Floats, Floats], float | None],
    studio: Bools,
    confidence: Floats,
    weights: Floats,
) -> float | None:
    return score(studio, confidence, weights)


def _risk(studio: Bools, coverage: float, confidence: Floats, weights: Floats) -> float | None:
    """Errors among the surest share ``coverage`` of a sample."""
    if weights.sum() <= 0:
        return None
    curve = metrics.risk_coverage(studio, confidence, weights)
    reached = min(
        int(np.searchsorted(curve.coverage.round(12), round(coverage, 12))), curve.risk.size - 1
    )
    return float(curve.risk[reached])


def _row(one: Difference) -> str:
    figures = [_shown(one.a, 7, ""), _shown(one.b, 7, ""), _shown(one.difference, 8, "+")]
    interval = "" if one.low is None else f"  [{one.low:+.4f}, {one.high:+.4f}]"
    better = "" if one.better is None else f"  {one.better.upper()} is better"
    return f"{one.name:<34} {' '.join(figures)}{interval}{better}"


def _shown(value: float | None, width: int, sign: str) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{sign}{width}.4f}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
