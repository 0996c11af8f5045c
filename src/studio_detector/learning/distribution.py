"""Write down how measurements and confidences are spread over the training photographs.

::

    python -m studio_detector.learning.distribution --photos FOLDER [--model NAME]

A service compares the photographs it is sent with these (`studio_detector.decision.drift`). Only
the training split is looked at. On its own training pictures the network would look far too sure,
so its logits, and the confidences that rest on them, are out of fold.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from studio_detector.decision.distribution import Bins, Distribution, dumps, path_beside
from studio_detector.decision.shipped import is_file, load_model
from studio_detector.learning.card import training_set_card
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.judged import FITTING_SPLIT, Labelled
from studio_detector.learning.predict import predict
from studio_detector.learning.stack import NETWORK_KEY, OUT_OF_FOLD, read_out_of_fold
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Model

    Floats = npt.NDArray[np.float64]

#: Where the distributions of shipped models lie in the source tree.
SHIPPED_DISTRIBUTIONS = Path(__file__).parents[1] / "decision" / "distributions"
#: Bins that values are divided into, where there are enough of them and they differ.
BINS = 10
#: Photographs that a bin holds at least: chance among them then adds less than a twentieth to an
#: index, on average.
FEWEST_IN_BIN = 20
# What differs by less was computed otherwise, and is the same.
_SAME = 1e-9
_SIGNIFICANT_DIGITS = 6


def bins_of(values: Floats) -> Bins:
    """Divide values into bins of about a tenth each, or into fewer where they are few.

    A value that many photographs have, as a count of nothing or a full scale, gets a bin of its
    own: otherwise photographs beyond it could go unnoticed.

    Args:
        values: float64, NaN where missing; at least one.
    """
    known = np.sort(values[~np.isnan(values)])
    edges: set[float] = set()
    if known.size:
        bins = min(BINS, max(2, known.size // FEWEST_IN_BIN))
        shares = np.arange(1, bins) / bins
        for edge in np.unique(np.quantile(known, shares, method="inverted_cdf")).tolist():
            margin = _SAME * max(1.0, abs(edge))
            low, high = np.searchsorted(known, (edge - margin, edge + margin))
            if (high - low) * bins >= known.size:
                edges |= {edge - margin, edge + margin}
            else:
                edges.add(float(f"{edge:.{_SIGNIFICANT_DIGITS}g}"))
    rising = sorted(edges)
    places = np.searchsorted(rising, known, side="left")
    return Bins(
        edges=tuple(rising),
        counts=tuple(np.bincount(places, minlength=len(rising) + 1).tolist()),
        missing=int(values.size - known.size),
    )


def distribution_of(
    model: Model,
    labelled: Labelled,
    registry: Registry,
    *,
    settings: Settings | None = None,
) -> Distribution:
    """The distribution of a model's training photographs.

    Args:
        model: The model.
        labelled: The photographs, measured in all phases.
        registry: The analyses they were measured by.
        settings: Policy of the phases; None for the defaults.
    """
    settings = settings or Settings()
    table = labelled.table
    found = predict(model, table, [a.SPEC for a in registry], settings=settings)
    is_in_doubt = ~found.settled
    measures: dict[str, Bins] = {}
    in_doubt: dict[str, Bins] = {}
    for analysis in registry:
        keys = [analysis.SPEC.key(measure) for measure in analysis.SPEC.measures]
        columns = table.columns(keys)
        if analysis.SPEC.phase != "detail":
            measures |= {key: bins_of(column) for key, column in zip(keys, columns.T, strict=True)}
        elif is_in_doubt.any():
            columns = columns[is_in_doubt]
            in_doubt |= {key: bins_of(column) for key, column in zip(keys, columns.T, strict=True)}
    return Distribution(
        model=model.identity,
        doubt=(settings.doubt_low, settings.doubt_high),
        confidence=bins_of(found.confidence),
        measures=measures,
        in_doubt=in_doubt,
        card={
            "made_by": "python -m studio_detector.learning.distribution",
            "training_set": training_set_card(labelled.photos, table)
            | {"in_doubt": int(is_in_doubt.sum())},
        },
    )


def with_logits(labelled: Labelled, logits: Floats) -> Labelled:
    """The same photographs with other logits of the network, float64 in their order."""
    table = labelled.table
    values = table.values.copy()
    values[:, table.keys.index(NETWORK_KEY)] = logits
    values.setflags(write=False)
    return replace(labelled, table=replace(table, values=values))


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option("--model", default=Settings().model, show_default=True, help="A model, or a file.")
@click.option(
    "--out-of-fold",
    type=click.Path(path_type=Path, exists=True),
    default=OUT_OF_FOLD,
    show_default=True,
    help="Out-of-fold logits of the network.",
)
@click.option(
    "--unseen",
    is_flag=True,
    help="Take the network's own logits: it was not trained on these photographs.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to; default beside the model."
)
@cache_option
def main(
    folder: Path, model: str, out_of_fold: Path, output: Path | None, cache: Path, *, unseen: bool
) -> None:
    """Write down how everything is spread over the training photographs."""
    with plain_errors():
        photos = read_dataset(folder).decided().split(FITTING_SPLIT).photos
        labelled = Labelled.of(photos, measure_photos(photos, cache=cache)).require("the split")
        if not unseen:
            names = [photo.name for photo in labelled.photos]
            labelled = with_logits(labelled, read_out_of_fold(out_of_fold, names).logits)
        found = distribution_of(load_model(model), labelled, built_in_registry())
    path = output or _beside(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(found), encoding="utf-8")
    click.echo(f"the distribution of {found.model} written to {path}")


def _beside(model: str) -> Path:
    return path_beside(Path(model)) if is_file(model) else SHIPPED_DISTRIBUTIONS / f"{model}.json"


if __name__ == "__main__":
    main()
