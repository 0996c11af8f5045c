"""Between the rows of children and the results of the store, without losing a bit of evidence.

A *row* is the plain data of a report (`studio_detector.pipeline.plain`) with what rescoring and
pages need beside it:

``detail_analyses``
    names of the analyses of phase 3 that ran, sorted;
``basis``
    what was measured on, see `studio_detector.pipeline.versions`;
``band``, ``doubt``
    the bounds of the label "uncertain" and of doubt that were in force;
``pdq``, ``pdq_quality``
    the perceptual hash.

A photo that failed has the row of a `Failure` instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.decision import policy
from studio_detector.pipeline.plain import report_from_plain, report_to_plain
from studio_detector.service.records import NewResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.policy import Phases
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.report import Report
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.records import Work

# What stands in no column of its own.
_REPORT_KEYS = (
    "components",
    "version",
    "timing_ms",
    "warnings",
    "schema_version",
    "format",
    "original_size_px",
    "working_size_px",
    "basis",
    "band",
    "doubt",
)


def new_row(
    report: Report,
    detector: Detector,
    *,
    measured_on: Mapping[str, Any],
    perceptual_hash: tuple[str, int],
) -> dict[str, Any]:
    """The row of a report.

    Args:
        report: What was found.
        detector: What decided it.
        measured_on: What it was measured on, see `studio_detector.pipeline.versions.basis`.
        perceptual_hash: PDQ and its quality.
    """
    detail = {analysis.SPEC.name for analysis in detector.registry.phase("detail")}
    pdq, quality = perceptual_hash
    return report_to_plain(report) | {
        "detail_analyses": sorted(detail & report.measurements.keys()),
        "basis": dict(measured_on),
        "band": list(detector.uncertain_band),
        "doubt": [detector.settings.doubt_low, detector.settings.doubt_high],
        "pdq": pdq,
        "pdq_quality": quality,
    }


def detail_wanted(row: Mapping[str, Any], settings: Settings, phases: Phases) -> bool:
    """Whether details must follow after the lighting was judged apart.

    Args:
        row: Of an analysis with ``phases="lighting"``.
        settings: Of its variant.
        phases: What was asked for.
    """
    return policy.detail_wanted(
        row["lighting_confidence"],
        phases,
        doubt_low=settings.doubt_low,
        doubt_high=settings.doubt_high,
    )


def new_result(
    row: Mapping[str, Any], *, tenant: str, work: Work, is_shadow: bool = False
) -> NewResult:
    """What the store keeps of a row.

    Args:
        row: Of a photo that was analysed. One whose lighting was judged apart, and that needs
            no details, may stand for ``work.phases`` as well.
        tenant: Whose.
        work: What was asked.
        is_shadow: Scored for comparison, not to be returned.
    """
    detail = set(row["detail_analyses"])
    reasons, values = _reasons(row), _values(row)
    kept = {
        name: {
            "version": row["versions"][name],
            "values": dict(values),
            "missing": reasons[name],
        }
        for name, values in row["measurements"].items()
    }
    return NewResult(
        tenant=tenant,
        image_hash=row["sha256"],
        work=work,
        confidence=row["confidence"],
        is_studio=row["is_studio"],
        label=row["label"],
        phase=row["phase"],
        lighting_confidence=row["lighting_confidence"],
        perceptual_hash=row["pdq"],
        perceptual_quality=row["pdq_quality"],
        phase1_results={name: found for name, found in kept.items() if name not in detail},
        phase3_results=(
            {name: found for name, found in kept.items() if name in detail}
            if row["phase"] == "detail"
            else None
        ),
        evidence={
            "intercept": row["intercept"],
            "logit": row["logit"],
            "terms": [
                {
                    "measures": list(term["measures"]),
                    "values": [values.get(measure) for measure in term["measures"]],
                    "log_odds": term["log_odds"],
                }
                for term in row["evidence"]
            ],
        },
        model=row["model"],
        report={key: row[key] for key in _REPORT_KEYS},
        processing_time_ms=row["timing_ms"]["total"],
        is_shadow=is_shadow,
    )


def row_of(result: NewResult) -> dict[str, Any]:
    """The row that a result was made of; keys may stand in another order."""
    phase3 = result.phase3_results or {}
    kept = {**result.phase1_results, **phase3}
    return {
        **result.report,
        "path": None,
        "is_studio": result.is_studio,
        "confidence": result.confidence,
        "label": result.label,
        "phase": result.phase,
        "lighting_confidence": result.lighting_confidence,
        "model": result.model,
        "variant": result.work.variant,
        "phases": result.work.phases,
        "sha256": result.image_hash,
        "pdq": result.perceptual_hash,
        "pdq_quality": result.perceptual_quality,
        "logit": result.evidence["logit"],
        "intercept": result.evidence["intercept"],
        "evidence": [
            {"measures": term["measures"], "log_odds": term["log_odds"]}
            for term in result.evidence["terms"]
        ],
        "measurements": {name: found["values"] for name, found in kept.items()},
        "missing": {
            f"{name}.{measure}": reason
            for name, found in kept.items()
            for measure, reason in found["missing"].items()
        },
        "versions": {name: found["version"] for name, found in kept.items()},
        "detail_analyses": sorted(phase3),
    }


def report_of(
    result: NewResult, *, specs: Iterable[AnalysisSpec] = (), name: str | None = None
) -> Report:
    """The report that a result was made of.

    Args:
        result: The result.
        specs: Specifications of the analyses, in running order: a store may have brought what
            was measured into another order.
        name: What the photo is called.

    Returns:
        An equal report, but for its path.
    """
    return report_from_plain({**row_of(result), "path": name}, specs=specs)


def _values(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Full name of a measure -> what was measured."""
    return {
        f"{analysis}.{name}": value
        for analysis, found in row["measurements"].items()
        for name, value in found.items()
    }


def _reasons(row: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    reasons: dict[str, dict[str, str]] = {name: {} for name in row["measurements"]}
    for key, reason in row["missing"].items():
        analysis, _, name = key.partition(".")
        reasons[analysis][name] = reason
    return reasons
