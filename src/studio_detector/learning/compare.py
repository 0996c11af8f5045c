"""What the additive form costs: other learners on the same measurements and folds.

::

    python -m studio_detector.learning.compare [--photos FOLDER]

The rivals are never shipped: a linear model cannot bend, boosted trees cannot be read. Their
distance from the additive model says what its form gives away, or gains. Everything happens
inside the training split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.extras import optional
from studio_detector.learning.figures import PREVALENCE, SCORES
from studio_detector.learning.fit import FitOptions, fit_terms
from studio_detector.learning.metrics import weights_at_prevalence
from studio_detector.learning.select import Examples
from studio_detector.learning.solver import probabilities
from studio_detector.learning.splits import grouped_folds
from studio_detector.learning.train import HEAD_PHASES, TrainingPlan, model_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from studio_detector.learning.splits import Fold

    Floats = npt.NDArray[np.float64]
    #: Examples to fit on and a matrix to judge -> P(studio) of its rows.
    Learner = Callable[[Examples, Floats], Floats]

#: Figures shown, of those in `SCORES`.
_SHOWN = ("AUC", "balanced accuracy", "log loss", "calibration error")


def additive(examples: Examples, held_out: Floats) -> Floats:
    """The additive model on all measures, before elimination and calibration."""
    options = FitOptions(smoothness=10.0, shrinkage=30.0)
    fitted = fit_terms(
        examples.keys,
        examples.matrix,
        examples.studio,
        examples.weights(options),
        options=options,
    )
    return probabilities(fitted.logits(held_out))


def linear(examples: Examples, held_out: Floats) -> Floats:
    """Logistic regression on standardised measures; missing ones take the median, marked."""
    learner = optional("sklearn.pipeline", purpose="comparing learners").make_pipeline(
        optional("sklearn.impute", purpose="comparing learners").SimpleImputer(
            strategy="median", add_indicator=True
        ),
        optional("sklearn.preprocessing", purpose="comparing learners").StandardScaler(),
        optional("sklearn.linear_model", purpose="comparing learners").LogisticRegression(
            C=0.01, max_iter=2000
        ),
    )
    weights = examples.weights(FitOptions())
    learner.fit(examples.matrix, examples.studio, logisticregression__sample_weight=weights)
    return _studio_column(learner, held_out)


def boosted_trees(examples: Examples, held_out: Floats) -> Floats:
    """Histogram gradient boosting, which finds bends and interactions by itself."""
    learner = optional(
        "sklearn.ensemble", purpose="comparing learners"
    ).HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_features=0.3,
        early_stopping=False,
        random_state=0,
    )
    weights = examples.weights(FitOptions())
    learner.fit(examples.matrix, examples.studio, sample_weight=weights)
    return _studio_column(learner, held_out)


#: Name -> learner.
LEARNERS: dict[str, Learner] = {
    "additive": additive,
    "linear": linear,
    "boosted trees": boosted_trees,
}


def out_of_fold(examples: Examples, learner: Learner, folds: Sequence[Fold]) -> Floats:
    """P(studio) of each example from a fit on the other folds: float64 (examples,)."""
    confidence = np.empty(len(examples.studio))
    for fold in folds:
        confidence[fold.held_out] = learner(examples.rows(fold.fit), examples.matrix[fold.held_out])
    return confidence


def figures(studio: npt.NDArray[np.bool_], confidence: Floats) -> dict[str, float | None]:
    """The figures shown, at even odds."""
    even = weights_at_prevalence(studio, PREVALENCE)
    return {name: score(studio, confidence, even) for name, score in SCORES if name in _SHOWN}


def _studio_column(learner: Any, matrix: Floats) -> Floats:  # noqa: ANN401 - scikit-learn's
    return np.asarray(learner.predict_proba(matrix)[:, 1], dtype=np.float64)


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@cache_option
def main(folder: Path, cache: Path) -> None:
    """Compare learners by cross-validation over the groups of the training split."""
    plan = TrainingPlan()
    with plain_errors():
        photos = read_dataset(folder).decided().split("train").photos
        table = measure_photos(photos, cache=cache)
        photos = tuple(photo for photo in photos if photo.name not in table.failures)
        studio = np.array([photo.label == "studio" for photo in photos])
        groups = tuple(photo.group for photo in photos)
        folds = grouped_folds(groups, studio.tolist(), folds=plan.folds, seed=plan.seed)
        rows = table.of([photo.name for photo in photos])
        for kind, phases in HEAD_PHASES.items():
            keys = model_inputs(built_in_registry(), phases)
            examples = Examples(keys=keys, matrix=rows.columns(keys), studio=studio, groups=groups)
            for name, learner in LEARNERS.items():
                found = figures(studio, out_of_fold(examples, learner, folds))
                text = ", ".join(f"{key} {value:.4f}" for key, value in found.items())
                click.echo(f"{kind:<9} {name:<14} {text}")


if __name__ == "__main__":
    main()
