"""One panel on its own piece of the picture."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboards.buckets import steps_of
from dashboards.units import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from dashboards.panels import Panel
    from dashboards.prometheus import Series, Span

INK = "#24292e"
_FAINT = "#8a8f98"
_GRID = "#e6e6e6"
# Told apart without colour vision (Okabe and Ito).
_PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
    *("#666666", "#b8a500", "#7a4fbf", "#8c564b"),
)
_NAMED = {
    "green": "#2f9e44",
    "yellow": "#d9a400",
    "red": "#c92a2a",
    "orange": "#e8740c",
    "blue": "#1c7ed6",
}
_MOST_IN_LEGEND = 10
# More would leave no room for the lines themselves.
_MOST_LEGEND_ROWS = 5
_TITLE_POINTS = 8.5
_TEXT_POINTS = 7.0


def draw_panel(box: Axes, panel: Panel, series: Sequence[Series], span: Span) -> None:
    """Draw one panel.

    Args:
        box: The whole piece that is its own.
        panel: The panel.
        series: What its queries found.
        span: The time that is shown.
    """
    box.set(xticks=[], yticks=[])
    for side in box.spines.values():
        side.set_color("#d8d9da")
    if panel.kind == "row":
        box.set_facecolor("#f4f5f5")
        for side in box.spines.values():
            side.set_visible(False)
        box.text(0.003, 0.4, panel.title, fontsize=10, fontweight="bold", color=INK, va="center")
        return
    height_px = box.get_window_extent().height
    title_y = 1 - 10 / height_px
    box.text(0.5, title_y, panel.title, fontsize=_TITLE_POINTS, color=INK, va="center", ha="center")
    if panel.kind == "stat":
        _draw_stat(box, panel, series)
    elif not any(_is_told(one) for one in series):
        _say(box, panel.no_value)
    elif panel.kind == "heatmap":
        _draw_heatmap(_inside(box, legend_lines=0), series, span)
    elif panel.kind == "bargauge":
        _draw_bars(_inside(box, legend_lines=0), panel, series)
    else:
        _draw_lines(box, panel, series, span)


def _is_told(series: Series) -> bool:
    return any(math.isfinite(value) for value in series.values)


def _say(box: Axes, words: str) -> None:
    box.text(0.5, 0.45, words, fontsize=10, color=_FAINT, va="center", ha="center")


def _inside(box: Axes, *, legend_lines: int) -> Axes:
    """The part of a panel that has axes, with room for title, labels and legend."""
    extent = box.get_window_extent()
    left, right, top = 52 / extent.width, 12 / extent.width, 22 / extent.height
    bottom = (20 + 12 * legend_lines) / extent.height
    inside = box.inset_axes((left, bottom, 1 - left - right, 1 - bottom - top))
    inside.tick_params(labelsize=_TEXT_POINTS, colors=INK, length=2)
    inside.grid(color=_GRID, linewidth=0.6)
    inside.set_axisbelow(True)
    for name in ("top", "right"):
        inside.spines[name].set_visible(False)
    for name in ("left", "bottom"):
        inside.spines[name].set_color(_GRID)
    return inside


def _draw_stat(box: Axes, panel: Panel, series: Sequence[Series]) -> None:
    told = [one for one in series if _is_told(one)]
    if not told:
        _say(box, panel.no_value)
        return
    shown = told[0]
    value = [v for v in shown.values if math.isfinite(v)][-1]
    colour = _colour_of(panel, value)
    low, high = (pick(v for v in shown.values if math.isfinite(v)) for pick in (min, max))
    if high > low:
        trace = box.inset_axes((0, 0, 1, 0.35))
        trace.fill_between(shown.times_s, shown.values, low, color=colour, alpha=0.15, linewidth=0)
        trace.plot(shown.times_s, shown.values, color=colour, linewidth=0.7, alpha=0.6)
        trace.set_axis_off()
        trace.margins(x=0)
    text = in_words(value, panel.unit, panel.decimals)
    box.text(0.5, 0.5, text, fontsize=17, color=colour, va="center", ha="center")


def _colour_of(panel: Panel, value: float) -> str:
    colour = "green"
    for step in panel.thresholds:
        if step.value is None or value >= step.value:
            colour = step.colour
    return _NAMED[colour]


def _draw_lines(box: Axes, panel: Panel, series: Sequence[Series], span: Span) -> None:
    told = [one for one in series if _is_told(one)]
    if panel.is_stacked:
        # What is nothing all the time adds nothing, and would fill the legend.
        told = [one for one in told if any(one.values)] or told
    # The greatest keep their place in the legend, and so their colour.
    told.sort(key=lambda one: -max(v for v in one.values if math.isfinite(v)))
    longest = max(len(one.name) for one in told[:_MOST_IN_LEGEND])
    in_a_line = max(1, int(box.get_window_extent().width / (34 + 4.6 * longest)))
    most = min(_MOST_IN_LEGEND, _MOST_LEGEND_ROWS * in_a_line)
    shown, left_out = sorted(told[:most], key=lambda one: one.name), len(told) - most
    axes = _inside(box, legend_lines=math.ceil(len(shown) / in_a_line))
    colours = _colours(panel, shown)
    if panel.is_stacked:
        times = sorted({moment for one in told for moment in one.times_s})
        layers = [_on(times, one) for one in shown]
        axes.stackplot(
            times,
            layers,
            labels=[one.name for one in shown],
            colors=colours,
            alpha=0.75,
            linewidth=0.3,
        )
    else:
        for one, colour in zip(shown, colours, strict=True):
            axes.plot(one.times_s, one.values, label=one.name, color=colour, linewidth=1.1)
    _scale(axes, panel, shown, span)
    if panel.has_threshold_lines:
        top = axes.get_ylim()[1]
        for step in panel.thresholds:
            if step.value is not None and step.value <= top:
                axes.axhline(step.value, color=_NAMED[step.colour], linewidth=0.9, linestyle="--")
    box.legend(
        *axes.get_legend_handles_labels(),
        loc="lower center",
        ncols=min(in_a_line, len(shown)),
        fontsize=_TEXT_POINTS,
        frameon=False,
        borderaxespad=0.15,
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=1.0,
        labelspacing=0.15,
        labelcolor=INK,
    )
    if left_out > 0:
        note = f"and {left_out} lower"
        axes.text(
            0.995,
            0.97,
            note,
            transform=axes.transAxes,
            fontsize=_TEXT_POINTS,
            color=_FAINT,
            ha="right",
            va="top",
        )


def _colours(panel: Panel, shown: Sequence[Series]) -> list[str]:
    free = iter(_PALETTE * 2)
    return [
        _NAMED[panel.colours[one.name]] if one.name in panel.colours else next(free)
        for one in shown
    ]


def _on(times: Sequence[float], series: Series) -> list[float]:
    known = dict(zip(series.times_s, series.values, strict=True))
    values = (known.get(moment, 0.0) for moment in times)
    return [value if math.isfinite(value) else 0.0 for value in values]


def _scale(axes: Axes, panel: Panel, shown: Sequence[Series], span: Span) -> None:
    axes.set_xlim(span.start_s, span.end_s)
    low, high = axes.get_ylim()
    bottom = low if panel.minimum is None else panel.minimum
    top = high if panel.maximum is None else panel.maximum
    if not any(value for one in shown for value in one.values):
        # Nothing at all is a line at the bottom of what would be much.
        bounds = [step.value for step in panel.thresholds if step.value is not None]
        top = max(bounds) * 1.2 if bounds and panel.has_threshold_lines else 1.0
    axes.set_ylim(bottom, top)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at, span)))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: in_words(value, panel.unit)))


def _clock(at_s: float, span: Span) -> str:
    form = "%H:%M:%S" if span.end_s - span.start_s < 900 else "%H:%M"
    return datetime.fromtimestamp(at_s, UTC).strftime(form)


def _draw_heatmap(axes: Axes, series: Sequence[Series], span: Span) -> None:
    times = sorted({moment for one in series for moment in one.times_s})
    steps = steps_of({float(one.labels["le"]): _on(times, one) for one in series})
    edges = [*(moment - span.step_s / 2 for moment in times), times[-1] + span.step_s / 2]
    axes.pcolormesh(edges, range(len(steps) + 1), [step.counts for step in steps], cmap="Blues")
    axes.set(yticks=[place + 0.5 for place in range(len(steps))])
    axes.set_yticklabels([step.name for step in steps])
    axes.grid(visible=False)
    axes.set_xlim(span.start_s, span.end_s)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at, span)))
    axes.set_ylabel("up to", fontsize=_TEXT_POINTS, color=INK)


def _draw_bars(axes: Axes, panel: Panel, series: Sequence[Series]) -> None:
    times = sorted({moment for one in series for moment in one.times_s})
    steps = steps_of({float(one.labels["le"]): _on(times, one) for one in series})
    counts = [step.counts[-1] for step in steps]
    axes.barh(range(len(steps)), counts, color=_NAMED["blue"], height=0.75)
    for place, count in enumerate(counts):
        axes.annotate(
            in_words(count, panel.unit),
            (count, place),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=_TEXT_POINTS,
            color=INK,
            va="center",
        )
    axes.set(yticks=range(len(steps)))
    axes.set_yticklabels([step.name for step in steps])
    axes.set_xlim(0, max(*counts, 1) * 1.15)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylabel("up to", fontsize=_TEXT_POINTS, color=INK)
