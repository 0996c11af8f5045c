"""The panels of a Grafana dashboard, as far as a picture of them needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Columns of the grid that panels lie on.
GRID_COLUMNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One query of a panel.

    Attributes:
        expression: PromQL with Grafana's variables.
        legend: Names each series, with labels as ``{{label}}``.
        is_buckets: Whether the series are cumulative buckets of a histogram.
    """

    expression: str
    legend: str
    is_buckets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Where a value changes its colour.

    Attributes:
        value: From here on; None for the lowest.
        colour: Name of it.
    """

    value: float | None
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture of a dashboard, or the heading of a row of them.

    Attributes:
        kind: ``timeseries``, ``stat``, ``bargauge``, ``heatmap`` or ``row``.
        title: What it shows.
        column: Its place from the left, in columns of the grid.
        row: Its place from the top, in rows of the grid.
        columns: Its width.
        rows: Its height.
        unit: Grafana's name of the unit; empty for a heading.
        targets: Its queries.
        thresholds: The lowest first.
        has_threshold_lines: Whether thresholds are drawn.
        is_stacked: Whether series stand on one another.
        colours: Name of a series -> its colour, where it has one of its own.
        minimum: Where the axis begins; None where the values say.
        maximum: Where it ends, likewise.
        decimals: Digits after the point; None where the size of the value says.
        no_value: What is said where there is no value.
    """

    kind: str
    title: str
    column: int
    row: int
    columns: int
    rows: int
    unit: str
    targets: tuple[Target, ...]
    thresholds: tuple[Threshold, ...]
    has_threshold_lines: bool
    is_stacked: bool
    colours: Mapping[str, str]
    minimum: float | None
    maximum: float | None
    decimals: int | None
    no_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard.

    Attributes:
        name: Name of its file, without the ending.
        title: What it is called.
        panels: In the order of the file.
    """

    name: str
    title: str
    panels: tuple[Panel, ...]


def read_dashboard(path: Path) -> Dashboard:
    """Read a dashboard.

    Args:
        path: Its JSON, as Grafana exports it.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no JSON.
        KeyError: If a panel lacks what all have.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    return Dashboard(
        name=path.stem,
        title=found["title"],
        panels=tuple(_panel(panel) for panel in found["panels"]),
    )


def _panel(panel: Mapping[str, Any]) -> Panel:
    place = panel["gridPos"]
    config = panel.get("fieldConfig", {})
    defaults = config.get("defaults", {})
    custom = defaults.get("custom", {})
    return Panel(
        kind=panel["type"],
        title=panel["title"],
        column=place["x"],
        row=place["y"],
        columns=place["w"],
        rows=place["h"],
        unit=defaults.get("unit", ""),
        targets=tuple(
            Target(
                expression=target["expr"],
                legend=target["legendFormat"],
                is_buckets=target.get("format") == "heatmap",
            )
            for target in panel.get("targets", ())
        ),
        thresholds=tuple(
            Threshold(value=step["value"], colour=step["color"])
            for step in defaults.get("thresholds", {}).get("steps", ())
        ),
        has_threshold_lines=custom.get("thresholdsStyle", {}).get("mode", "off") != "off",
        is_stacked=custom.get("stacking", {}).get("mode") == "normal",
        colours=dict(_colours(config.get("overrides", ()))),
        minimum=defaults.get("min"),
        maximum=defaults.get("max"),
        decimals=defaults.get("decimals"),
        no_value=defaults.get("noValue", "no data"),
    )


def _colours(overrides: Any) -> Any:  # noqa: ANN401 - JSON
    for override in overrides:
        for one in override["properties"]:
            if override["matcher"]["id"] == "byName" and one["id"] == "color":
                yield override["matcher"]["options"], one["value"]["fixedColor"]
