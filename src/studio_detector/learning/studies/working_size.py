"""What other working sizes cost and change: accuracy, turned verdicts, time and memory.

::

    python -m studio_detector.learning.studies.working_size --photos FOLDER --edge FOLDER
"""

from __future__ import annotations

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from studio_detector.errors import InputError
from studio_detector.imaging import load
from studio_detector.learning import metrics
from studio_detector.learning.command import photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extras import optional
from studio_detector.learning.judged import FITTING_SPLIT
from studio_detector.learning.report.charts import NATURAL_COLOUR, STUDIO_COLOUR, svg_file
from studio_detector.learning.studies import page
from studio_detector.learning.studies.judge import shipped_judge
from studio_detector.learning.studies.options import (
    MODELS,
    chosen_photos,
    every_option,
    in_processes,
    output_option,
    workers_option,
)
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

#: Name of the page.
NAME = "working-size"
#: Long side that no picture reaches: everything is measured as it comes.
ORIGINAL_PX = 65_535
#: Working sizes looked at.
SIZES_PX = (128, 192, 256, 384, 512, 768, 1024, ORIGINAL_PX)
#: The size the others are held against.
DEFAULT_PX = Settings().working_size_px
#: Folders of the edge corpus with pictures beyond the photograph set's 544 px.
LARGE_FOLDERS = ("highres", "setups", "series")
#: Share of the original size's verdicts that the default size should keep.
GOAL = 0.99
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """One picture at one working size.

    Attributes:
        confidences: P(studio) by each model.
        cpu_ms: CPU milliseconds from the file to the verdicts.
    """

    confidences: tuple[float, ...]
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """One picture at every working size.

    Attributes:
        long_side_px: Of the whole picture.
        at: One result for each of `SIZES_PX`.
    """

    long_side_px: int
    at: tuple[Sized, ...]


def measure(path: Path) -> Sizes | None:
    """Judge one picture at every size; None if it cannot be read.

    Sizes at and beyond the picture's own give the same pixels and are measured once.
    """
    judge = shipped_judge()
    results: list[Sized] = []
    long_side_px = 0
    for size_px in SIZES_PX:
        if results and long_side_px <= SIZES_PX[len(results) - 1]:
            results.append(results[-1])
            continue
        start = process_time()
        try:
            frame = load(path, working_size_px=size_px)
        except InputError:
            return None
        confidences = judge.confidences(frame.rgb)
        results.append(Sized(confidences=confidences, cpu_ms=(process_time() - start) * 1000))
        long_side_px = max(frame.original_rows_px, frame.original_columns_px)
    return Sizes(long_side_px=long_side_px, at=tuple(results))


def peak_memory_mb(path: Path, size_px: int) -> float | None:
    """Peak resident memory of this process after judging one picture; None where unknown.

    To be called in a process of its own. Linux alone tells the peak of one process without
    that of its parent.
    """
    shipped_judge().confidences(load(path, working_size_px=size_px).rgb)
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return None if found is None else int(found[1]) * 1024 / 1e6


