"""Does it hold elsewhere: fit without a region, a camera maker or the latest years, judge there.

::

    python -m studio_detector.learning.transfer --across region

Each row fits the additive form on all measures without the photographs named and without their
groups, and judges them. Beside it stands what ordinary cross-validation over groups says about the
same photographs, where their like was seen in the fit: what lies between the two is lost on the
way there. Everything happens inside the training split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import click

from studio_detector.learning import metrics
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.compare import additive, out_of_fold
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import SMALLEST_SLICE
from studio_detector.learning.judged import FITTING_SPLIT, Labelled
from studio_detector.learning.select import Examples
from studio_detector.learning.splits import folds_by_value, folds_by_year, grouped_folds
from studio_detector.learning.train import HEAD_PHASES, TrainingPlan, model_inputs
from studio_detector.reporting.grid import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.splits import ValueFold

Across: TypeAlias = Literal["region", "make", "year"]
_HEADER = ("held out", "studio", "natural", "AUC there", "AUC otherwise", "balanced", "otherwise")
# Shares of the dated photographs after which the past ends.
_CUTS = (0.5, 0.75)


def transfer_folds(photos: Sequence[Photo], across: Across) -> tuple[ValueFold, ...]:
    """What is held out, one after the other.

    Args:
        photos: Photographs of the training split.
        across: "region" or "make" for every value with enough photographs, "year" for the
            later half and the last quarter of the dated ones.
    """
    groups = [photo.group for photo in photos]
    if across == "year":
        years = [photo.year for photo in photos]
        dated = sorted(filter(None, years))
        cuts = dict.fromkeys(dated[int(share * len(dated))] for share in _CUTS if dated)
        return folds_by_year(groups, years, first_years=tuple(cuts))
    values = [photo.region if across == "region" else photo.make for photo in photos]
    return folds_by_value(groups, values, fewest=2 * SMALLEST_SLICE)


def transfer_rows(
    examples: Examples, held_out: Sequence[ValueFold], *, folds: int, seed: int
) -> list[tuple[str, ...]]:
    """One line for each part held out, of figures there and under ordinary cross-validation."""
    otherwise = out_of_fold(
        examples,
        additive,
        grouped_folds(examples.groups, examples.studio.tolist(), folds=folds, seed=seed),
    )
    rows = []
    for part in held_out:
        inside = part.fold.held_out
        studio = examples.studio[inside]
        there = additive(examples.rows(part.fold.fit), examples.matrix[inside])
        figures = [
            score(studio, confidence)
            for score in (metrics.auc, metrics.balanced_accuracy)
            for confidence in (there, otherwise[inside])
        ]
        counts = (str(int(studio.sum())), str(int((~studio).sum())))
        rows.append((part.name, *counts, *("-" if f is None else f"{f:.3f}" for f in figures)))
    return rows


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option(
    "--across",
    type=click.Choice(get_args(Across)),
    default="region",
    show_default=True,
    help="What is held out.",
)
@cache_option
def main(folder: Path, across: Across, cache: Path) -> None:
    """Judge the additive form where its like was not seen in the fit."""
    plan = TrainingPlan()
    with plain_errors():
        photos = read_dataset(folder).decided().split(FITTING_SPLIT).photos
        judged = Labelled.of(photos, measure_photos(photos, cache=cache)).require("the split")
        keys = model_inputs(built_in_registry(), HEAD_PHASES["full"])
        examples = Examples(
            keys=keys,
            matrix=judged.table.columns(keys),
            studio=judged.studio,
            groups=judged.groups,
        )
        held_out = transfer_folds(judged.photos, across)
        rows = transfer_rows(examples, held_out, folds=plan.folds, seed=plan.seed)
    click.echo(aligned(_HEADER, rows), nl=False)


if __name__ == "__main__":
    main()
