"""Fit the shipped additive model from the training split.

::

    python -m studio_detector.learning.train [--photos FOLDER] [--output FILE]

Nothing here looks at the test split: the measures, the penalties, the calibration and the
uncertain band all come from cross-validation over groups inside the training split.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click
import numpy as np

from studio_detector.decision import model_file
from studio_detector.decision.model import Model
from studio_detector.imaging import DECODE_VERSION
from studio_detector.learning.calibrate import calibrated, platt, uncertain_band
from studio_detector.learning.card import (
    cross_validation_card,
    reliability_card,
    rounded,
    training_set_card,
)
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.extras import optional
from studio_detector.learning.figures import PREVALENCE
from studio_detector.learning.fit import FitOptions, example_weights
from studio_detector.learning.predict import combine
from studio_detector.learning.select import (
    Examples,
    eliminate,
    elimination_curve,
    elimination_sizes,
)
from studio_detector.learning.splits import repeated_grouped_folds
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    import numpy.typing as npt

    from studio_detector.analysis.base import Phase
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Head
    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable
    from studio_detector.learning.splits import Fold

    Floats = npt.NDArray[np.float64]
    Progress = Callable[[str], None]

#: Where the shipped model lies in the source tree.
SHIPPED = Path(__file__).parents[1] / "decision" / "models" / "cues.json"
#: Head of a model -> phases whose measures it reads.
HEAD_PHASES: Mapping[str, tuple[Phase, ...]] = MappingProxyType(
    {"lighting": ("lighting",), "full": ("lighting", "detail")}
)
#: Combinations tried with all measures; the best goes into the elimination.
GRID = tuple(
    FitOptions(smoothness=10.0, shrinkage=shrinkage, group_power=power)
    for power in (0.0, 0.5)
    for shrinkage in (10.0, 20.0, 40.0)
)
#: Standard errors of log loss that a smaller number of measures may cost: the one-standard-error
#: rule of Breiman et al., "Classification and Regression Trees", 1984.
ALLOWED_ERRORS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How the fit is done; the defaults make the shipped model.

    Attributes:
        name: Name of the model.
        version: Its version.
        folds: Parts of a division.
        repeats: Divisions of the cross-validation.
        seed: Seed of the divisions.
        grid: Options to choose from.
    """

    name: str = "cues"
    version: str = "1"
    folds: int = 5
    repeats: int = 2
    seed: int = 7
    grid: tuple[FitOptions, ...] = GRID


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _FittedHead:
    head: Head
    options: FitOptions
    candidates: int
    confidence: Floats  # (repeats, examples), out of fold


def train(
    photos: Sequence[Photo],
    table: MeasurementTable,
    registry: Registry,
    *,
    plan: TrainingPlan | None = None,
    progress: Progress = lambda _: None,
) -> Model:
    """Fit both heads of a model.

    Args:
        photos: Training photographs, decided ones only.
        table: Their measurements, one row each, in the same order.
        registry: The analyses measured.
        plan: How; None for the way the shipped model is made.
        progress: Told what is being done.

    Returns:
        The model with its digest. Equal arguments give an equal model.

    Raises:
        ModelError: ``model_invalid`` if the measurements do not tell the classes apart.
        ConfigError: ``config_invalid_value`` if there are fewer groups than folds.
    """
    plan = plan or TrainingPlan()
    studio = np.array([photo.label == "studio" for photo in photos])
    groups = tuple(photo.group for photo in photos)
    divisions = repeated_grouped_folds(
        groups, studio.tolist(), folds=plan.folds, repeats=plan.repeats, seed=plan.seed
    )

    def fitted(name: str, phases: Sequence[Phase]) -> _FittedHead:
        keys = model_inputs(registry, phases)
        examples = Examples(keys=keys, matrix=table.columns(keys), studio=studio, groups=groups)
        return _fit_head(examples, divisions, plan, lambda text: progress(f"{name}: {text}"))

    # One thread: sums in one order, and no waiting for each other on a busy machine. SciPy brings
    # a library of its own, which has to be there before it can be told.
    optional("scipy.linalg", purpose="fitting models")
    with optional("threadpoolctl", purpose="fitting models").threadpool_limits(1):
        lighting, full = (fitted(name, phases) for name, phases in HEAD_PHASES.items())

    predictions = [
        combine(one, two, settings=Settings())
        for one, two in zip(lighting.confidence, full.confidence, strict=True)
    ]
    repeated = _repeated(studio, groups, plan.repeats, full.options)
    confidence = np.concatenate([p.confidence for p in predictions])
    band = uncertain_band(repeated[0], confidence, repeated[1])
    card = {
        "made_by": "python -m studio_detector.learning.train",
        "prevalence": PREVALENCE,
        "decode_version": DECODE_VERSION,
        "working_size_px": Settings().working_size_px,
        "training_set": training_set_card(photos, table),
        "cross_validation": {
            "folds": plan.folds,
            "repeats": plan.repeats,
            "seed": plan.seed,
            **cross_validation_card(studio, groups, predictions),
        },
        "reliability": reliability_card(studio, predictions[0].confidence),
        "uncertain_band": {
            "share_outside": rounded(band.coverage),
            "error_outside": rounded(band.risk),
        },
        "heads": {
            name: {
                **asdict(head.options),
                "measures_offered": head.candidates,
                "measures_kept": len(head.head.shapes),
            }
            for name, head in (("lighting", lighting), ("full", full))
        },
    }
    return model_file.sealed(
        Model(
            name=plan.name,
            version=plan.version,
            digest="",
            lighting=lighting.head,
            full=full.head,
            uncertain_low=band.low,
            uncertain_high=band.high,
            analyses={
                a.SPEC.name: a.SPEC.version for a in registry if a.SPEC.phase in HEAD_PHASES["full"]
            },
            card=card,
        )
    )


