"""How often detail runs, what it costs and what it gains, for other bounds of doubt.

::

    python -m studio_detector.learning.studies.doubt_bounds --photos FOLDER
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import click
import cv2

from studio_detector.decision.shipped import load_model
from studio_detector.imaging import load
from studio_detector.learning import metrics
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import PREVALENCE
from studio_detector.learning.judged import Labelled
from studio_detector.learning.predict import Predictions, combine, predict
from studio_detector.learning.report.charts import NATURAL_COLOUR, STUDIO_COLOUR, svg_file
from studio_detector.learning.studies import page
from studio_detector.learning.studies.options import (
    MODELS,
    chosen_photos,
    every_option,
    output_option,
    workers_option,
)
from studio_detector.pipeline.settings import Settings
from studio_detector.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo

#: Name of the page.
NAME = "doubt-bounds"
# Detail never runs, as no confidence hits one half exactly.
_NEVER = 0.5
#: Lower bounds looked at; the upper one lies as far on the other side of one half.
LOWER_BOUNDS = (_NEVER, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05, 0.0)
_PHASES = ("lighting", "network", "detail")
# Photographs whose milliseconds are taken, after one that is not counted.
_TIMED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one pair of bounds does to one model.

    Attributes:
        low: Lower bound; the upper one is ``1 - low``.
        runs: Share of the photographs in which detail runs, 0..1.
        auc: Area under the ROC curve; None without both classes.
        balanced_accuracy: Mean of both recalls; None without both classes.
        log_loss: In nats, at even odds.
        gain: Balanced accuracy less that of lighting alone; None without both classes.
        interval: 95 % interval of the gain over groups; None where there is none.
        mended: Verdicts that detail put right.
        spoilt: Verdicts that detail turned wrong.
    """

    low: float
    runs: float
    auc: float | None
    balanced_accuracy: float | None
    log_loss: float | None
    gain: float | None
    interval: tuple[float, float] | None
    mended: int
    spoilt: int


def bounds(judged: Labelled, heads: Predictions, low: float, *, resamples: int = 1000) -> Bounds:
    """Judge one pair of bounds from the confidences of both heads.

    Args:
        judged: The photographs.
        heads: Confidences of both heads, under whatever bounds.
        low: Lower bound.
        resamples: Bootstrap samples of the interval.
    """
    studio = judged.studio
    found = combine(
        heads.lighting, heads.full, settings=Settings(doubt_low=low, doubt_high=1 - low)
    )
    even = metrics.weights_at_prevalence(studio, PREVALENCE)

    def gain(weights: npt.NDArray[np.float64]) -> float | None:
        pair = [
            metrics.balanced_accuracy(studio, one, weights)
            for one in (heads.lighting, found.confidence)
        ]
        return None if pair[0] is None or pair[1] is None else pair[1] - pair[0]

    before, after = (
        (one > metrics.THRESHOLD) == studio for one in (heads.lighting, found.confidence)
    )
    return Bounds(
        low=low,
        runs=float((~found.settled).mean()),
        auc=metrics.auc(studio, found.confidence),
        balanced_accuracy=metrics.balanced_accuracy(studio, found.confidence),
        log_loss=metrics.log_loss(studio, found.confidence, even),
        gain=gain(even),
        interval=metrics.group_interval(gain, judged.groups, even, resamples=resamples),
        mended=int((after & ~before).sum()),
        spoilt=int((before & ~after).sum()),
    )


def phase_times_ms(photos: Sequence[Photo]) -> dict[str, float]:
    """Median CPU milliseconds of each phase, with one thread, after a warm-up.

    Args:
        photos: Readable photographs; the first one warms up.
    """
    registry = built_in_registry()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    times: dict[str, list[float]] = {phase: [] for phase in _PHASES}
    for photo in photos:
        planes = Planes(load(photo.path).rgb)
        for phase in _PHASES:
            analyses = [a for a in registry if a.SPEC.phase == phase]
            start = process_time()
            for analysis in analyses:
                analysis.measure(planes)
            times[phase].append((process_time() - start) * 1000)
    cv2.setNumThreads(threads)
    return {phase: median(taken[1:] or taken) for phase, taken in times.items()}


