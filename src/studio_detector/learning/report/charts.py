"""Charts as SVG that can stand inside a page: no date, no outside reference, always the same."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from studio_detector.learning.extras import optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_detector.learning.report.assessment import DoubtFigures, ModelFigures
    from studio_detector.learning.report.curves import CoveragePoint, ReliabilityBin

_PURPOSE = "drawing the charts of a report"
_SIZE_INCHES = (4.6, 3.4)
# Told apart without colour vision (Okabe and Ito), and in print by their lightness.
STUDIO_COLOUR, NATURAL_COLOUR, NEUTRAL_COLOUR = "#d55e00", "#0072b2", "#555555"
_STYLE: dict[str, Any] = {
    # Salted, as the identifiers are drawn at random otherwise.
    "svg.hashsalt": "studio-detector",
    # As paths the letters look the same wherever the page is opened.
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_IDENTIFIER = re.compile(r'(\bid="|\bhref="#|url\(#)')
# Needed in a file of its own; inside a page they are names of servers for nothing.
_NAMESPACE = re.compile(r'\s+xmlns(?::\w+)?="[^"]*"')


def reliability_chart(bins: Sequence[ReliabilityBin], *, name: str) -> str:
    """Share of studio against confidence; a calibrated model follows the diagonal.

    Args:
        bins: The bins.
        name: Prefix of the chart's identifiers, unique on its page.

    Returns:
        An ``<svg>`` element.
    """

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
        axes.plot([0, 1], [0, 1], color=NEUTRAL_COLOUR, linewidth=0.8, linestyle="--")
        axes.plot(
            [one.confidence for one in bins],
            [one.studio for one in bins],
            color=STUDIO_COLOUR,
            marker="o",
            markersize=4,
            linewidth=1.2,
        )
        axes.set(
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
            xlabel="confidence, mean of each bin",
            ylabel="share of studio",
        )

    return _svg(draw, name)


def risk_coverage_chart(
    points: Sequence[CoveragePoint], mark: tuple[float, float] | None, *, name: str
) -> str:
    """Errors among the surest verdicts against their share.

    Args:
        points: The curve.
        mark: Coverage and risk of the model's own band; None for no mark.
        name: Prefix of the chart's identifiers, unique on its page.

    Returns:
        An ``<svg>`` element.
    """

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
        coverage = [100 * point.coverage for point in points]
        risk = [100 * point.risk for point in points]
        axes.step(coverage, risk, where="post", color=NATURAL_COLOUR, linewidth=1.3)
        if mark is not None:
            coverage_mark, risk_mark = (100 * part for part in mark)
            axes.plot(coverage_mark, risk_mark, "o", color=STUDIO_COLOUR, label="uncertain band")
            axes.legend(loc="upper left")
        axes.set(
            xlim=(0, 101),
            ylim=(0, max(1.0, *risk) * 1.1),
            xlabel="verdicts given, % of the photographs, surest first",
            ylabel="errors among them, %",
        )

    return _svg(draw, name)


def doubt_chart(doubt: DoubtFigures, band: tuple[float, float], *, name: str) -> str:
    """Confidences of the photographs labelled uncertain beside those of the decided ones.

    Args:
        doubt: Both histograms.
        band: Ends of the uncertain band.
        name: Prefix of the chart's identifiers, unique on its page.

    Returns:
        An ``<svg>`` element.
    """

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
        bars = len(doubt.histogram)
        width = 1 / bars
        axes.axvspan(*band, color="#f0e442", alpha=0.35, linewidth=0, label="uncertain band")
        for counts, shift, colour, label in (
            (doubt.decided_histogram, 0.1, "#b0b0b0", "labelled studio or natural"),
            (doubt.histogram, 0.5, STUDIO_COLOUR, "labelled uncertain"),
        ):
            total = max(1, sum(counts))
            axes.bar(
                [(index + shift) * width for index in range(bars)],
                [100 * count / total for count in counts],
                width=0.4 * width,
                align="edge",
                color=colour,
                label=label,
            )
        axes.set(xlim=(0, 1), xlabel="confidence", ylabel="% of the photographs")
        # Above the bars, which may be high anywhere.
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)

    return _svg(draw, name)


def model_charts(model: ModelFigures, *, name: str) -> dict[str, str]:
    """Every chart of a model: name -> ``<svg>`` element."""
    coverage, accuracy = (figure.value for figure in model.abstention[:2])
    mark = None if coverage is None or accuracy is None else (coverage, 1 - accuracy)
    charts = {
        "reliability": reliability_chart(model.reliability, name=f"{name}-reliability"),
        "risk_coverage": risk_coverage_chart(model.risk_coverage, mark, name=f"{name}-risk"),
    }
    if model.doubt is not None:
        charts["doubt"] = doubt_chart(model.doubt, model.band, name=f"{name}-doubt")
    return charts


def svg_file(
    draw: Callable[[Any], None],
    *,
    size_inches: tuple[float, float] = _SIZE_INCHES,
    panels: int = 1,
) -> str:
    """Draw a chart in the style of this package.

    Args:
        draw: Called with the axes, or an array of them for several panels.
        size_inches: Width and height of the chart.
        panels: Number of panels, side by side.

    Returns:
        An SVG file; equal drawings give equal text.

    Raises:
        MissingExtraError: Without matplotlib.
    """
    matplotlib = optional("matplotlib", purpose=_PURPOSE, extra="report")
    figures = optional("matplotlib.figure", purpose=_PURPOSE, extra="report")
    text = io.StringIO()
    # Not pyplot, which keeps every figure and looks for a screen.
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE}):
        figure = figures.Figure(figsize=size_inches, layout="constrained")
        draw(figure.subplots(1, panels))
        figure.savefig(text, format="svg", metadata=_METADATA)
    return text.getvalue()


def _svg(draw: Callable[[Any], None], name: str) -> str:
    svg = _NAMESPACE.sub("", svg_file(draw)).replace("xlink:href", "href")
    # Several charts share a page, so each keeps its identifiers to itself.
    return _IDENTIFIER.sub(rf"\g<1>{name}-", svg[svg.index("<svg") :])