def model_inputs(registry: Registry, phases: Sequence[Phase]) -> tuple[str, ...]:
    """Full names of the measures a model may read, in running order.

    Measures that change sign in the mirror are left out: the mirror image of a photograph
    was lit by the same light, so its verdict must be the same.
    """
    return tuple(
        analysis.SPEC.key(measure)
        for analysis in registry
        for measure in analysis.SPEC.measures
        if analysis.SPEC.phase in phases and measure.mirror == "invariant"
    )


def _fit_head(
    examples: Examples,
    divisions: Sequence[Sequence[Fold]],
    plan: TrainingPlan,
    progress: Progress,
) -> _FittedHead:
    options = _best_options(examples, divisions, plan.grid, progress)
    curve = elimination_curve(examples, options, divisions, progress=progress)
    chosen = curve.smallest_good(ALLOWED_ERRORS)
    losses = zip(curve.sizes, curve.loss, curve.loss_error, strict=True)
    progress("; ".join(f"{size}: {loss:.4f} +- {error:.4f}" for size, loss, error in losses))
    sizes = curve.sizes[: chosen + 1]
    *_, fitted = eliminate(examples, options, sizes)
    out_of_fold = curve.logits[:, chosen]
    truth, weights = _repeated(examples.studio, examples.groups, plan.repeats, options)
    calibration = platt(out_of_fold.ravel(), truth, weights)
    progress(f"{len(fitted.terms)} of {len(examples.keys)} measures, {options}")
    return _FittedHead(
        head=replace(fitted.head(), calibration=calibration),
        options=options,
        candidates=len(examples.keys),
        confidence=np.stack([calibrated(calibration, row) for row in out_of_fold]),
    )


def _best_options(
    examples: Examples,
    divisions: Sequence[Sequence[Fold]],
    grid: Sequence[FitOptions],
    progress: Progress,
) -> FitOptions:
    # Judged with the same weights whatever the weights of the fit, or they could not be compared.
    weights = examples.weights(FitOptions())
    size = elimination_sizes(len(examples.keys))[:1]
    losses = []
    for options in grid if len(grid) > 1 else ():
        # One division is enough to choose between penalties whose losses differ by so little.
        curve = elimination_curve(examples, options, divisions[:1], sizes=size)
        logits = curve.logits[:, 0]
        loss = np.logaddexp(0, np.where(examples.studio, -logits, logits)).mean(axis=0)
        losses.append(float(loss @ weights / weights.sum()))
        progress(f"log loss {losses[-1]:.4f} with {options}")
    return grid[int(np.argmin(np.round(losses, 6)))] if losses else grid[0]


def _repeated(
    studio: npt.NDArray[np.bool_], groups: Sequence[Hashable], repeats: int, options: FitOptions
) -> tuple[npt.NDArray[np.bool_], Floats]:
    weights = example_weights(studio, groups, group_power=options.group_power)
    return np.tile(studio, repeats), np.tile(weights, repeats)


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option("--output", type=click.Path(path_type=Path), default=SHIPPED, help="Model file.")
@click.option("--name", default=TrainingPlan().name, help="Name of the model.")
@click.option("--version", "version_", default=TrainingPlan().version, help="Its version.")
@cache_option
def main(folder: Path, output: Path, name: str, version_: str, cache: Path) -> None:
    """Fit the shipped additive model from the training split."""
    with plain_errors():
        photos = read_dataset(folder).decided().split("train").photos
        table = measure_photos(photos, cache=cache, progress=_counted)
        photos = tuple(photo for photo in photos if photo.name not in table.failures)
        for photo_name, (code, message) in table.failures.items():
            click.echo(f"left out {photo_name}: {code}: {message}", err=True)
        model = train(
            photos,
            table.of([photo.name for photo in photos]),
            built_in_registry(),
            plan=TrainingPlan(name=name, version=version_),
            progress=lambda text: click.echo(text, err=True),
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(model_file.dumps(model), encoding="utf-8")
    click.echo(f"{model.identity} written to {output}")


def _counted(done: int, total: int) -> None:
    if done % 200 == 0 or done == total:
        click.echo(f"measured {done} of {total}", err=True)


if __name__ == "__main__":
    main()
