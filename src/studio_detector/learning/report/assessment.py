"""Everything a report says, as data; `assess.assess` finds it, `page.write` shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_detector.learning.figures import Figure
    from studio_detector.learning.report.curves import CoveragePoint, ReliabilityBin
    from studio_detector.learning.report.worst import WorstError

#: Version of the JSON form; changes when a key changes its name or meaning.
SCHEMA_VERSION = 1
# Far finer than any set can tell, and short enough to read.
_DIGITS = 6
# Parts that serve the making of the page only.
_NOT_WRITTEN = frozenset({"path"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPhoto:
    """A photograph that could not be analysed."""

    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFacts:
    """What was judged.

    Attributes:
        split: Name of the split; "all" where the set was taken whole.
        photographs: Number of decided photographs.
        studio: Number of them that are studio.
        natural: Number of them that are natural.
        uncertain: Number labelled uncertain beside them.
        groups: Number of groups of the decided ones.
        failed: Photographs that could not be analysed, in none of the counts.
    """

    split: str
    photographs: int
    studio: int
    natural: int
    uncertain: int
    groups: int
    failed: tuple[FailedPhoto, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalFigures:
    """How a rival does: the shortcut probe or a rule of thumb.

    Attributes:
        name: Name for people.
        meaning: What it looks at.
        fitted_on: Where its numbers come from.
        figures: Its figures; empty where it could not be fitted.
    """

    name: str
    meaning: str
    fitted_on: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFigures:
    """How a model does on one kind of photographs.

    Attributes:
        key: What they were sorted by.
        value: What they have in common.
        photographs: How many.
        studio: How many of them are studio.
        groups: Of how many groups.
        too_few: Whether they are too few to say anything; then there are no intervals.
        auc: Area under the ROC curve; no value without both classes.
        balanced_accuracy: Mean recall of both classes; no value without both.
        accuracy: Share of right verdicts as the slice is.
        shortcut_accuracy: The same of the shortcut probe; None where it was not fitted.
        shortcut_balanced_accuracy: Balanced accuracy of the probe.
    """

    key: str
    value: str
    photographs: int
    studio: int
    groups: int
    too_few: bool
    auc: Figure
    balanced_accuracy: Figure
    accuracy: Figure
    shortcut_accuracy: float | None
    shortcut_balanced_accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """How a model does on one photographer or collection.

    Attributes:
        group: Its name.
        photographs: Number of its decided photographs.
        studio: Number of them that are studio.
        errors: Number of wrong verdicts.
        accuracy: Share of right verdicts.
        uncertain_share: Share inside the model's uncertain band.
        shortcut_accuracy: Share of right verdicts of the probe; None where it was not fitted.
    """

    group: str
    photographs: int
    studio: int
    errors: int
    accuracy: float
    uncertain_share: float
    shortcut_accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtFigures:
    """Where the confidences of photographs labelled uncertain fall, beside the decided ones.

    Attributes:
        photographs: Number labelled uncertain.
        inside_share: Share of them inside the model's band.
        decided_inside_share: Share of the decided photographs inside it.
        median_certainty: Median distance of their confidence from one half, 0..0.5.
        decided_median_certainty: The same of the decided photographs.
        histogram: Their number in ten equal parts of 0..1.
        decided_histogram: The same of the decided photographs.
    """

    photographs: int
    inside_share: float
    decided_inside_share: float
    median_certainty: float
    decided_median_certainty: float
    histogram: tuple[int, ...]
    decided_histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """Everything about one model.

    Attributes:
        model: Identity.
        band: Ends of its uncertain band.
        notes: Remarks without which the figures would be misread.
        figures: Ranking, verdict and calibration, at equal prevalence.
        phases: What the phases contribute.
        abstention: What abstaining inside the band gives.
        slices: Kinds of photographs judged apart.
        groups: Every group, those with most errors first.
        reliability: Confidence against truth.
        risk_coverage: Errors against the share with a verdict.
        doubt: Photographs labelled uncertain; None where the set has none.
        worst: The surest errors.
    """

    model: str
    band: tuple[float, float]
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    phases: tuple[Figure, ...]
    abstention: tuple[Figure, ...]
    slices: tuple[SliceFigures, ...]
    groups: tuple[GroupFigures, ...]
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[CoveragePoint, ...]
    doubt: DoubtFigures | None
    worst: tuple[WorstError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A whole report.

    Attributes:
        version: Version of this package.
        prevalence: Share of studio at which figures are stated.
        level: Share of the bootstrap samples inside an interval.
        resamples: Bootstrap samples of each interval.
        judged: What was judged.
        rivals: The shortcut probe first, then the rules of thumb.
        models: The models, in the order asked for; `rules` last where nobody asked for it.
    """

    version: str
    prevalence: float
    level: float
    resamples: int
    judged: SetFacts
    rivals: tuple[RivalFigures, ...]
    models: tuple[ModelFigures, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: numbers rounded, no paths, no date, so that equal is equal."""
        data: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
        for part in fields(self):
            data[part.name] = getattr(self, part.name)
        return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        value = asdict(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name not in _NOT_WRITTEN}
    return value
