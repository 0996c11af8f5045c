"""A report as plain data that can be kept and turned back, without losing a bit of evidence.

`Report.to_dict` is made for reading: it rounds confidences and leaves out what a reader does
not need. Here nothing is lost but fractions of a microsecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.analysis.base import Measurement
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.decision.model import value_of
from studio_detector.pipeline.report import Report, Timing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from studio_detector.analysis.base import AnalysisSpec

_STAGES = ("decode", "lighting", "network", "detail", "total")


def report_to_plain(report: Report) -> dict[str, Any]:
    """Plain data of a report.

    Args:
        report: The report.

    Returns:
        ``Report.to_dict(verbose=True)`` with confidences in full, ``phases``, and
        ``versions``, the version of each analysis that ran.
    """
    return report.to_dict(verbose=True) | {
        "confidence": report.confidence,
        "lighting_confidence": report.lighting_confidence,
        "phases": report.phases,
        "versions": {name: found.version for name, found in report.measurements.items()},
    }


def report_from_plain(plain: Mapping[str, Any], *, specs: Iterable[AnalysisSpec] = ()) -> Report:
    """The report that `report_to_plain` was given.

    Args:
        plain: The data, in whatever order a store has brought its keys into.
        specs: Specifications of the analyses, in running order, which restore that order.

    Returns:
        An equal report, but for milliseconds, which are kept to three digits.

    Raises:
        KeyError: If something is absent.
    """
    measurements = measurements_from_plain(plain, specs=specs)
    milliseconds = plain["timing_ms"]
    return Report(
        path=plain["path"],
        confidence=float(plain["confidence"]),
        label=plain["label"],
        phase=plain["phase"],
        lighting_confidence=float(plain["lighting_confidence"]),
        phases=plain["phases"],
        evidence=Evidence(
            intercept=float(plain["intercept"]),
            terms=tuple(_term(term, measurements) for term in plain["evidence"]),
        ),
        measurements=measurements,
        model=plain["model"],
        variant=plain["variant"],
        version=plain["version"],
        format=plain["format"],
        original_rows_px=plain["original_size_px"][0],
        original_columns_px=plain["original_size_px"][1],
        rows_px=plain["working_size_px"][0],
        columns_px=plain["working_size_px"][1],
        sha256=plain["sha256"],
        warnings=tuple(plain["warnings"]),
        timing=Timing(**{f"{stage}_ms": milliseconds[stage] for stage in _STAGES}),
    )


def measurements_from_plain(
    plain: Mapping[str, Any], *, specs: Iterable[AnalysisSpec] = ()
) -> dict[str, Measurement]:
    """What was measured, of the data of a report.

    Args:
        plain: See `report_from_plain`; ``measurements``, ``missing`` and ``versions`` are read.
        specs: See `report_from_plain`.

    Returns:
        Analysis name -> measurement.
    """
    reasons: dict[str, dict[str, str]] = {}
    for key, reason in plain["missing"].items():
        analysis, _, name = key.partition(".")
        reasons.setdefault(analysis, {})[name] = reason
    order = {spec.name: [measure.name for measure in spec.measures] for spec in specs}
    return {
        name: Measurement(
            analysis=name,
            version=plain["versions"][name],
            values={
                # A store may have written 3.0 as 3.
                short: None if value is None else float(value)
                for short, value in _ordered(values, order.get(name, ()))
            },
            missing=dict(_ordered(reasons.get(name, {}), order.get(name, ()))),
        )
        for name, values in _ordered(plain["measurements"], order)
    }


def _term(term: Mapping[str, Any], measurements: Mapping[str, Measurement]) -> EvidenceTerm:
    measures = tuple(term["measures"])
    return EvidenceTerm(
        measures=measures,
        values=tuple(value_of(measurements, measure) for measure in measures),
        log_odds=float(term["log_odds"]),
    )


def _ordered(data: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, Any]]:
    """Pairs in the order of the names; those that are not named behind, in their own."""
    keys = dict.fromkeys((*(name for name in names if name in data), *data))
    return [(key, data[key]) for key in keys]
