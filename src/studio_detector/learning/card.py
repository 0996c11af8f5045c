"""What a model file says about its own making, for people and for audits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from studio_detector.learning.figures import PREVALENCE, SCORES
from studio_detector.learning.metrics import macro_accuracy, weights_at_prevalence

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy as np
    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable
    from studio_detector.learning.predict import Predictions

_FIGURE_DECIMALS = 4


def training_set_card(photos: Sequence[Photo], table: MeasurementTable) -> dict[str, Any]:
    """Counts and fingerprint: SHA-256 over file digest, label and group of every photograph."""
    lines = sorted(
        f"{digest} {photo.label} {photo.group}"
        for photo, digest in zip(photos, table.sha256, strict=True)
    )
    return {
        "fingerprint": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "photographs": len(photos),
        "studio": sum(photo.label == "studio" for photo in photos),
        "natural": sum(photo.label == "natural" for photo in photos),
        "groups": len({photo.group for photo in photos}),
    }


def cross_validation_card(
    studio: npt.NDArray[np.bool_], groups: Sequence[Hashable], predictions: Sequence[Predictions]
) -> dict[str, Any]:
    """Figures of the out-of-fold confidences, each the mean over the repeats.

    Args:
        studio: Truth, bool.
        groups: Group of each photograph.
        predictions: Out-of-fold confidences of each repeat.

    Returns:
        Figures of the lighting head, the full head and the two under the default policy.
    """
    even = weights_at_prevalence(studio, PREVALENCE)
    kinds = {
        "lighting": [p.lighting for p in predictions],
        "full": [p.full for p in predictions],
        "auto": [p.confidence for p in predictions],
    }
    card: dict[str, Any] = {
        kind: {
            name: _mean([score(studio, confidence, even) for confidence in confidences])
            for name, score in SCORES
        }
        | {"macro accuracy": _mean([macro_accuracy(studio, c, groups) for c in confidences])}
        for kind, confidences in kinds.items()
    }
    card["auto"]["settled by lighting"] = _mean(
        [float(even[p.settled].sum() / even.sum()) for p in predictions]
    )
    return card


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return rounded(sum(known) / len(known))


def rounded(value: float) -> float:
    """Round a figure to what a set of a few thousand photographs can tell."""
    return round(value, _FIGURE_DECIMALS)
