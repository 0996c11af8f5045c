"""Reports made by hand, for tests of what is done with reports."""

from __future__ import annotations

import math

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.decision.evidence import Evidence, EvidenceTerm, sigmoid
from studio_detector.pipeline.report import Failure, Report, Timing

SHADOW = AnalysisSpec(
    name="shadow",
    version=1,
    phase="lighting",
    title="Shadow",
    summary="How shadows end.",
    measures=(
        MeasureSpec(
            name="softness_px",
            summary="Width of shadow edges | wide is soft",
            unit="px",
            low=0,
            high=math.inf,
            studio=1,
            source="Canny 1986",
        ),
        MeasureSpec(
            name="depth_ratio", summary="Depth of shadows", unit="1", low=0, high=1, studio=-1
        ),
    ),
    references=("Canny, J. (1986)",),
)
BACKDROP = AnalysisSpec(
    name="far_backdrop",
    version=3,
    phase="detail",
    title="Far backdrop",
    summary="What is behind.",
    measures=(
        MeasureSpec(
            name="tilt", summary="Tilt", unit="deg", low=-math.inf, high=math.inf, mirror="negated"
        ),
    ),
)
SPECS = (SHADOW, BACKDROP)
MEASURES = {spec.key(measure): measure for spec in SPECS for measure in spec.measures}


def report(confidence: float = 0.9, *, path: str | None = "a.jpg", **changes: object) -> Report:
    """A report with one measured, one missing and one joint term."""
    label = "studio" if confidence > 0.6 else "natural" if confidence < 0.4 else "uncertain"
    terms = (
        EvidenceTerm(measures=("shadow.softness_px",), values=(3.25,), log_odds=1.5),
        EvidenceTerm(measures=("shadow.depth_ratio",), values=(None,), log_odds=-0.25),
    )
    fields = {
        "path": path,
        "confidence": confidence,
        "label": label,
        "phase": "lighting",
        "lighting_confidence": confidence,
        "phases": "auto",
        "evidence": Evidence(intercept=-0.5, terms=terms),
        "measurements": {
            "shadow": Measurement.of(
                SHADOW, {"softness_px": 3.25}, missing={"depth_ratio": "no shadow found"}
            )
        },
        "model": "test@1+0123456789ab",
        "variant": "default",
        "version": "0.0",
        "format": "JPEG",
        "original_rows_px": 1200,
        "original_columns_px": 800,
        "rows_px": 512,
        "columns_px": 341,
        "sha256": None,
        "warnings": (),
        "timing": Timing(
            decode_ms=12.3456, lighting_ms=4.5, network_ms=None, detail_ms=None, total_ms=16.8456
        ),
    }
    return Report(**(fields | changes))


def detail_report(**changes: object) -> Report:
    """A report whose second phase ran, with an analysis that is not in the model."""
    plain = report(0.55)
    measurements = {
        **plain.measurements,
        "far_backdrop": Measurement.of(BACKDROP, {"tilt": -12.0}),
    }
    return report(
        0.55,
        **{
            "phase": "detail",
            "measurements": measurements,
            "timing": Timing(decode_ms=1, lighting_ms=2, network_ms=4, detail_ms=3, total_ms=10),
            **changes,
        },
    )


def failure(path: str | None = "b.jpg", message: str = "it ends early; copy it again") -> Failure:
    """A photo that could not be decoded."""
    return Failure(path=path, code="truncated", message=message)


#: Score of the component shadow in these reports.
SHADOW_SCORE = sigmoid(1.25)
