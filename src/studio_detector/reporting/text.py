"""The report on one photo as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.reporting.paint import plain
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted, score_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import Measurement, MeasureSpec
    from studio_detector.decision.evidence import EvidenceTerm
    from studio_detector.pipeline.report import Failure, Report
    from studio_detector.pipeline.settings import Settings
    from studio_detector.reporting.paint import Paint

# Widths of the columns: the longest built-in component, the longest words for a score.
_COMPONENT = 20
_WORDS = 14
_MEASURE = 36
_VALUE = 28
# In place of the evidence of a measure that the model does not use.
_NO_EVIDENCE = "-"


def report_text(
    report: Report, settings: Settings, *, timing: bool = True, paint: Paint = plain
) -> str:
    """The verdict, the score of each component, the phases and why, the milliseconds.

    Args:
        report: What was found.
        settings: The settings it was found with; they tell why a phase ran.
        timing: Keep the line of milliseconds.
        paint: Colours a piece of text.

    Returns:
        Several lines, each ended by a line feed.
    """
    verdict = f"{paint(report.label, report.label)}, P(studio) {report.confidence:.3f}"
    lines = [f"{paint(_shown_path(report.path), 'strong')}: {verdict}"]
    sums = report.evidence.by_component()
    scores = report.components
    for name in report.measurements:
        title = f"  {_title(name):<{_COMPONENT}}"
        if name in scores:
            words = f"{score_words(scores[name]):<{_WORDS}}"
            lines.append(f"{title}{scores[name]:.2f}  {words}evidence {sums[name]:+.2f}")
        else:
            lines.append(f"{title}   -  not in this model")
    lines.append(f"  {'phases':<{_COMPONENT}}{phase_words(report, settings)}")
    if timing:
        lines.append(paint(f"  {'time':<{_COMPONENT}}{time_words(report)}", "faint"))
    lines += [f"  {'warning':<{_COMPONENT}}{printable(text)}" for text in report.warnings]
    return "".join(line + "\n" for line in lines)


def measurements_text(
    report: Report, measures: Mapping[str, MeasureSpec], *, paint: Paint = plain
) -> str:
    """Every measurement with its evidence, and the sum that makes the verdict.

    Args:
        report: What was found.
        measures: Full name -> specification, for the units.
        paint: Colours a piece of text.

    Returns:
        Several lines, each ended by a line feed.
    """
    single = {term.measures[0]: term for term in report.evidence.terms if len(term.measures) == 1}
    joint = [term for term in report.evidence.terms if len(term.measures) > 1]
    lines: list[str] = []
    for name, measurement in report.measurements.items():
        lines.append(paint(f"  {_title(name)}", "strong"))
        lines += _measurement_lines(name, measurement, single, measures)
    if joint:
        lines.append(paint("  together", "strong"))
        lines += [
            f"    {' x '.join(term.measures):<{_MEASURE + _VALUE + 2}}{term.log_odds:+.3f}"
            for term in joint
        ]
    evidence = report.evidence
    lines.append(
        f"  sum: intercept {evidence.intercept:+.3f}, evidence "
        f"{evidence.logit - evidence.intercept:+.3f}, logit {evidence.logit:+.3f}, "
        f"P(studio) {report.confidence:.3f} after calibration ({_NO_EVIDENCE}: not in the model)"
    )
    lines.append(
        f"  {printable(report.format)} of {report.original_rows_px} x "
        f"{report.original_columns_px} px, measured at {report.rows_px} x "
        f"{report.columns_px} px (rows x columns); model {report.model}"
    )
    return "".join(line + "\n" for line in lines)


def failure_text(failure: Failure, *, paint: Paint = plain) -> str:
    """What went wrong with one photo and what to do next, on one line."""
    return (
        f"{paint(_shown_path(failure.path), 'strong')}: {paint('failed', 'failure')} "
        f"({failure.code}): {printable(failure.message)}\n"
    )


def summary_text(labels: Mapping[str, int], failed: int) -> str:
    """Count the outcomes of a run on one line.

    Args:
        labels: Label -> number of photos.
        failed: Number of photos that failed.
    """
    total = sum(labels.values()) + failed
    parts = [f"{count} {label}" for label, count in labels.items() if count]
    if failed:
        parts.append(f"{failed} failed")
    return f"{counted(total, 'photo')}: {', '.join(parts) or 'none'}\n"


def phase_words(report: Report, settings: Settings) -> str:
    """Say which phases ran and why."""
    ran = "lighting" if report.timing.network_ms is None else "lighting, network"
    if report.phases == "all":
        return f"{ran}, detail (all phases were asked for)"
    if report.phases == "lighting":
        return f"{ran} (detail was ruled out)"
    doubt = f"{settings.doubt_low:g} to {settings.doubt_high:g}"
    after = f"{report.lighting_confidence:.3f} so far"
    if report.phase == "detail":
        return f"{ran}, detail ({after} is in doubt, {doubt})"
    return f"{ran} (detail not needed: {after} is outside {doubt})"


def time_words(report: Report) -> str:
    """Say the milliseconds of each stage."""
    timing = report.timing
    stages = [f"decode {timing.decode_ms:.1f}", f"lighting {timing.lighting_ms:.1f}"]
    if timing.network_ms is not None:
        stages.append(f"network {timing.network_ms:.1f}")
    if timing.detail_ms is not None:
        stages.append(f"detail {timing.detail_ms:.1f}")
    return f"{timing.total_ms:.1f} ms ({', '.join(stages)})"


def _measurement_lines(
    name: str,
    measurement: Measurement,
    terms: Mapping[str, EvidenceTerm],
    measures: Mapping[str, MeasureSpec],
) -> list[str]:
    lines = []
    for short, value in measurement.values.items():
        key = f"{name}.{short}"
        if value is None:
            shown = f"missing: {printable(measurement.missing.get(short, 'no reason given'))}"
        else:
            unit = measures[key].unit if key in measures else ""
            shown = f"{value:.4g}" if unit in {"", "1"} else f"{value:.4g} {unit}"
        evidence = f"{terms[key].log_odds:+.3f}" if key in terms else _NO_EVIDENCE
        lines.append(f"    {short:<{_MEASURE}}{shown:<{_VALUE}}  {evidence}")
    return lines


def _title(name: str) -> str:
    return name.replace("_", " ")


def _shown_path(path: str | None) -> str:
    if path is None:
        return "(no name)"
    return "standard input" if path == "-" else printable(path)
