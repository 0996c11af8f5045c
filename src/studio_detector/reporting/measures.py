"""What is measured: tables of the analyses, made from their specifications."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from studio_detector.reporting import grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.analysis.base import AnalysisSpec, MeasureSpec

#: Columns of the table of one analysis, on its page in the documentation.
PAGE_HEADER = ("measure", "meaning", "unit", "range", "higher speaks for", "source")
#: Columns of ``studio-detector analyses``.
TERMINAL_HEADER = ("measure", "unit", "range", "phase", "source")

_DIRECTIONS = {1: "studio", -1: "natural", 0: "depends"}


def range_words(measure: MeasureSpec) -> str:
    """Return the range of a measure in words: "0 to 1", "at least 0", "any number"."""
    low, high = _number(measure.low), _number(measure.high)
    if math.isinf(measure.low) and math.isinf(measure.high):
        return "any number"
    if math.isinf(measure.high):
        return f"at least {low}"
    if math.isinf(measure.low):
        return f"at most {high}"
    return f"{low} to {high}"


def page_table(spec: AnalysisSpec) -> str:
    """The measures of one analysis as a Markdown table."""
    return grid.markdown(
        PAGE_HEADER,
        [
            (
                f"`{measure.name}`",
                measure.summary,
                measure.unit,
                range_words(measure),
                _DIRECTIONS[measure.studio],
                measure.source or "own",
            )
            for measure in spec.measures
        ],
    )


def markdown_document(specs: Iterable[AnalysisSpec]) -> str:
    """All analyses, one Markdown section each."""
    return "\n".join(
        f"## {spec.title}\n\n{spec.summary}\n\n"
        f"Name `{spec.name}`, version {spec.version}, phase {spec.phase}.\n\n{page_table(spec)}"
        for spec in specs
    )


def terminal_rows(specs: Iterable[AnalysisSpec]) -> list[tuple[str, ...]]:
    """One row for each measure of each analysis, under `TERMINAL_HEADER`."""
    return [
        (
            spec.key(measure),
            measure.unit,
            range_words(measure),
            spec.phase,
            measure.source or "own",
        )
        for spec in specs
        for measure in spec.measures
    ]


def as_data(specs: Iterable[AnalysisSpec]) -> list[dict[str, Any]]:
    """All analyses as plain data for JSON; an infinite bound is null."""
    return [
        {
            "name": spec.name,
            "version": spec.version,
            "phase": spec.phase,
            "title": spec.title,
            "summary": spec.summary,
            "references": list(spec.references),
            "measures": [
                {
                    "name": spec.key(measure),
                    "summary": measure.summary,
                    "unit": measure.unit,
                    "low": _finite(measure.low),
                    "high": _finite(measure.high),
                    "higher_speaks_for": _DIRECTIONS[measure.studio],
                    "mirror": measure.mirror,
                    "source": measure.source,
                }
                for measure in spec.measures
            ],
        }
        for spec in specs
    ]


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _number(number: float) -> str:
    return f"{number:.10g}"
