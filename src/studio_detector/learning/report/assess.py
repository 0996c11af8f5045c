"""Judge models on a labelled set, beside what they must beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision import rules
from studio_detector.learning import metrics
from studio_detector.learning.card import training_set_card
from studio_detector.learning.extract import CACHE, WORKERS, built_in_registry, measure_photos
from studio_detector.learning.figures import (
    PREVALENCE,
    SMALLEST_SLICE,
    Figure,
    figure_with_interval,
    phase_figures,
    score_figures,
)
from studio_detector.learning.judged import FITTING_SPLIT, WHOLE, Labelled, chosen_split
from studio_detector.learning.predict import predict
from studio_detector.learning.report import curves
from studio_detector.learning.report.assessment import (
    Assessment,
    DoubtFigures,
    FailedPhoto,
    GroupFigures,
    ModelFigures,
    RivalFigures,
    SetFacts,
    SliceFigures,
)
from studio_detector.learning.report.rivals import Rival, rivals
from studio_detector.learning.report.slices import all_slices
from studio_detector.learning.report.worst import worst_errors
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Dataset
    from studio_detector.learning.measurements import MeasurementTable
    from studio_detector.learning.predict import Predictions
    from studio_detector.learning.report.slices import Slice, SliceKey

    Floats = npt.NDArray[np.float64]

#: Errors on the contact sheet.
WORST = 24
#: Fewer groups than this make no interval: a bootstrap over them would repeat itself.
FEWEST_GROUPS = 5
#: Figures of a rule of thumb: its verdicts are hard, so its confidence means nothing.
_VERDICT_FIGURES = frozenset(
    {
        "balanced accuracy",
        *(f"{c} {p}" for c in ("studio", "natural") for p in ("precision", "recall", "F1")),
        "accuracy, mean over groups",
    }
)
_LEVEL = 0.95
_REMEMBERED = (
    "The model was fitted on exactly these photographs: the figures say how well it remembers "
    "them, not how well it judges others."
)


def assess(  # noqa: PLR0913 - each stands for itself
    dataset: Dataset,
    models: Sequence[Model],
    *,
    split: str | None = None,
    by: Sequence[SliceKey] = (),
    cache: Path | None = CACHE,
    workers: int = WORKERS,
    resamples: int = 1000,
    worst: int = WORST,
    progress: Callable[[int, int], None] | None = None,
) -> Assessment:
    """Judge models on the photographs of one split.

    Args:
        dataset: The set.
        models: The models; the model ``rules`` is added where it is not among them.
        split: What to judge on; see `chosen_split`.
        by: Further slices.
        cache: Folder of the measurements; None for none.
        workers: Processes that measure.
        resamples: Bootstrap samples of each interval; 0 for no intervals, as with fewer groups
            than `FEWEST_GROUPS`.
        worst: Errors listed for each model, at most.
        progress: Called with the number measured and the number to measure.

    Returns:
        Everything the report says.

    Raises:
        ConfigError: ``config_invalid_value`` if the set has no such split, or none of its
            decided photographs could be analysed.
        ModelError: ``model_invalid`` if a model was made for other analyses.
    """
    specs = [analysis.SPEC for analysis in built_in_registry()]
    if all(model.name != rules.NAME for model in models):
        models = [*models, rules.build()]
    for model in models:
        model.check_analyses(specs)

    name, chosen = chosen_split(dataset, split)
    fitting = dataset.decided().where(
        lambda photo: photo.split == FITTING_SPLIT and name not in {FITTING_SPLIT, WHOLE}
    )
    wanted = {photo.name: photo for photo in (*chosen.photos, *fitting.photos)}
    table = measure_photos(tuple(wanted.values()), cache=cache, workers=workers, progress=progress)
    judged = Labelled.of(chosen.photos, table).require(repr(name))
    doubtful = tuple(
        photo.name
        for photo in chosen.photos
        if photo.label == "uncertain" and photo.name not in table.failures
    )
    if len(set(judged.groups)) < FEWEST_GROUPS:
        resamples = 0
    fitted = Labelled.of(fitting.photos, table) if fitting.photos else None
    found = rivals(judged, fitted)
    slices = all_slices(judged.photos, judged.table, by)
    return Assessment(
        version=VERSION,
        prevalence=PREVALENCE,
        level=_LEVEL,
        resamples=resamples,
        judged=SetFacts(
            split=name,
            photographs=len(judged.photos),
            studio=int(judged.studio.sum()),
            natural=int((~judged.studio).sum()),
            uncertain=len(doubtful),
            groups=len(set(judged.groups)),
            failed=tuple(
                FailedPhoto(name=photo.name, code=code, message=message)
                for photo in chosen.photos
                for code, message in [table.failures.get(photo.name, ("", ""))]
                if code
            ),
        ),
        rivals=tuple(_rival_figures(rival, judged, resamples) for rival in found),
        models=tuple(
            _model_figures(
                model,
                judged=judged,
                doubtful=table.of(doubtful),
                specs=specs,
                slices=slices,
                probe=found[0].confidence,
                resamples=resamples,
                worst=worst,
            )
            for model in models
        ),
    )


def _rival_figures(rival: Rival, judged: Labelled, resamples: int) -> RivalFigures:
    figures: list[Figure] = []
    if rival.confidence is not None:
        figures = score_figures(judged, rival.confidence, resamples=resamples)
        if np.isin(rival.confidence, (0.0, 1.0)).all():
            figures = [figure for figure in figures if figure.name in _VERDICT_FIGURES]
    return RivalFigures(
        name=rival.name,
        meaning=rival.meaning,
        fitted_on=rival.fitted_on,
        figures=tuple(figures),
    )


def _model_figures(  # noqa: PLR0913 - each stands for itself
    model: Model,
    *,
    judged: Labelled,
    doubtful: MeasurementTable,
    specs: Sequence[AnalysisSpec],
    slices: Sequence[Slice],
    probe: Floats | None,
    resamples: int,
    worst: int,
) -> ModelFigures:
    predictions = predict(model, judged.table, specs)
    confidence, band = predictions.confidence, (model.uncertain_low, model.uncertain_high)
    return ModelFigures(
        model=model.identity,
        band=band,
        notes=_notes(model, judged),
        figures=tuple(score_figures(judged, confidence, resamples=resamples)),
        phases=tuple(phase_figures(judged, predictions, resamples=resamples)),
        abstention=curves.abstention_figures(
            judged.studio, confidence, judged.groups, band, resamples=resamples
        ),
        slices=tuple(_slice_figures(one, judged, confidence, probe, resamples) for one in slices),
        groups=_group_figures(judged, confidence, probe, band),
        reliability=curves.reliability(judged.studio, confidence),
        risk_coverage=curves.coverage_points(judged.studio, confidence),
        doubt=_doubt_figures(predict(model, doubtful, specs), predictions, band),
        worst=worst_errors(model, judged.photos, judged.table, specs, predictions, count=worst),
    )


def _notes(model: Model, judged: Labelled) -> tuple[str, ...]:
    # A model calibrated anew keeps the card of its fit under "before".
    card = model.card.get("before", model.card)
    fitted_on = card.get("training_set") if isinstance(card, Mapping) else None
    known = fitted_on.get("fingerprint") if isinstance(fitted_on, Mapping) else None
    if known is not None and known == training_set_card(judged.photos, judged.table)["fingerprint"]:
        return (_REMEMBERED,)
    return ()


def _slice_figures(
    one: Slice, judged: Labelled, confidence: Floats, probe: Floats | None, resamples: int
) -> SliceFigures:
    rows = np.flatnonzero(one.member)
    studio = judged.studio[rows]
    groups = tuple(judged.groups[row] for row in rows)
    # Of one class alone, accuracy still means something; of both, the smaller one decides.
    counts = [count for count in (studio.sum(), (~studio).sum()) if count]
    few = min(counts) < SMALLEST_SLICE or len(set(groups)) < FEWEST_GROUPS

    def figure(name: str, score: Callable[..., float | None]) -> Figure:
        return figure_with_interval(
            name,
            partial(score, studio, confidence[rows]),
            groups,
            np.ones(rows.size),
            0 if few else resamples,
        )

    def of_probe(score: Callable[..., float | None]) -> float | None:
        return None if probe is None else score(studio, probe[rows])

    return SliceFigures(
        key=one.key,
        value=one.value,
        photographs=rows.size,
        studio=int(studio.sum()),
        groups=len(set(groups)),
        too_few=bool(few),
        auc=figure("AUC", metrics.auc),
        balanced_accuracy=figure("balanced accuracy", metrics.balanced_accuracy),
        accuracy=figure("accuracy", metrics.accuracy),
        shortcut_accuracy=of_probe(metrics.accuracy),
        shortcut_balanced_accuracy=of_probe(metrics.balanced_accuracy),
    )


def _group_figures(
    judged: Labelled, confidence: Floats, probe: Floats | None, band: tuple[float, float]
) -> tuple[GroupFigures, ...]:
    wrong = (confidence > metrics.THRESHOLD) != judged.studio
    probe_right = None if probe is None else (probe > metrics.THRESHOLD) == judged.studio
    inside = ~curves.decided(confidence, band)
    names = np.array([str(group) for group in judged.groups])
    found = []
    for group in Counter(names.tolist()):
        rows = names == group
        found.append(
            GroupFigures(
                group=group,
                photographs=int(rows.sum()),
                studio=int(judged.studio[rows].sum()),
                errors=int(wrong[rows].sum()),
                accuracy=float(1 - wrong[rows].mean()),
                uncertain_share=float(inside[rows].mean()),
                shortcut_accuracy=None if probe_right is None else float(probe_right[rows].mean()),
            )
        )
    return tuple(sorted(found, key=lambda row: (-row.errors, row.accuracy, row.group)))


def _doubt_figures(
    doubtful: Predictions, decided: Predictions, band: tuple[float, float]
) -> DoubtFigures | None:
    if not doubtful.confidence.size:
        return None

    def inside(confidence: Floats) -> float:
        return float(1 - curves.decided(confidence, band).mean())

    def certainty(confidence: Floats) -> float:
        return float(np.median(np.abs(confidence - metrics.THRESHOLD)))

    return DoubtFigures(
        photographs=int(doubtful.confidence.size),
        inside_share=inside(doubtful.confidence),
        decided_inside_share=inside(decided.confidence),
        median_certainty=certainty(doubtful.confidence),
        decided_median_certainty=certainty(decided.confidence),
        histogram=curves.histogram(doubtful.confidence),
        decided_histogram=curves.histogram(decided.confidence),
    )
