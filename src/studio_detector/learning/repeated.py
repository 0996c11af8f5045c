"""Cross-validate the stacked model several times, each time with other folds.

::

    python -m studio_detector.learning.repeated --photos FOLDER

One division into folds flatters or slanders by chance. Here the network, the cues and their
stack are judged on every division that ``network/oof.csv`` and ``network/repeats.csv`` hold; in
each, no fitted part has seen the groups it is judged on. Only the choice of the cues' measures
and penalties, made once on the same photographs, flatters a little.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import numpy as np

from studio_detector.decision.shipped import load_model
from studio_detector.errors import ConfigError
from studio_detector.learning.card import rounded
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import PREVALENCE, SCORES
from studio_detector.learning.metrics import weights_at_prevalence
from studio_detector.learning.solver import probabilities
from studio_detector.learning.stack import OUT_OF_FOLD, OutOfFold, read_out_of_fold, stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable

    Figures = dict[str, float]

#: Logits of the divisions after the first.
REPEATS = OUT_OF_FOLD.with_name("repeats.csv")
#: Where the figures are kept.
KEPT = Path("docs/figures/repeated.json")
#: Figures that are kept of each division.
KEPT_SCORES = ("AUC", "balanced accuracy", "log loss", "calibration error")


def read_repeats(path: Path, names: Sequence[str]) -> tuple[OutOfFold, ...]:
    """Read the logits of the further divisions.

    Args:
        path: CSV file with the columns ``file`` and, from 1 on, ``fold_N`` and ``logit_N``.
        names: Pictures wanted.

    Returns:
        One table for each division, pictures in the order of ``names``.

    Raises:
        ConfigError: ``config_invalid_value`` if the file lacks a picture.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    absent = [name for name in names if name not in rows]
    if absent or not rows:
        raise ConfigError(
            f"{path} lacks {len(absent)} pictures, for instance {absent[:1]}; "
            "make it anew with the scripts in network/",
            code="config_invalid_value",
        )
    numbers = [key.removeprefix("fold_") for key in next(iter(rows.values())) if "fold_" in key]
    return tuple(
        OutOfFold(
            logits=np.array([float(rows[name][f"logit_{number}"]) for name in names]),
            folds=np.array([int(rows[name][f"fold_{number}"]) for name in names], dtype=np.intp),
            digest="",
        )
        for number in numbers
    )


def repeated_figures(
    cues: Model,
    photos: Sequence[Photo],
    table: MeasurementTable,
    registry: Registry,
    divisions: Sequence[OutOfFold],
) -> Iterator[Mapping[str, Figures]]:
    """Judge the network alone and the stack on each division.

    Args:
        cues: Model of the cues; its measures and penalties are kept.
        photos: Training photographs, decided ones only.
        table: Their measurements, in the same order.
        registry: The analyses measured.
        divisions: The network's logits and folds, one table for each division.

    Yields:
        For each division, the figures `KEPT_SCORES` of ``network`` (uncalibrated) and ``full``.
    """
    studio = np.array([photo.label == "studio" for photo in photos])
    even = weights_at_prevalence(studio, PREVALENCE)
    for division in divisions:
        alone = probabilities(division.logits)
        network = {
            name: rounded(value)
            for name, score in SCORES
            if name in KEPT_SCORES and (value := score(studio, alone, even)) is not None
        }
        model = stack(cues, photos, table, registry, division)
        card = cast("dict[str, Figures]", model.card["cross_validation"])
        yield {"network": network, "full": {name: card["auto"][name] for name in KEPT_SCORES}}


def summary(divisions: Sequence[Mapping[str, Figures]]) -> dict[str, object]:
    """Mean, least and most of every figure, and all of them."""
    models = {
        model: {
            name: {
                "mean": rounded(float(np.mean(values))),
                "least": min(values),
                "most": max(values),
            }
            for name in figures
            if (values := [division[model][name] for division in divisions])
        }
        for model, figures in divisions[0].items()
    }
    return {"repeats": len(divisions), **models, "divisions": list(divisions)}


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option("--output", type=click.Path(path_type=Path), default=KEPT, show_default=True)
@cache_option
def main(folder: Path, output: Path, cache: Path) -> None:
    """Cross-validate the stacked model several times."""
    with plain_errors():
        photos = read_dataset(folder).decided().split("train").photos
        table = measure_photos(photos, cache=cache)
        photos = tuple(photo for photo in photos if photo.name not in table.failures)
        names = [photo.name for photo in photos]
        divisions = (read_out_of_fold(OUT_OF_FOLD, names), *read_repeats(REPEATS, names))
        found = summary(
            list(
                repeated_figures(
                    load_model("cues"), photos, table.of(names), built_in_registry(), divisions
                )
            )
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps({key: found[key] for key in ("repeats", "network", "full")}, indent=1))


if __name__ == "__main__":
    main()
