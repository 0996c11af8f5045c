"""Outcomes as rows: the columns of CSV and of the table on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.pipeline.report import Outcome

#: A cell before it is written; None stays empty.
Cell: TypeAlias = str | float | bool | None

#: Between several warnings in one cell.
WARNING_SEPARATOR = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table of outcomes.

    Attributes:
        name: Heading.
        summary: What stands in it.
        cell: Takes the cell out of an outcome's verbose dictionary.
    """

    name: str
    summary: str
    cell: Callable[[dict[str, Any]], Cell]


def columns(
    specs: Iterable[AnalysisSpec], *, verbose: bool = False, timing: bool = True
) -> tuple[Column, ...]:
    """Columns of the CSV form; known before the first photo, equal for all photos.

    Args:
        specs: Specifications of the analyses that may run.
        verbose: Add a column for every measurement.
        timing: Keep the columns of milliseconds.

    Returns:
        The columns, in order.
    """
    specs = tuple(specs)
    chosen = [
        _plain("path", "the photo as given"),
        _plain("is_studio", "true or false; empty where the photo failed"),
        _plain("confidence", "P(studio), 0 to 1; empty where the photo failed"),
        _plain("label", "studio, natural or uncertain"),
        _plain("phase", "last phase that ran: lighting or detail"),
        *(_score(spec) for spec in specs),
        _plain("model", "name, version and digest of the model"),
        _plain("variant", "name of the settings"),
        _plain("version", "version of this program"),
        Column(
            name="warnings",
            summary=f"joined by {WARNING_SEPARATOR!r}",
            cell=lambda data: WARNING_SEPARATOR.join(data.get("warnings", ())),
        ),
        _error("code"),
        _error("message"),
    ]
    if timing:
        chosen += [_stage(name) for name in ("decode", "lighting", "detail", "total")]
    if verbose:
        chosen += [
            _measurement(spec.name, measure.name) for spec in specs for measure in spec.measures
        ]
    return tuple(chosen)


def summary_columns() -> tuple[Column, ...]:
    """The few columns that fit on a terminal."""
    return (
        _plain("path", "the photo as given"),
        Column(
            name="verdict",
            summary="studio, natural, uncertain, or the code of the error",
            cell=lambda data: data["error"]["code"] if "error" in data else data["label"],
        ),
        Column(
            name="confidence",
            summary="P(studio), 0 to 1",
            cell=lambda data: None if "error" in data else f"{data['confidence']:.3f}",
        ),
        _plain("phase", "last phase that ran"),
        Column(
            name="ms",
            summary="milliseconds in total",
            cell=lambda data: f"{data['timing_ms']['total']:.0f}" if "timing_ms" in data else None,
        ),
        Column(
            name="warnings",
            summary="how many; the other formats have them in words",
            cell=lambda data: str(len(data["warnings"])) if data.get("warnings") else None,
        ),
    )


def row(outcome: Outcome, chosen: Iterable[Column]) -> tuple[Cell, ...]:
    """Cells of one outcome under the chosen columns."""
    data = outcome.to_dict(verbose=True)
    return tuple(column.cell(data) for column in chosen)


def cell_text(cell: Cell) -> str:
    """Write a cell: booleans as in JSON, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def _plain(name: str, summary: str) -> Column:
    return Column(name=name, summary=summary, cell=lambda data: data.get(name))


def _error(part: str) -> Column:
    return Column(
        name=f"error_{part}",
        summary=f"{part} of the error; empty where the photo was analysed",
        cell=lambda data: data.get("error", {}).get(part),
    )


def _score(spec: AnalysisSpec) -> Column:
    return Column(
        name=f"score_{spec.name}",
        summary=f"score of the component {spec.name}, 0 to 1; empty where it did not run",
        cell=lambda data: data.get("components", {}).get(spec.name),
    )


def _stage(stage: str) -> Column:
    return Column(
        name=f"{stage}_ms",
        summary=f"milliseconds: {stage}",
        cell=lambda data: data.get("timing_ms", {}).get(stage),
    )


def _measurement(analysis: str, measure: str) -> Column:
    return Column(
        name=f"{analysis}.{measure}",
        summary="the raw number; empty where it is missing",
        cell=lambda data: data.get("measurements", {}).get(analysis, {}).get(measure),
    )