def write(
    folder: Path,
    judged: Labelled,
    found: Mapping[str, Sequence[Bounds]],
    times_ms: Mapping[str, float],
    *,
    every: int = 1,
) -> None:
    """Write the page and the picture."""
    default = Settings()
    times = ", ".join(f"{phase} {ms:.1f} ms" for phase, ms in times_ms.items())
    parts = [
        page.made_by(NAME, every=every),
        page.sample_sentence(
            len(judged.photos), int(judged.studio.sum()), len(set(judged.groups)), every=every
        ),
        (
            "Detail runs where the confidence of the lighting lies between the bounds, ends "
            "included; with 0 and 1 always, and with no bounds never. "
            f"The default is {default.doubt_low:g} to {default.doubt_high:g}. "
            "Every row comes from one table of measurements. "
            "The gain is in balanced accuracy against lighting alone, with its 95 % interval over "
            "groups; `mended` and `spoilt` count the verdicts that detail turned."
        ),
        (
            f"CPU time of one photograph, one thread, median of {_TIMED} photographs on the "
            f"machine that made this page: {times} "
            "(`cues` has no network phase). "
            "The column `ms` is the share in which detail runs times its time: it varies with "
            "the machine, all else repeats."
        ),
        *(
            f"## `{model}`\n\n{_table(rows, times_ms['detail'], default)}"
            for model, rows in found.items()
        ),
        "## Share of detail against accuracy",
    ]
    svg = svg_file(partial(_draw, found), size_inches=(7.4, 3.4), panels=2)
    page.write_page(folder, NAME, title="Bounds of doubt", parts=parts, svg=svg)


def _table(rows: Sequence[Bounds], detail_ms: float, default: Settings) -> str:
    head = (
        "bounds",
        "detail runs",
        "ms",
        "AUC",
        "balanced accuracy",
        "log loss",
        "gain",
        "95 %",
        "mended",
        "spoilt",
    )
    return page.table(
        head,
        [
            (
                _bounds_text(one, default),
                page.percent(one.runs),
                page.number(one.runs * detail_ms, 1),
                page.number(one.auc, 4),
                page.number(one.balanced_accuracy, 4),
                page.number(one.log_loss, 4),
                page.number(one.gain, 4, sign=True),
                "-"
                if one.interval is None
                else " to ".join(page.number(end, 4, sign=True) for end in one.interval),
                str(one.mended),
                str(one.spoilt),
            )
            for one in rows
        ],
    )


def _bounds_text(one: Bounds, default: Settings) -> str:
    if one.low == _NEVER:
        return "never"
    text = f"{one.low:g} to {1 - one.low:g}"
    return f"**{text}**" if one.low == default.doubt_low else text


def _draw(found: Mapping[str, Sequence[Bounds]], panels: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
    default = Settings().doubt_low
    for axes, part, scale, label in (
        (panels[0], "balanced_accuracy", 100, "balanced accuracy, %"),
        (panels[1], "log_loss", 1, "log loss, nats"),
    ):
        for (model, rows), colour in zip(
            found.items(), (STUDIO_COLOUR, NATURAL_COLOUR), strict=True
        ):
            runs = [100 * one.runs for one in rows]
            values = [scale * (getattr(one, part) or 0.0) for one in rows]
            axes.plot(runs, values, color=colour, marker=".", linewidth=1.2, label=model)
            chosen = [index for index, one in enumerate(rows) if one.low == default]
            axes.plot(
                [runs[i] for i in chosen],
                [values[i] for i in chosen],
                "o",
                color=colour,
                markersize=8,
                markerfacecolor="none",
            )
        axes.set(xlabel="photographs in which detail runs, %", ylabel=label)
    panels[0].legend(loc="center right", title="ring: default bounds")


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@output_option
@every_option
@cache_option
@workers_option
def main(folder: Path, output: Path, every: int, cache: Path, workers: int) -> None:
    """Measure once, judge every pair of bounds, write."""
    with plain_errors():
        photos = chosen_photos(folder, every=every)
        table = measure_photos(photos, cache=cache, workers=workers)
        judged = Labelled.of(photos, table).require("the test split")
        specs = [analysis.SPEC for analysis in built_in_registry()]
        heads = {name: predict(load_model(name), judged.table, specs) for name in MODELS}
        found = {
            name: [bounds(judged, one, low) for low in LOWER_BOUNDS] for name, one in heads.items()
        }
        times_ms = phase_times_ms(judged.photos[: _TIMED + 1])
        write(output, judged, found, times_ms, every=every)
    click.echo(f"{NAME}.md and {NAME}.svg written")


if __name__ == "__main__":
    main()