def peak_memories_mb(path: Path) -> tuple[float | None, ...]:
    """`peak_memory_mb` at every size, each in a fresh process."""
    context = multiprocessing.get_context("spawn")
    peaks = []
    for size_px in SIZES_PX:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            peaks.append(pool.submit(peak_memory_mb, path, size_px).result())
    return tuple(peaks)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Pictures judged at every size.

    Attributes:
        long_sides_px: int (pictures,).
        confidence: float64 (pictures, sizes, models).
        cpu_ms: float64 (pictures, sizes).
    """

    long_sides_px: npt.NDArray[np.intp]
    confidence: Floats
    cpu_ms: Floats

    @classmethod
    def of(cls, results: Sequence[Sizes]) -> Sample:
        """Put results together."""
        return cls(
            long_sides_px=np.array([one.long_side_px for one in results], dtype=np.intp),
            confidence=np.array([[at.confidences for at in one.at] for one in results]).reshape(
                -1, len(SIZES_PX), len(MODELS)
            ),
            cpu_ms=np.array([[at.cpu_ms for at in one.at] for one in results]).reshape(
                -1, len(SIZES_PX)
            ),
        )

    def turned(self, model: int, size_px: int, against_px: int = DEFAULT_PX) -> Bools:
        """Which verdicts differ between two sizes, bool (pictures,)."""
        one, other = (
            self.confidence[:, SIZES_PX.index(size), model] > metrics.THRESHOLD
            for size in (size_px, against_px)
        )
        return np.not_equal(one, other)

    def mean_change(self, model: int, size_px: int) -> float:
        """Mean absolute change of the confidence against the default size."""
        column = self.confidence[:, :, model]
        change = column[:, SIZES_PX.index(size_px)] - column[:, SIZES_PX.index(DEFAULT_PX)]
        return float(np.abs(change).mean())


def kept_interval(kept: int, count: int) -> tuple[float, float]:
    """Exact 95 % interval of a share.

    Source: C. Clopper, E. Pearson, Biometrika 26 (1934).
    """
    beta = optional("scipy.stats", purpose="intervals of shares").beta
    low = float(beta.ppf(0.025, kept, count - kept + 1)) if kept else 0.0
    high = float(beta.ppf(0.975, kept + 1, count - kept)) if kept < count else 1.0
    return low, high


def large_pictures(edge: Path) -> dict[str, list[Path]]:
    """Folder of the edge corpus -> its files."""
    return {
        name: sorted(path for path in (edge / name).rglob("*") if path.is_file())
        for name in LARGE_FOLDERS
        if (edge / name).is_dir()
    }


def fitted_groups(folder: Path) -> frozenset[str]:
    """Groups of the training split in small letters; empty where the set has none."""
    photos = read_dataset(folder).photos
    return frozenset(photo.group.lower() for photo in photos if photo.split == FITTING_SPLIT)


def by_one_of(path: Path, groups: Collection[str]) -> bool:
    """Whether a file of the edge corpus, named OWNER__NAME, is by one of some groups."""
    return path.name.partition("__")[0].lower() in groups


def write(
    folder: Path,
    photos: Sequence[Photo],
    sample: Sample,
    large: Mapping[str, Sample],
    peaks_mb: Sequence[float | None],
    *,
    fitted: int = 0,
    every: int = 1,
) -> None:
    """Write the page and the picture.

    Args:
        folder: Where.
        photos: Photographs of the labelled set.
        sample: Their results.
        large: Folder of the edge corpus -> results of its pictures beyond 544 px.
        peaks_mb: Peak memory at every size; empty where it was not measured.
        fitted: Pictures of the edge corpus by photographers of the training split.
        every: Thinning, for the page.
    """
    studio = np.array([photo.label == "studio" for photo in photos])
    parts = [
        page.made_by(NAME, every=every),
        (
            "Everything but the milliseconds and the memory repeats to the last digit. "
            "CPU time is one thread from the file to the verdicts of both models, the median; "
            "detail runs if either is in doubt. "
            f"Verdicts turn against those at {DEFAULT_PX} px, the default. "
            "A picture is never enlarged."
        ),
        "## Photograph set",
        page.sample_sentence(
            len(photos), int(studio.sum()), len({photo.group for photo in photos}), every=every
        )
        + f" Their long sides end at {int(sample.long_sides_px.max())} px, so 768 and 1024 px "
        "are the original size here.",
        _accuracy_table(sample, studio),
    ]
    if large:
        together = _together(large)
        parts += [
            "## Larger pictures",
            f"{len(together.long_sides_px)} pictures of the edge corpus beyond "
            f"{int(sample.long_sides_px.max())} px: "
            + ", ".join(f"{len(one.long_sides_px)} of `{name}`" for name, one in large.items())
            + f"; the largest has {int(together.long_sides_px.max()):,} px. "
            f"{fitted} are by photographers of the training split, other pictures of whom the "
            "models were fitted on. "
            "Where a size exceeds a picture, it is measured as it comes.",
            _large_table(together, large.get(LARGE_FOLDERS[0]), peaks_mb),
            (
                f"CPU time: pictures of `{LARGE_FOLDERS[0]}` alone. "
                "Peak memory: a process that judges a small grey picture and then the largest "
                "one; interpreter, libraries and decoding included."
            ),
            f"## Verdicts of the original size kept at {DEFAULT_PX} px",
            _kept_table(large, together),
            _goal_sentence(together),
        ]
    parts.append("## Accuracy and turned verdicts")
    svg = svg_file(
        partial(_draw, sample, studio, _together(large) if large else None),
        size_inches=(7.4, 3.4),
        panels=2,
    )
    page.write_page(folder, NAME, title="Working size", parts=parts, svg=svg)


def _together(large: Mapping[str, Sample]) -> Sample:
    return Sample(
        long_sides_px=np.concatenate([one.long_sides_px for one in large.values()]),
        confidence=np.concatenate([one.confidence for one in large.values()]),
        cpu_ms=np.concatenate([one.cpu_ms for one in large.values()]),
    )


def _name(size_px: int) -> str:
    return "original" if size_px == ORIGINAL_PX else f"{size_px}"


def _accuracy_table(sample: Sample, studio: Bools) -> str:
    own_px = int(sample.long_sides_px.max())
    head = ["long side, px"]
    for model in MODELS:
        head += [f"`{model}`: AUC", "balanced accuracy", "turned", "mean change"]
    rows = []
    for at, size_px in enumerate(SIZES_PX):
        if own_px <= size_px < ORIGINAL_PX:
            continue
        row = [_name(size_px)]
        for column in range(len(MODELS)):
            confidence = sample.confidence[:, at, column]
            row += [
                page.number(metrics.auc(studio, confidence), 4),
                page.number(metrics.balanced_accuracy(studio, confidence), 4),
                page.percent(float(sample.turned(column, size_px).mean())),
                page.number(sample.mean_change(column, size_px), 4),
            ]
        rows.append((*row, page.number(median(sample.cpu_ms[:, at]), 0)))
    return page.table((*head, "CPU ms"), rows)


def _large_table(together: Sample, timed: Sample | None, peaks_mb: Sequence[float | None]) -> str:
    head = ["long side, px"]
    for model in MODELS:
        head += [f"`{model}`: turned", "mean change"]
    rows = []
    for at, size_px in enumerate(SIZES_PX):
        row = [_name(size_px)]
        for column in range(len(MODELS)):
            turned = together.turned(column, size_px)
            row += [
                f"{int(turned.sum())} of {turned.size}",
                page.number(together.mean_change(column, size_px), 4),
            ]
        row += [
            "-" if timed is None else page.number(median(timed.cpu_ms[:, at]), 0),
            page.number(peaks_mb[at], 0) if peaks_mb else "-",
        ]
        rows.append(row)
    return page.table((*head, "CPU ms", "peak memory, MB"), rows)


def _kept(sample: Sample, model: int) -> tuple[int, int]:
    turned = sample.turned(model, ORIGINAL_PX)
    return int((~turned).sum()), turned.size


def _kept_table(large: Mapping[str, Sample], together: Sample) -> str:
    rows = []
    for name, sample in (*large.items(), ("all", together)):
        cells = []
        for column in range(len(MODELS)):
            kept, count = _kept(sample, column)
            low, high = kept_interval(kept, count)
            cells += [
                f"{kept} of {count}",
                page.percent(kept / count),
                f"{100 * low:.1f} to {100 * high:.1f} %",
            ]
        rows.append((name, *cells))
    head = [cell for model in MODELS for cell in (f"`{model}`: kept", "share", "95 %")]
    return page.table(("pictures", *head), rows)


def _goal_sentence(together: Sample) -> str:
    kept, count = _kept(together, 0)
    low, _ = kept_interval(kept, count)
    reached = "reached" if kept >= GOAL * count else "missed"
    proof = (
        "and the interval confirms it"
        if low >= GOAL
        else "but so few pictures cannot prove it: the interval reaches below"
    )
    if reached == "missed":
        proof = "and the pictures are few"
    return (
        f"Goal: {DEFAULT_PX} px keeps at least {page.percent(GOAL, 0)} of the verdicts of the "
        f"original size: **{reached}** by `{MODELS[0]}` on these pictures "
        f"({page.percent(kept / count)}), {proof}. "
        "Pictures of one series are alike, so the true interval is wider still."
    )


def _draw(sample: Sample, studio: Bools, large: Sample | None, panels: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
    places = range(len(SIZES_PX))
    for column, (model, colour) in enumerate(
        zip(MODELS, (STUDIO_COLOUR, NATURAL_COLOUR), strict=True)
    ):
        accuracy = [
            metrics.balanced_accuracy(studio, sample.confidence[:, at, column]) for at in places
        ]
        panels[0].plot(
            places,
            [100 * (value or 0.0) for value in accuracy],
            color=colour,
            marker=".",
            linewidth=1.2,
            label=model,
        )
        for part, style, name in ((sample, "-", "set"), (large, "--", "larger pictures")):
            if part is not None:
                panels[1].plot(
                    places,
                    [100 * part.turned(column, size).mean() for size in SIZES_PX],
                    color=colour,
                    marker=".",
                    linewidth=1.2,
                    linestyle=style,
                    label=f"{model}, {name}",
                )
    panels[0].set(ylabel="balanced accuracy, %, photograph set")
    panels[1].set(ylabel=f"verdicts turned against {DEFAULT_PX} px, %")
    for axes in panels:
        axes.set_xticks(places, [_name(size) for size in SIZES_PX], rotation=45)
        axes.set(xlabel="long side, px")
        axes.legend()


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option(
    "--edge",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="STUDIO_EDGE",
    help="Edge corpus with larger pictures (or STUDIO_EDGE); without it, that part is left out.",
)
@output_option
@every_option
@workers_option
def main(folder: Path, edge: Path | None, output: Path, every: int, workers: int) -> None:
    """Judge at every size, write."""
    with plain_errors():
        photos = chosen_photos(folder, every=every)
        results = in_processes(measure, [photo.path for photo in photos], workers=workers)
        read = [(p, one) for p, one in zip(photos, results, strict=True) if one is not None]
        sample = Sample.of([one for _, one in read])
        found, paths = _large(edge, int(sample.long_sides_px.max()), workers)
        groups = fitted_groups(folder)
        write(
            output,
            [photo for photo, _ in read],
            sample,
            found,
            peak_memories_mb(paths[-1]) if paths else (),
            fitted=sum(by_one_of(path, groups) for path in paths),
            every=every,
        )
    click.echo(f"{NAME}.md and {NAME}.svg written")


def _large(edge: Path | None, above_px: int, workers: int) -> tuple[dict[str, Sample], list[Path]]:
    """Pictures of the edge corpus beyond a long side: results by folder, files by size."""
    files = {} if edge is None else large_pictures(edge)
    found: dict[str, Sample] = {}
    sides: dict[Path, int] = {}
    for name, paths in files.items():
        results = in_processes(measure, paths, workers=workers)
        kept = {
            path: one
            for path, one in zip(paths, results, strict=True)
            if one is not None and one.long_side_px > above_px
        }
        if kept:
            found[name] = Sample.of(list(kept.values()))
            sides |= {path: one.long_side_px for path, one in kept.items()}
    return found, sorted(sides, key=lambda path: (sides[path], path.name))


if __name__ == "__main__":
    main()
