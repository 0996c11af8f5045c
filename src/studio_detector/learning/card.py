"""What a model file says about its own making, for people and for audits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from studio_detector.learning.figures import PREVALENCE, SCORES
from studio_detector.learning.metrics import macro_accuracy, weights_at_prevalence

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable
    from studio_detector.learning.predict import Predictions

#: Confidences that are counted apart: narrow at the ends, where most photographs lie.
RELIABILITY_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0)
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


def reliability_card(
    studio: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64]
) -> list[dict[str, float]]:
    """How many of the photographs of about the same confidence were studio.

    Args:
        studio: Truth, bool.
        confidence: Out-of-fold P(studio), 0..1.

    Returns:
        One entry for each part of `RELIABILITY_EDGES` that holds photographs: its ends, how many
        they are, and the share of studio among them at equal prevalence.
    """
    even = weights_at_prevalence(studio, PREVALENCE)
    last = len(RELIABILITY_EDGES) - 2
    part = np.clip(np.searchsorted(RELIABILITY_EDGES, confidence, side="right") - 1, 0, last)
    entries = []
    for number in np.unique(part):
        inside = part == number
        entries.append(
            {
                "low": RELIABILITY_EDGES[number],
                "high": RELIABILITY_EDGES[number + 1],
                "photographs": int(inside.sum()),
                "studio": rounded(float(even[inside] @ studio[inside] / even[inside].sum())),
            }
        )
    return entries


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return rounded(sum(known) / len(known))


def rounded(value: float) -> float:
    """Round a figure to what a set of a few thousand photographs can tell."""
    return round(value, _FIGURE_DECIMALS)
