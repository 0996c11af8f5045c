"""The load as pictures: latency by rate, measured and simulated, and the steady run over time."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

from benchmarks.plot import METADATA, STYLE
from tools.load.curve import SLOW_P95_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# Told apart without colour vision (Okabe and Ito), and in print by their lightness.
# Over time, lines go everywhere; so the legend stands beside them.
_BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.0}
_P50, _P95, _P99, _LIMIT = "#56b4e9", "#0072b2", "#003350", "#d55e00"
_MEMORY = ("#0072b2", "#d55e00", "#009e73", "#56b4e9", "#cc79a7", "#e69f00", "#555555")


def draw_curves(path: Path, results: Mapping[str, Any]) -> None:
    """Write latency by rate as SVG, one panel for each mode; the same results, the same bytes."""
    found = {mode: one for mode, one in results["modes"].items() if "steps" in one}
    with _figure(path, len(found)) as (_, panels):
        for axes, (mode, one) in zip(panels[0], found.items(), strict=True):
            _draw_curve(axes, mode, one)


def draw_steady(path: Path, results: Mapping[str, Any]) -> None:
    """Write latency and memory over time as SVG, one column for each mode."""
    found = {mode: one["steady"] for mode, one in results["modes"].items() if "steady" in one}
    with _figure(path, len(found), rows=2) as (_, panels):
        for upper, lower, (mode, one) in zip(panels[0], panels[1], found.items(), strict=True):
            _draw_latency(upper, mode, one)
            _draw_memory(lower, one["memory"])


@contextlib.contextmanager
def _figure(path: Path, columns: int, rows: int = 1) -> Iterator[tuple[Any, Any]]:
    import matplotlib as mpl  # noqa: PLC0415 - optional

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        size = (max(4.8, 3.6 * columns), 3.4 * rows)
        figure, panels = plt.subplots(
            rows, columns, figsize=size, layout="constrained", squeeze=False
        )
        figure.patch.set_facecolor("white")
        yield figure, panels
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata=METADATA)
        plt.close(figure)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")


def _draw_curve(axes: Any, mode: str, one: Mapping[str, Any]) -> None:  # noqa: ANN401 - matplotlib is optional
    measured = one["steps"]["steps"]
    rates = [step["rate_per_s"] for step in measured]
    for name, colour in (("p50_ms", _P50), ("p95_ms", _P95), ("p99_ms", _P99)):
        _line(axes, rates, [step[name] for step in measured], colour, name.removesuffix("_ms"))
    if "simulated" in one:
        steps = one["simulated"]["steps"]
        for name, colour in (("p50_ms", _P50), ("p95_ms", _P95)):
            label = f"{name.removesuffix('_ms')}, simulated"
            _line(axes, rates, [step[name] for step in steps], colour, label, is_dashed=True)
    axes.axhline(1000 * SLOW_P95_S, color=_LIMIT, linewidth=0.8, label="bound of the p95")
    axes.set(
        title=mode,
        xlabel="pictures offered a second",
        ylabel="ms from when it was due to its result",
        yscale="log",
        xlim=(0, None),
    )
    axes.legend(loc="upper left", fontsize=7)


def _draw_latency(axes: Any, mode: str, one: Mapping[str, Any]) -> None:  # noqa: ANN401
    minutes = [minute["minute"] for minute in one["minutes"]]
    for name, colour in (("p50_ms", _P50), ("p95_ms", _P95), ("p99_ms", _P99)):
        values = [minute[name] for minute in one["minutes"]]
        _line(axes, minutes, values, colour, name.removesuffix("_ms"))
    title = f"{mode}, {one['rate_per_s']:.0f} pictures a second"
    axes.set(title=title, xlabel="minute", ylabel="ms to the result", yscale="log")
    axes.legend(fontsize=7, **_BESIDE)


def _draw_memory(axes: Any, memory: Mapping[str, Any]) -> None:  # noqa: ANN401
    for colour, (name, found) in zip(itertools.cycle(_MEMORY), memory.items(), strict=False):
        label = "one that analyses" if name == "children" else name
        _line(axes, found["minutes"], found["mib"], colour, label)
    axes.set(xlabel="minute", ylabel="resident MiB", ylim=(0, None))
    axes.legend(fontsize=7, **_BESIDE)


def _line(
    axes: Any,  # noqa: ANN401
    places: Sequence[float],
    values: Sequence[float | None],
    colour: str,
    label: str,
    *,
    is_dashed: bool = False,
) -> None:
    known = [(at, one) for at, one in zip(places, values, strict=True) if one is not None]
    axes.plot(
        [at for at, _ in known],
        [one for _, one in known],
        color=colour,
        linewidth=1.2,
        linestyle="--" if is_dashed else "-",
        marker="" if is_dashed else "o",
        markersize=2.5,
        label=label,
    )
