"""What a model says about measured photographs, exactly as the pipeline would say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision import policy
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.model import Model
    from studio_detector.learning.measurements import MeasurementTable

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Confidences of one model on many photographs.

    Attributes:
        lighting: Calibrated P(studio) from the lighting alone, float64.
        full: Calibrated P(studio) from lighting and detail, float64.
        confidence: The one reported: ``full`` where the policy looks closer, else ``lighting``.
        settled: Where the lighting settled it, bool.
    """

    lighting: Floats
    full: Floats
    confidence: Floats
    settled: Bools


def predict(
    model: Model,
    table: MeasurementTable,
    specs: Sequence[AnalysisSpec],
    *,
    settings: Settings | None = None,
) -> Predictions:
    """Run a model over a table of measurements.

    The model's own scalar code does it, not a vectorised copy, so that figures are about what
    users get, to the last bit.

    Args:
        model: The model.
        table: Measurements; photographs that failed must be left out before.
        specs: The analyses, in running order.
        settings: Policy of the phases; None for the defaults.

    Returns:
        One confidence of each kind for each row.
    """
    settings = settings or Settings()
    lighting_specs = [spec for spec in specs if spec.phase != "detail"]
    rows = range(len(table.names))
    lighting, full = (
        np.array([head.confidence(head.evaluate(table.measurements(r, chosen))) for r in rows])
        for head, chosen in ((model.lighting, lighting_specs), (model.full, specs))
    )
    return combine(lighting, full, settings=settings)


def combine(lighting: Floats, full: Floats, *, settings: Settings) -> Predictions:
    """Put the confidences of both heads together as the policy of the phases does."""
    settled = ~np.array(
        [
            policy.detail_wanted(
                confidence,
                settings.phases,
                doubt_low=settings.doubt_low,
                doubt_high=settings.doubt_high,
            )
            for confidence in lighting.tolist()
        ],
        dtype=np.bool_,
    )
    return Predictions(
        lighting=lighting,
        full=full,
        confidence=np.where(settled, lighting, full),
        settled=settled,
    )
