"""A dashboard as one picture, its panels where Grafana has them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from PIL import Image

from dashboards.draw_panel import INK, draw_panel
from dashboards.panels import GRID_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dashboards.panels import Dashboard
    from dashboards.prometheus import Series, Span


_WIDTH_IN = 15.0
_ROW_IN = 0.31
_HEAD_IN = 0.55
_DPI = 84


def write_picture(
    path: Path,
    dashboard: Dashboard,
    found: Sequence[Sequence[Series]],
    span: Span,
) -> None:
    """Draw a dashboard.

    Args:
        path: Where to, a PNG.
        dashboard: The dashboard.
        found: What the queries of each panel found, as many as there are panels.
        span: The time that is shown.
    """
    rows = max(panel.row + panel.rows for panel in dashboard.panels)
    height_in = rows * _ROW_IN + _HEAD_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in), dpi=_DPI, facecolor="#f4f5f5")
    _head(figure, dashboard.title, span, height_in)
    for panel, series in zip(dashboard.panels, found, strict=True):
        left, width = panel.column / GRID_COLUMNS, panel.columns / GRID_COLUMNS
        top_in = _HEAD_IN + panel.row * _ROW_IN
        box = figure.add_axes(
            (
                left + 0.003,
                1 - (top_in + panel.rows * _ROW_IN - 0.05) / height_in,
                width - 0.006,
                (panel.rows * _ROW_IN - 0.1) / height_in,
            )
        )
        draw_panel(box, panel, series, span)
    _save(figure, path)


def _head(figure: Figure, title: str, span: Span, height_in: float) -> None:
    middle = 1 - _HEAD_IN / 2 / height_in
    figure.text(0.006, middle, title, fontsize=14, fontweight="bold", color=INK, va="center")
    figure.text(0.994, middle, _when(span), fontsize=9, color=INK, va="center", ha="right")


def _when(span: Span) -> str:
    start, end = (datetime.fromtimestamp(at, UTC) for at in (span.start_s, span.end_s))
    return f"{start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S} UTC, a point every {span.step_s:g} s"


def _save(figure: Figure, path: Path) -> None:
    raw = io.BytesIO()
    # Without the version of the library, equal figures are equal bytes.
    options: dict[str, Any] = {"metadata": {"Software": None}}
    figure.savefig(raw, format="png", **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(raw) as picture:
        # A palette keeps the colours of thin lines only if none of them has to go.
        picture.convert("RGB").save(path, optimize=True)
