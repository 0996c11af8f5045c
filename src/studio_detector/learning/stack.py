"""Put the network and the cues together: one additive model with one calibrated confidence.

::

    python -m studio_detector.learning.stack --photos FOLDER --out-of-fold network/oof.csv

The network's logits on its own training pictures are far too sure, so they are never used.
What is used are its out-of-fold logits, each from a network that had not seen the picture's
group, and the cues' logits from the same folds. A logistic regression on these two numbers
gives the weights; the cues' shapes times their weight, and a straight line for the network,
are the shapes of the stacked model.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import numpy as np

from studio_detector.analysis.network import network as net
from studio_detector.analysis.network.engine import WEIGHTS
from studio_detector.decision import model_file
from studio_detector.decision.evidence import sigmoid
from studio_detector.decision.model import Head, Model, Shape
from studio_detector.decision.shipped import load_model
from studio_detector.errors import ConfigError
from studio_detector.learning.calibrate import uncertain_band
from studio_detector.learning.card import (
    cross_validation_card,
    reliability_card,
    rounded,
    training_set_card,
)
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.fit import LOG_ODDS_DECIMALS, FitOptions, example_weights, fit_terms
from studio_detector.learning.predict import combine
from studio_detector.learning.select import Examples
from studio_detector.learning.solver import fit_logistic
from studio_detector.learning.train import HEAD_PHASES, SHIPPED, model_inputs
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.analysis.registry import Registry
    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Folds = npt.NDArray[np.intp]

#: Where the stacked model lies in the source tree.
SHIPPED_STACK = SHIPPED.with_name("full.json")
#: Out-of-fold logits in the source tree.
OUT_OF_FOLD = Path("network/oof.csv")
#: Full name of the network's measure.
NETWORK_KEY = net.SPEC.key(net.SPEC.measures[0])
#: Share of errors aimed at outside the uncertain band; smaller than for the cues alone, because
#: the stacked model has more to give up before the band swallows sure verdicts.
BAND_ERROR = 0.03
# The network's line ends here; out of fold, no logit lies beyond.
_NETWORK_REACH = 8.0
_ALL_EXAMPLES = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutOfFold:
    """Logits of networks that had not seen the group of the picture.

    Attributes:
        logits: float64 (pictures,).
        folds: Fold of each picture, int (pictures,).
        digest: SHA-256 of the file they come from.
    """

    logits: Floats
    folds: Folds
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stacked:
    head: Head
    confidence: Floats
    weights: tuple[float, float, float]  # offset, network, cues


def read_out_of_fold(path: Path, names: Sequence[str]) -> OutOfFold:
    """Read the logits of pictures by name.

    Args:
        path: CSV file with the columns ``file``, ``fold`` and ``logit``.
        names: Pictures wanted.

    Returns:
        Their logits, in the order of ``names``.

    Raises:
        ConfigError: ``config_invalid_value`` if the file lacks a picture.
    """
    data = path.read_bytes()
    rows = {row["file"]: row for row in csv.DictReader(data.decode("utf-8").splitlines())}
    absent = [name for name in names if name not in rows]
    if absent:
        raise ConfigError(
            f"{path} has no out-of-fold logit of {len(absent)} pictures, for instance "
            f"{absent[0]!r}; make it anew with the scripts in network/",
            code="config_invalid_value",
        )
    return OutOfFold(
        logits=np.array([float(rows[name]["logit"]) for name in names]),
        folds=np.array([int(rows[name]["fold"]) for name in names], dtype=np.intp),
        digest=hashlib.sha256(data).hexdigest(),
    )


def cue_logits(cues: Model, name: str, examples: Examples, network: OutOfFold) -> Floats:
    """Out-of-fold logits of the cues in the network's folds, float64 (pictures,).

    Args:
        cues: Model of the cues; its penalties and measures are kept.
        name: Head: "lighting" or "full".
        examples: All pictures.
        network: Folds of the same pictures, in the same order.
    """
    heads = cast("dict[str, dict[str, float]]", cues.card["heads"])
    options = FitOptions(**{field.name: heads[name][field.name] for field in fields(FitOptions)})  # type: ignore[arg-type]
    keep = frozenset(shape.measure for shape in getattr(cues, name).shapes)
    logits = np.empty(examples.studio.size)
    for fold in sorted(set(network.folds.tolist())):
        part = examples.rows(np.flatnonzero(network.folds != fold))
        held_out = network.folds == fold
        fitted = fit_terms(
            part.keys,
            part.matrix,
            part.studio,
            part.weights(options),
            options=options,
            keep=keep,
        )
        logits[held_out] = fitted.logits(examples.matrix[held_out])
    return logits


def stack(
    cues: Model,
    photos: Sequence[Photo],
    table: MeasurementTable,
    registry: Registry,
    network: OutOfFold,
) -> Model:
    """Stack the cues' model and the network.

    Args:
        cues: Model of the cues, fitted on the same pictures.
        photos: Training photographs, decided ones only.
        table: Their measurements, one row each, in the same order.
        registry: The analyses measured.
        network: Out-of-fold logits of the same pictures, in the same order.

    Returns:
        The model ``full`` with its digest. Equal arguments give an equal model.

    Raises:
        ModelError: ``model_invalid`` if a weight points the wrong way.
    """
    studio = np.array([photo.label == "studio" for photo in photos])
    groups = tuple(photo.group for photo in photos)
    weights = example_weights(studio, groups, group_power=0.0)
    stacked = {}
    for name, phases in HEAD_PHASES.items():
        keys = model_inputs(registry, phases)
        examples = Examples(keys=keys, matrix=table.columns(keys), studio=studio, groups=groups)
        logits = cue_logits(cues, name, examples, network)
        stacked[name] = _stacked(getattr(cues, name), network, logits, studio, weights)

    predictions = combine(
        stacked["lighting"].confidence, stacked["full"].confidence, settings=Settings()
    )
    band = uncertain_band(studio, predictions.confidence, weights, error=BAND_ERROR)
    card = {
        "made_by": "python -m studio_detector.learning.stack",
        "cues": cues.identity,
        "network": {
            "weights": WEIGHTS,
            "out_of_fold_sha256": network.digest,
        },
        "training_set": training_set_card(photos, table),
        "cross_validation": {
            "folds": len(set(network.folds.tolist())),
            "repeats": 1,
            **cross_validation_card(studio, groups, [predictions]),
        },
        "reliability": reliability_card(studio, predictions.confidence),
        "uncertain_band": {
            "share_outside": rounded(band.coverage),
            "error_outside": rounded(band.risk),
        },
        "heads": {
            name: dict(zip(("offset", "network", "cues"), map(rounded, part.weights), strict=True))
            for name, part in stacked.items()
        },
    }
    return model_file.sealed(
        Model(
            name="full",
            version=cues.version,
            digest="",
            lighting=stacked["lighting"].head,
            full=stacked["full"].head,
            uncertain_low=band.low,
            uncertain_high=band.high,
            analyses={a.SPEC.name: a.SPEC.version for a in registry},
            card=card,
        )
    )


def _stacked(
    head: Head, network: OutOfFold, cue_logits: Floats, studio: Bools, weights: Floats
) -> _Stacked:
    design = np.stack([np.ones(studio.size), network.logits, cue_logits], axis=1)
    confidence = np.empty(studio.size)
    for fold in (*sorted(set(network.folds.tolist())), _ALL_EXAMPLES):
        fit = network.folds != fold
        found = fit_logistic(design[fit], studio[fit], weights[fit], np.zeros((3, 3)))
        confidence[~fit] = [sigmoid(logit) for logit in (design[~fit] @ found).tolist()]
    offset, slope, share = (float(number) for number in found)
    line = round(_NETWORK_REACH * slope, LOG_ODDS_DECIMALS)
    shapes = [
        Shape(
            measure=NETWORK_KEY,
            knots=(-_NETWORK_REACH, _NETWORK_REACH),
            log_odds=(-line, line),
        )
    ]
    shapes += [
        replace(
            shape,
            log_odds=tuple(round(share * v, LOG_ODDS_DECIMALS) + 0.0 for v in shape.log_odds),
            missing=round(share * shape.missing, LOG_ODDS_DECIMALS) + 0.0,
        )
        for shape in head.shapes
    ]
    intercept = round(offset + share * head.intercept, LOG_ODDS_DECIMALS)
    return _Stacked(
        head=Head(intercept=intercept, shapes=tuple(shapes)),
        confidence=confidence,
        weights=(offset, slope, share),
    )


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option(
    "--out-of-fold",
    type=click.Path(path_type=Path, exists=True),
    default=OUT_OF_FOLD,
    show_default=True,
    help="Out-of-fold logits of the network.",
)
@click.option("--cues", default="cues", show_default=True, help="Shipped model, or a file.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=SHIPPED_STACK, help="Model file."
)
@cache_option
def main(folder: Path, out_of_fold: Path, cues: str, output: Path, cache: Path) -> None:
    """Put the network and the cues together."""
    with plain_errors():
        photos = read_dataset(folder).decided().split("train").photos
        table = measure_photos(photos, cache=cache)
        photos = tuple(photo for photo in photos if photo.name not in table.failures)
        names = [photo.name for photo in photos]
        model = stack(
            load_model(cues),
            photos,
            table.of(names),
            built_in_registry(),
            read_out_of_fold(out_of_fold, names),
        )
    output.write_text(model_file.dumps(model), encoding="utf-8")
    click.echo(f"{model.identity} written to {output}")


if __name__ == "__main__":
    main()
