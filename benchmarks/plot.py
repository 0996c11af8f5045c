"""The figures of a run as a picture: who takes how long, and how it grows with the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.names import CANDIDATES, END_TO_END, FLOOR, SEED_DETAIL, SEED_LIGHTING
from benchmarks.sizes import SIZES
from benchmarks.tables import megapixels_of

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.results import Results

# Told apart without colour vision (Okabe and Ito), and in print by their lightness.
_SIZE_COLOURS = ("#56b4e9", "#0072b2", "#003350")
_LINE_COLOURS = {FLOOR: "#555555", END_TO_END: "#d55e00"}
STYLE: dict[Any, Any] = {
    # Salted, as the identifiers are drawn at random otherwise.
    "svg.hashsalt": "studio-detector",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_BAR = 0.26


def write_plot(path: Path, results: Results) -> None:
    """Write the plot as SVG; the same results give the same bytes."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    with mpl.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
        figure.patch.set_facecolor("white")
        _draw_candidates(left, results)
        _draw_scaling(right, results)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata=METADATA)
        plt.close(figure)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")


def _draw_candidates(axes: Any, results: Results) -> None:  # noqa: ANN401 - matplotlib is optional
    shown = [name for name in CANDIDATES if name not in {SEED_LIGHTING, SEED_DETAIL}]
    for offset, (size, colour) in enumerate(zip(SIZES, _SIZE_COLOURS, strict=True)):
        bars = [
            (index + (offset - 1) * _BAR, value)
            for index, name in enumerate(shown)
            if (value := results.cpu_ms(f"{name}@{size.name}")) is not None
        ]
        axes.barh(
            [place for place, _ in bars],
            [value for _, value in bars],
            height=_BAR,
            color=colour,
            label=f"{size.columns_px} x {size.rows_px}",
        )
    axes.set(
        xscale="log",
        xlim=(1, None),
        xlabel="CPU ms a picture, median",
        yticks=range(len(shown)),
        yticklabels=shown,
    )
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(loc="upper right")


def _draw_scaling(axes: Any, results: Results) -> None:  # noqa: ANN401 - matplotlib is optional
    for name, colour in _LINE_COLOURS.items():
        points = [
            (float(megapixels_of(one.size)), one.cpu_ms)
            for one in results.scaling
            if one.name == name
        ]
        axes.plot(
            [megapixels for megapixels, _ in points],
            [value for _, value in points],
            color=colour,
            marker="o",
            markersize=4,
            linewidth=1.2,
            label=name,
        )
    axes.set(xlabel="megapixels", ylabel="CPU ms a picture, median", xlim=(0, None), ylim=(0, None))
    axes.legend(loc="upper left")
