"""Refits without a component, judged out of fold on the training split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.learning.fit import example_weights
from studio_detector.learning.predict import combine
from studio_detector.learning.select import Examples
from studio_detector.learning.solver import fit_logistic, probabilities
from studio_detector.learning.stack import cue_logits
from studio_detector.learning.train import HEAD_PHASES
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from studio_detector.decision.model import Model
    from studio_detector.learning.judged import Labelled
    from studio_detector.learning.predict import Predictions
    from studio_detector.learning.stack import OutOfFold

    Floats = npt.NDArray[np.float64]

# Keeps the fit defined where nothing is left of the cues and their logit is the same everywhere.
_RIDGE = 1e-6


def restricted(model: Model, keep: Callable[[str], bool]) -> Model:
    """The model with the terms of some components only.

    Args:
        model: The model.
        keep: Whether the terms of an analysis stay, by its name.
    """
    heads = {
        name: replace(
            getattr(model, name),
            shapes=tuple(
                shape
                for shape in getattr(model, name).shapes
                if keep(shape.measure.partition(".")[0])
            ),
        )
        for name in HEAD_PHASES
    }
    return replace(model, lighting=heads["lighting"], full=heads["full"])


def joined(columns: Sequence[Floats], studio: npt.NDArray[np.bool_], network: OutOfFold) -> Floats:
    """Confidences from columns of out-of-fold logits, each fold by a regression on the others.

    Args:
        columns: float64 (examples,) each.
        studio: Truth.
        network: Folds.

    Returns:
        P(studio) at even odds, float64 (examples,).
    """
    weights = example_weights(studio, range(studio.size), group_power=0.0)
    design = np.stack([np.ones(studio.size), *columns], axis=1)
    confidence = np.empty(studio.size)
    for fold in sorted(set(network.folds.tolist())):
        fit = network.folds != fold
        found = fit_logistic(
            design[fit], studio[fit], weights[fit], _RIDGE * np.eye(design.shape[1])
        )
        confidence[~fit] = probabilities(design[~fit] @ found)
    return confidence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refit:
    """The cues fitted anew, inside each fold, without or with only some components.

    Attributes:
        cues: The model whose penalties and measures are kept, restricted.
        fitting: Training photographs.
        inputs: Head -> full names of the measures offered to it.
        network: Out-of-fold logits and folds of the same photographs.
    """

    cues: Model
    fitting: Labelled
    inputs: Mapping[str, tuple[str, ...]]
    network: OutOfFold


def out_of_fold(refit: Refit) -> dict[str, Predictions]:
    """Fit, predict and join each head.

    Returns:
        Out-of-fold predictions under the default policy of the phases: "full" for the network
        and the cues together, "cues" for the cues alone.
    """
    fitting, network = refit.fitting, refit.network
    heads: dict[str, dict[str, Floats]] = {"full": {}, "cues": {}}
    for name, keys in refit.inputs.items():
        examples = Examples(
            keys=keys,
            matrix=fitting.table.columns(keys),
            studio=fitting.studio,
            groups=fitting.groups,
        )
        logits = cue_logits(refit.cues, name, examples, network)
        heads["cues"][name] = joined([logits], fitting.studio, network)
        heads["full"][name] = joined([network.logits, logits], fitting.studio, network)
    return {
        name: combine(both["lighting"], both["full"], settings=Settings())
        for name, both in heads.items()
    }


def network_alone(fitting: Labelled, network: OutOfFold) -> Floats:
    """Out-of-fold P(studio) of the network without any cue."""
    return joined([network.logits], fitting.studio, network)
