"""One analysis on one photo as a table for a terminal, as JSON, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.reporting import grid
from studio_detector.reporting.explanation.waterfall import number_words
from studio_detector.reporting.markdown_text import as_code, as_text
from studio_detector.reporting.measures import as_data, range_words
from studio_detector.reporting.printable import printable
from studio_detector.reporting.typical import QUANTILES
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from studio_detector.imaging import Frame
    from studio_detector.reporting.component import Component, Number

#: Columns of the table: the middle halves of studio and natural photographs beside the value.
HEADER = ("measure", "value", "range", "studio", "natural", "lighting", "with detail")
_LEGEND = (
    "studio, natural: the middle half of the training photographs; lighting, with detail: "
    "log-odds where lighting alone decides, and where detail does too"
)
# Positions of the quartiles.
_FIRST, _THIRD = (QUANTILES.index(share) for share in (0.25, 0.75))
_NONE = "-"
_DIGITS = 6


def rows(found: Component) -> list[tuple[str, ...]]:
    """One row for each measure, under `HEADER`."""
    return [
        (
            number.spec.name,
            number_words(number.value, number.spec),
            range_words(number.spec),
            _middle_half(number, "studio"),
            _middle_half(number, "natural"),
            _log_odds(number.lighting_log_odds),
            _log_odds(number.full_log_odds),
        )
        for number in found.numbers
    ]


def title(found: Component) -> str:
    """Which analysis it is, in which version."""
    spec = found.spec
    return f"{spec.title} (analysis {spec.name}, version {spec.version}, {spec.phase} phase)"


def size_words(frame: Frame) -> str:
    """What picture was measured."""
    rows_px, columns_px = frame.rgb.shape[:2]
    original = f"{frame.original_rows_px} x {frame.original_columns_px} px"
    return f"{frame.format} of {original}, measured at {rows_px} x {columns_px} px (rows x columns)"


def foot_lines(found: Component, frame: Frame) -> list[str]:
    """Reasons, sums, milliseconds and warnings, a line each."""
    missing: dict[str, list[str]] = {}
    for number in found.numbers:
        if number.value is None:
            missing.setdefault(number.reason, []).append(number.spec.name)
    lines = [f"missing, for {reason}: {', '.join(names)}" for reason, names in missing.items()]
    if found.model_problem:
        lines.append(f"no evidence: {found.model_problem}")
    else:
        lines.append(
            f"evidence by {found.model}: {_log_odds(found.lighting_log_odds)} where lighting "
            f"alone decides, {_log_odds(found.full_log_odds)} with detail"
        )
    lines.append(
        f"time: {found.first_ms:.2f} ms with the planes it needs, {found.shared_ms:.2f} ms where "
        "they are there already"
    )
    return lines + [f"warning: {warning}" for warning in frame.warnings]


def terminal_parts(found: Component, path: str, frame: Frame) -> tuple[str, str]:
    """What stands above and below the table on a terminal."""
    head = f"{printable(title(found))} on {printable(path)}\n{printable(size_words(frame))}\n"
    foot = "".join(f"{printable(line)}\n" for line in foot_lines(found, frame))
    return f"{head}\n", f"\n{foot}{_LEGEND}\n"


def markdown(found: Component, path: str, frame: Frame) -> str:
    """A section to be pasted into a report of an issue; names from outside stand as text."""
    header = (*HEADER[:2], "meaning", *HEADER[2:])
    table = [
        (as_code(name), as_text(value), as_text(number.spec.summary), *others)
        for number, (name, value, *others) in zip(found.numbers, rows(found), strict=True)
    ]
    notes = "".join(f"- {as_text(line)}\n" for line in foot_lines(found, frame))
    return (
        f"### {as_text(title(found))} on {as_code(path)}\n\n{as_text(size_words(frame))}\n\n"
        f"{grid.markdown(header, table)}\n{_LEGEND}\n\n{notes}- studio-detector {VERSION}\n"
    )


def data(found: Component, path: str, frame: Frame) -> dict[str, Any]:
    """Everything as plain data for JSON."""
    described = as_data([found.spec])[0]
    measures = [
        {
            **entry,
            "value": number.value,
            "reason": number.reason or None,
            "typical": _typical(number),
            "log_odds": {"lighting": number.lighting_log_odds, "full": number.full_log_odds},
        }
        for entry, number in zip(described["measures"], found.numbers, strict=True)
    ]
    return {
        "photo": path,
        "sha256": frame.sha256,
        "format": frame.format,
        "original_size_px": [frame.original_rows_px, frame.original_columns_px],
        "working_size_px": list(frame.rgb.shape[:2]),
        "warnings": list(frame.warnings),
        "version": VERSION,
        "model": found.model or None,
        "model_problem": found.model_problem or None,
        "time_ms": {
            "first": round(found.first_ms, 3),
            "planes_shared": round(found.shared_ms, 3),
        },
        "log_odds": {"lighting": found.lighting_log_odds, "full": found.full_log_odds},
        "analysis": {**described, "measures": measures},
    }


def _typical(number: Number) -> dict[str, Any] | None:
    if number.typical is None:
        return None
    return {
        "quantiles": list(QUANTILES),
        "studio": list(number.typical.studio),
        "natural": list(number.typical.natural),
    }


def _middle_half(number: Number, light: str) -> str:
    if number.typical is None:
        return _NONE
    quantiles = number.typical.studio if light == "studio" else number.typical.natural
    return f"{quantiles[_FIRST]:.3g} to {quantiles[_THIRD]:.3g}"


def _log_odds(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.2f}"
