"""Judge a model on one split of a labelled set, beside the shortcut probe.

::

    python -m studio_detector.learning.evaluate --split test --model cues
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from studio_detector.decision.shipped import load_model
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import CACHE, WORKERS, built_in_registry, measure_photos
from studio_detector.learning.figures import (
    Figure,
    Judged,
    phase_figures,
    score_figures,
    slice_figures,
)
from studio_detector.learning.predict import predict
from studio_detector.learning.shortcut import fit_shortcut, shortcut_facts
from studio_detector.learning.solver import probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Dataset, Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a model does on one split.

    Attributes:
        model: Identity of the model.
        split: Name of the split.
        photographs: Number judged.
        studio: Number of them that are studio.
        failed: Number that could not be analysed.
        groups: Number of groups.
        figures: The model's figures.
        shortcut: Figures of the probe that sees size, aspect and file size alone.
    """

    model: str
    split: str
    photographs: int
    studio: int
    failed: int
    groups: int
    figures: tuple[Figure, ...]
    shortcut: tuple[Figure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def text(self) -> str:
        """A table for people; intervals are 95 %, over groups."""
        head = (
            f"{self.model} on split {self.split}: {self.photographs} photographs "
            f"({self.studio} studio) of {self.groups} groups, {self.failed} failed"
        )
        probe = "size, aspect and file size alone (fitted on train):"
        return "\n".join([head, *map(str, self.figures), "", probe, *map(str, self.shortcut)])


def evaluate(
    dataset: Dataset,
    model: Model,
    *,
    split: str = "test",
    cache: Path | None = CACHE,
    workers: int = WORKERS,
    resamples: int = 1000,
) -> Evaluation:
    """Judge a model on the decided photographs of one split.

    Args:
        dataset: The set; its split ``train`` fits the shortcut probe.
        model: The model.
        split: What to judge on.
        cache: Folder of the measurements; None for none.
        workers: Processes that measure.
        resamples: Bootstrap samples of each interval.

    Returns:
        The figures.

    Raises:
        ConfigError: ``config_invalid_value`` if the set has no such split.
        ModelError: ``model_invalid`` if the model was made for other analyses.
    """
    registry = built_in_registry()
    specs = [analysis.SPEC for analysis in registry]
    model.check_analyses(specs)
    judged_photos = dataset.decided().split(split).photos
    fitting_photos = dataset.decided().split("train").photos
    wanted = {photo.name: photo for photo in (*judged_photos, *fitting_photos)}
    table = measure_photos(tuple(wanted.values()), cache=cache, workers=workers)

    photos = [photo for photo in judged_photos if photo.name not in table.failures]
    measured = table.of([photo.name for photo in photos])
    judged = judge(photos)
    predictions = predict(model, measured, specs)

    probe_photos = [photo for photo in fitting_photos if photo.name not in table.failures]
    probe = fit_shortcut(
        table.of([photo.name for photo in probe_photos]),
        judge(probe_photos).studio,
        [photo.group for photo in probe_photos],
    )
    guess = probabilities(probe.logits(shortcut_facts(measured)))
    return Evaluation(
        model=model.identity,
        split=split,
        photographs=len(photos),
        studio=int(judged.studio.sum()),
        failed=len(judged_photos) - len(photos),
        groups=len(set(judged.groups)),
        figures=(
            *score_figures(judged, predictions.confidence, resamples=resamples),
            *slice_figures(judged, predictions.confidence, resamples=resamples),
            *phase_figures(judged, predictions, resamples=resamples),
        ),
        shortcut=tuple(score_figures(judged, guess, resamples=resamples)[:3]),
    )


def judge(photos: Sequence[Photo]) -> Judged:
    """Truth, groups and slices (hard, easy and each genre) of photographs."""
    genres = np.array([photo.genre for photo in photos])
    hard = np.array([photo.hard for photo in photos])
    return Judged(
        studio=np.array([photo.label == "studio" for photo in photos]),
        groups=tuple(photo.group for photo in photos),
        slices={"hard": hard, "easy": ~hard}
        | {genre: genres == genre for genre in sorted(set(genres.tolist()) - {""})},
    )


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option("--split", default="test", show_default=True, help="What to judge on.")
@click.option("--model", default="cues", show_default=True, help="Shipped model, or a file.")
@cache_option
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
def main(folder: Path, split: str, model: str, cache: Path, *, as_json: bool) -> None:
    """Judge a model on one split of a labelled set, beside the shortcut probe."""
    with plain_errors():
        result = evaluate(read_dataset(folder), load_model(model), split=split, cache=cache)
    click.echo(json.dumps(result.to_dict()) if as_json else result.text())


if __name__ == "__main__":
    main()
