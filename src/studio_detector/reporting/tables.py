"""Outcomes as rows: the columns of CSV and of the table on a terminal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from studio_detector.pipeline.report import Timing
from studio_detector.reporting.printable import defused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.pipeline.report import Outcome

#: A cell before it is written; None stays empty.
Cell: TypeAlias = str | float | bool | None

#: What a column holds besides None: str, float, int or bool.
Kind: TypeAlias = Literal["text", "number", "whole", "truth"]

#: Between several warnings in one cell.
WARNING_SEPARATOR = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table of outcomes.

    Attributes:
        name: Heading.
        summary: What stands in it.
        cell: Takes the cell out of an outcome's verbose dictionary.
        kind: What its cells are, unless they are None.
    """

    name: str
    summary: str
    cell: Callable[[dict[str, Any]], Cell]
    kind: Kind = "text"


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
    return (
        *verdict_columns(specs),
        *(stage_columns() if timing else ()),
        *(measurement_columns(specs) if verbose else ()),
    )


def verdict_columns(specs: Iterable[AnalysisSpec]) -> tuple[Column, ...]:
    """What was found, by what, and what went wrong."""
    return (
        plain_column("path", "the photo as given"),
        plain_column("is_studio", "true or false; empty where the photo failed", "truth"),
        plain_column("confidence", "P(studio), 0 to 1; empty where the photo failed", "number"),
        plain_column("label", "studio, natural or uncertain"),
        plain_column("phase", "last phase that ran: lighting or detail"),
        *(_score(spec) for spec in specs),
        plain_column("model", "name, version and digest of the model"),
        plain_column("variant", "name of the settings"),
        plain_column("version", "version of this program"),
        Column(
            name="warnings",
            summary=f"joined by {WARNING_SEPARATOR!r}",
            cell=lambda data: WARNING_SEPARATOR.join(data.get("warnings", ())),
        ),
        _error("code"),
        _error("message"),
    )


def stage_columns() -> tuple[Column, ...]:
    """Milliseconds of every stage of `Timing`."""
    return tuple(_stage(field.name.removesuffix("_ms")) for field in fields(Timing))


def measurement_columns(specs: Iterable[AnalysisSpec]) -> tuple[Column, ...]:
    """Every raw number of the analyses."""
    return tuple(
        _measurement(spec.name, measure.name) for spec in specs for measure in spec.measures
    )


def summary_columns() -> tuple[Column, ...]:
    """The few columns that fit on a terminal."""
    return (
        plain_column("path", "the photo as given"),
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
        plain_column("phase", "last phase that ran"),
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


def csv_cell(cell: Cell) -> str:
    """Write a cell of CSV: a text that looks like a formula is defused, a negative number is none.

    Whatever writes CSV writes its cells by this.
    """
    return defused(cell) if isinstance(cell, str) else cell_text(cell)


def plain_column(name: str, summary: str, kind: Kind = "text") -> Column:
    """A column that shows one key of the dictionary as it is."""
    return Column(name=name, summary=summary, cell=lambda data: data.get(name), kind=kind)


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
        kind="number",
    )


def _stage(stage: str) -> Column:
    return Column(
        name=f"{stage}_ms",
        summary=f"milliseconds: {stage}; empty where it did not run",
        cell=lambda data: data.get("timing_ms", {}).get(stage),
        kind="number",
    )


def _measurement(analysis: str, measure: str) -> Column:
    return Column(
        name=f"{analysis}.{measure}",
        summary="the raw number; empty where it is missing",
        cell=lambda data: data.get("measurements", {}).get(analysis, {}).get(measure),
        kind="number",
    )
