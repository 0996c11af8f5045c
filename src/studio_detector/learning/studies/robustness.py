"""How many verdicts turn when a photograph is re-encoded, cut, tinted or otherwise altered.

::

    python -m studio_detector.learning.studies.robustness --photos FOLDER
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from studio_detector.errors import InputError
from studio_detector.imaging import load
from studio_detector.learning import metrics
from studio_detector.learning.command import photos_option, plain_errors
from studio_detector.learning.report.charts import (
    NATURAL_COLOUR,
    NEUTRAL_COLOUR,
    STUDIO_COLOUR,
    svg_file,
)
from studio_detector.learning.studies import page
from studio_detector.learning.studies.alterations import ALTERATIONS, HELD_TO_GOAL, MEANING
from studio_detector.learning.studies.judge import shipped_judge
from studio_detector.learning.studies.options import (
    MODELS,
    chosen_photos,
    every_option,
    in_processes,
    output_option,
    workers_option,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Name of the page.
NAME = "robustness"
#: Share of turned verdicts aimed at.
GOAL = 0.02
# Long side beyond anything in a set: pictures are altered at the size they come in.
_AS_IT_IS_PX = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one alteration does to one model.

    Attributes:
        flips: Share of the verdicts that turn, 0..1.
        interval: Its 95 % interval over groups; None where there is none.
        to_studio: Share that turns from natural to studio, 0..1.
        mean_change: Mean absolute change of the confidence, 0..1.
        balanced_accuracy: On the altered photographs, 0..1; None without both classes.
    """

    flips: float
    interval: tuple[float, float] | None
    to_studio: float
    mean_change: float
    balanced_accuracy: float | None


def measure(path: Path) -> tuple[tuple[float, ...], ...] | None:
    """Confidences of one photograph as it is and under every alteration.

    Returns:
        One row for the original, one for each of `ALTERATIONS`, each with one confidence for
        each model; None if the photograph cannot be read.
    """
    judge = shipped_judge()
    try:
        original = load(path, working_size_px=_AS_IT_IS_PX).rgb
    except InputError:
        return None
    pictures = [original, *(alter(original) for alter in ALTERATIONS.values())]
    return tuple(judge.confidences(load(picture).rgb) for picture in pictures)


def change(
    studio: Bools, before: Floats, after: Floats, groups: Sequence[Hashable], *, resamples: int
) -> Change:
    """Compare confidences before and after an alteration."""
    was, now = (confidence > metrics.THRESHOLD for confidence in (before, after))
    return Change(
        flips=float((was != now).mean()),
        interval=metrics.group_interval(
            lambda weights: float(weights @ (was != now) / weights.sum()),
            groups,
            resamples=resamples,
        ),
        to_studio=float((now & ~was).mean()),
        mean_change=float(np.abs(after - before).mean()),
        balanced_accuracy=metrics.balanced_accuracy(studio, after),
    )


def study(
    photos: Sequence[Photo], *, workers: int, resamples: int = 1000
) -> tuple[tuple[Photo, ...], Mapping[str, Mapping[str, Change]]]:
    """Alter and judge photographs.

    Args:
        photos: Decided photographs.
        workers: Processes.
        resamples: Bootstrap samples of each interval.

    Returns:
        The photographs that could be read, and model -> alteration -> change. The first
        alteration, "none", is the photograph as it is.
    """
    rows = in_processes(measure, [photo.path for photo in photos], workers=workers)
    kept = tuple(photo for photo, row in zip(photos, rows, strict=True) if row is not None)
    found = np.array([row for row in rows if row is not None])  # (photos, alterations, models)
    studio = np.array([photo.label == "studio" for photo in kept])
    groups = [photo.group for photo in kept]
    return kept, {
        model: {
            name: change(
                studio,
                found[:, 0, column],
                found[:, row, column],
                groups,
                resamples=resamples,
            )
            for row, name in enumerate(("none", *ALTERATIONS))
        }
        for column, model in enumerate(MODELS)
    }


def write(
    folder: Path,
    photos: Sequence[Photo],
    changes: Mapping[str, Mapping[str, Change]],
    *,
    every: int = 1,
) -> None:
    """Write the page and the picture."""
    full = changes[MODELS[0]]
    kept = [name for name in HELD_TO_GOAL if full[name].flips <= GOAL]
    missed = [name for name in HELD_TO_GOAL if name not in kept]
    verdict = "reached under all of them" if not missed else f"missed under {', '.join(missed)}"
    parts = [
        page.made_by(NAME, every=every),
        page.sample_sentence(
            len(photos),
            sum(photo.label == "studio" for photo in photos),
            len({photo.group for photo in photos}),
            every=every,
        ),
        MEANING,
        (
            "A verdict turns when the confidence passes one half. "
            "The change is that of the confidence against the unaltered photograph, "
            "its absolute value averaged. Intervals are 95 %, over groups."
        ),
        (
            f"Goal: at most {page.percent(GOAL, 0)} turned verdicts of `{MODELS[0]}` under "
            f"{', '.join(HELD_TO_GOAL)}: **{verdict}**."
        ),
        *(f"## `{model}`\n\n{_table(found)}" for model, found in changes.items()),
        "## Turned verdicts",
    ]
    svg = svg_file(partial(_draw, changes), size_inches=(6.4, 5.2))
    page.write_page(folder, NAME, title="Robustness of the verdict", parts=parts, svg=svg)


def _table(changes: Mapping[str, Change]) -> str:
    head = ("alteration", "turned", "95 %", "to studio", "mean change", "balanced accuracy")
    return page.table(
        head,
        [
            (
                name,
                page.percent(one.flips),
                "-"
                if one.interval is None
                else f"{100 * one.interval[0]:.1f} to {100 * one.interval[1]:.1f} %",
                page.percent(one.to_studio),
                page.number(one.mean_change, 4),
                page.number(one.balanced_accuracy),
            )
            for name, one in changes.items()
        ],
    )


def _draw(changes: Mapping[str, Mapping[str, Change]], axes: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
    height = 0.38
    for index, (model, colour) in enumerate(
        zip(changes, (STUDIO_COLOUR, NATURAL_COLOUR), strict=True)
    ):
        found = {name: one for name, one in changes[model].items() if name != "none"}
        axes.barh(
            [row + (index - 0.5) * height for row in range(len(found))],
            [100 * one.flips for one in found.values()],
            height=height,
            color=colour,
            label=model,
        )
        axes.set_yticks(range(len(found)), list(found))
    axes.axvline(100 * GOAL, color=NEUTRAL_COLOUR, linewidth=0.9, linestyle="--", label="goal")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="turned verdicts, %")
    axes.legend(loc="lower right")


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@output_option
@every_option
@workers_option
def main(folder: Path, output: Path, every: int, workers: int) -> None:
    """Alter, judge, write."""
    with plain_errors():
        photos, changes = study(chosen_photos(folder, every=every), workers=workers)
        write(output, photos, changes, every=every)
    click.echo(f"{NAME}.md and {NAME}.svg written")


if __name__ == "__main__":
    main()
