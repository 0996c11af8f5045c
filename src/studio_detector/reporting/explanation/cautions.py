"""What makes a verdict less sure than its confidence says, told from the picture's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import Measurement
    from studio_detector.pipeline.report import Report

#: Chroma (CIE C*ab) of the most colourful twentieth up to which a picture is monochrome: with
#: less, not even patches of it look coloured.
MONOCHROME_CHROMA = 3.0
#: Long side below which measures of edges and texture say little.
SMALL_PX = 256
#: Share of the border that is white from which it may have been painted rather than lit.
WHITE_BORDER_RATIO = 0.98
#: Terms without a value from which the verdict rests on what is left.
MANY_MISSING_RATIO = 0.25


def cautions(report: Report) -> tuple[str, ...]:
    """Say what to keep in mind with a verdict.

    Args:
        report: The report.

    Returns:
        Sentences for people: the report's own warnings, then what its numbers tell.
    """
    found = list(report.warnings)
    chroma = _value(report.measurements, "colour_temperature", "chroma_p95")
    if chroma is not None and chroma <= MONOCHROME_CHROMA:
        found.append(
            "The picture is monochrome: the colour of the light, which is part of what is "
            "measured, is lost."
        )
    long_px = max(report.original_rows_px, report.original_columns_px)
    if long_px < SMALL_PX:
        found.append(
            f"The picture is small ({long_px} px on its long side); below {SMALL_PX} px shadow "
            "edges and texture can hardly be told."
        )
    border = _value(report.measurements, "background", "border_white_ratio")
    if border is not None and border >= WHITE_BORDER_RATIO:
        found.append(
            "The border is white all around: the subject may have been cut out, and then the "
            "background says nothing about the light."
        )
    terms = report.evidence.terms
    missing = sum(None in term.values for term in terms)
    if terms and missing >= MANY_MISSING_RATIO * len(terms):
        found.append(
            f"{missing} of the {len(terms)} measurements the model reads are missing; the verdict "
            "rests on the others."
        )
    return tuple(found)


def _value(measurements: Mapping[str, Measurement], analysis: str, measure: str) -> float | None:
    measurement = measurements.get(analysis)
    return None if measurement is None else measurement.values.get(measure)
