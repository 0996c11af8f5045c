"""Keep what a model knows about light, and learn anew how sure it may be.

A user's pictures may be easier or harder than those a model was fitted on. Far fewer pictures
are needed to learn two numbers a head than to learn every shape.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision import model_file
from studio_detector.errors import ConfigError
from studio_detector.learning.calibrate import calibrated, platt, uncertain_band
from studio_detector.learning.card import (
    cross_validation_card,
    reliability_card,
    rounded,
    training_set_card,
)
from studio_detector.learning.figures import PREVALENCE
from studio_detector.learning.fit import example_weights
from studio_detector.learning.predict import combine
from studio_detector.learning.splits import grouped_folds
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.model import Head, Model
    from studio_detector.learning.judged import Labelled

    Floats = npt.NDArray[np.float64]

#: Fewest pictures of each class, and fewest groups, that calibrate anything.
FEWEST_PICTURES, FEWEST_GROUPS = 20, 5
#: Parts of the cross-validation that judges the calibration and chooses the band.
FOLDS = 5
#: Large groups are tempered as in the fit: weight (size of the group) ** -0.5.
GROUP_POWER = 0.5
#: Version of a model is marked with this when it is calibrated anew.
MARK = "recalibrated"
_SEED = 7


def recalibrate(
    model: Model, judged: Labelled, specs: Sequence[AnalysisSpec], *, name: str
) -> Model:
    """Refit calibration and uncertain band of a model; its shapes stay as they are.

    Both heads get a straight line on their logits, fitted on all pictures. Band and figures
    come from lines fitted on other groups, so that they do not flatter themselves.

    Args:
        model: The model.
        judged: A user's labelled pictures.
        specs: The analyses, in running order.
        name: Name of the new model.

    Returns:
        The new model with its digest. The first model is not changed.

    Raises:
        ConfigError: ``config_invalid_value`` if there are too few pictures or groups.
        ModelError: ``model_invalid`` if on these pictures the evidence of the model points the
            wrong way.
    """
    model.check_analyses(specs)
    _check(judged)
    studio, groups = judged.studio, judged.groups
    weights = example_weights(studio, groups, group_power=GROUP_POWER)
    lighting_specs = [spec for spec in specs if spec.phase == "lighting"]
    logits = {
        "lighting": _logits(model.lighting, judged, lighting_specs),
        "full": _logits(model.full, judged, specs),
    }
    held_out = {kind: np.empty(studio.size) for kind in logits}
    for fold in grouped_folds(groups, studio.tolist(), folds=FOLDS, seed=_SEED):
        for kind, values in logits.items():
            line = platt(values[fold.fit], studio[fold.fit], weights[fold.fit])
            held_out[kind][fold.held_out] = calibrated(line, values[fold.held_out])
    predictions = combine(held_out["lighting"], held_out["full"], settings=Settings())
    band = uncertain_band(studio, predictions.confidence, weights)
    return model_file.sealed(
        replace(
            model,
            name=name,
            version=f"{model.version}-{MARK}",
            digest="",
            lighting=replace(
                model.lighting, calibration=platt(logits["lighting"], studio, weights)
            ),
            full=replace(model.full, calibration=platt(logits["full"], studio, weights)),
            uncertain_low=band.low,
            uncertain_high=band.high,
            card={
                "made_by": "studio-detector train --recalibrate",
                "shapes_of": model.identity,
                "prevalence": PREVALENCE,
                "calibration_set": training_set_card(judged.photos, judged.table),
                "cross_validation": {
                    "folds": FOLDS,
                    "repeats": 1,
                    "seed": _SEED,
                    **cross_validation_card(studio, groups, [predictions]),
                },
                "reliability": reliability_card(studio, predictions.confidence),
                "uncertain_band": {
                    "share_outside": rounded(band.coverage),
                    "error_outside": rounded(band.risk),
                },
                "before": dict(model.card),
            },
        )
    )


def _logits(head: Head, judged: Labelled, specs: Sequence[AnalysisSpec]) -> Floats:
    rows = range(len(judged.photos))
    return np.array([head.evaluate(judged.table.measurements(r, specs)).logit for r in rows])


def _check(judged: Labelled) -> None:
    counts = int(judged.studio.sum()), int((~judged.studio).sum()), len(set(judged.groups))
    if min(counts[:2]) < FEWEST_PICTURES or counts[2] < FEWEST_GROUPS:
        raise ConfigError(
            f"{counts[0]} studio and {counts[1]} natural pictures of {counts[2]} groups are too "
            f"few to calibrate on; label at least {FEWEST_PICTURES} of each from at least "
            f"{FEWEST_GROUPS} groups (sub-folders)",
            code="config_invalid_value",
        )
