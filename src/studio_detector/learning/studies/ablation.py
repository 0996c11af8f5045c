"""What each component and each phase adds, with its terms missing and with a refit.

::

    python -m studio_detector.learning.studies.ablation --photos FOLDER
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio_detector.decision.shipped import load_model
from studio_detector.learning import metrics
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import PREVALENCE
from studio_detector.learning.judged import FITTING_SPLIT, Labelled
from studio_detector.learning.predict import predict
from studio_detector.learning.report.charts import NATURAL_COLOUR, STUDIO_COLOUR, svg_file
from studio_detector.learning.stack import OUT_OF_FOLD, OutOfFold, read_out_of_fold
from studio_detector.learning.studies import page
from studio_detector.learning.studies.options import (
    MODELS,
    chosen_photos,
    in_processes,
    output_option,
    workers_option,
)
from studio_detector.learning.studies.refits import Refit, network_alone, out_of_fold, restricted
from studio_detector.learning.train import HEAD_PHASES, model_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Model

    Floats = npt.NDArray[np.float64]

#: Name of the page.
NAME = "ablation"
#: Phases, from the least to the most.
_PHASES = ("lighting", "auto", "all")
_NETWORK = "network"
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How confidences do.

    Attributes:
        auc: Area under the ROC curve; None without both classes.
        balanced_accuracy: Mean of both recalls; None without both classes.
        log_loss: In nats, at even odds.
    """

    auc: float | None
    balanced_accuracy: float | None
    log_loss: float | None

    @classmethod
    def of(cls, judged: Labelled, confidence: Floats) -> Score:
        """Judge confidences of photographs."""
        studio = judged.studio
        even = metrics.weights_at_prevalence(studio, PREVALENCE)
        return cls(
            auc=metrics.auc(studio, confidence),
            balanced_accuracy=metrics.balanced_accuracy(studio, confidence),
            log_loss=metrics.log_loss(studio, confidence, even),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Everything the page tells.

    Attributes:
        judged: Photographs of the test split.
        fitting: Photographs of the training split.
        missing: Model -> component left out ("nothing" for none) -> score on test, its terms
            counting as missing.
        refitted: The same out of fold on train, fitted anew.
        alone: Model -> component -> score out of fold on train, fitted to it alone; under
            "full", together with the network.
        phases: "test" or "train" -> model -> phases -> score.
        witnesses: Split -> cues, network or both -> score under the default policy.
    """

    judged: Labelled
    fitting: Labelled
    missing: Mapping[str, Mapping[str, Score]]
    refitted: Mapping[str, Mapping[str, Score]]
    alone: Mapping[str, Mapping[str, Score]]
    phases: Mapping[str, Mapping[str, Mapping[str, Score]]]
    witnesses: Mapping[str, Mapping[str, Score]]


def with_terms_missing(
    model: Model, judged: Labelled, registry: Registry, *, without: Sequence[str] = ()
) -> Floats:
    """Confidences when analyses do not run, as with the setting ``disabled_analyses``.

    Args:
        model: The model.
        judged: Measured photographs.
        registry: All analyses.
        without: Names of those left out.
    """
    specs = [a.SPEC for a in registry if a.SPEC.name not in without]
    return predict(model, judged.table, specs).confidence


def study(
    judged: Labelled,
    fitting: Labelled,
    models: Mapping[str, Model],
    registry: Registry,
    network: OutOfFold,
    *,
    workers: int,
) -> Ablation:
    """Leave out one thing after the other.

    Args:
        judged: Photographs of the test split.
        fitting: Photographs of the training split.
        models: The models "full" and "cues".
        registry: The analyses.
        network: The network's out-of-fold logits of the training photographs.
        workers: Processes.
    """
    components = [a.SPEC.name for a in registry if a.SPEC.phase != _NETWORK]
    cues = models["cues"]
    restrictions = {
        _NOTHING: cues,
        **{f"without {c}": restricted(cues, partial(_differs, c)) for c in components},
        **{f"only {c}": restricted(cues, partial(_equals, c)) for c in components},
    }
    inputs = {name: tuple(model_inputs(registry, p)) for name, p in HEAD_PHASES.items()}
    refits = [
        Refit(cues=model, fitting=fitting, inputs=inputs, network=network)
        for model in restrictions.values()
    ]
    found = dict(zip(restrictions, in_processes(out_of_fold, refits, workers=workers), strict=True))
    whole = {name: predict(m, judged.table, _specs(registry)) for name, m in models.items()}
    by_network = network_alone(fitting, network)

    def fitted(name: str, restriction: str) -> Score:
        return Score.of(fitting, found[restriction][name].confidence)

    return Ablation(
        judged=judged,
        fitting=fitting,
        missing={
            name: {
                _NOTHING: Score.of(judged, whole[name].confidence),
                **{
                    c: Score.of(judged, with_terms_missing(model, judged, registry, without=[c]))
                    for c in (*components, _NETWORK)
                    if model.reads(c)
                },
            }
            for name, model in models.items()
        },
        refitted={
            name: {
                _NOTHING: fitted(name, _NOTHING),
                **{c: fitted(name, f"without {c}") for c in components},
                **({_NETWORK: fitted("cues", _NOTHING)} if models[name].reads(_NETWORK) else {}),
            }
            for name in models
        },
        alone={name: {c: fitted(name, f"only {c}") for c in components} for name in models},
        phases={
            split: {
                name: {
                    phases: Score.of(part, confidence)
                    for phases, confidence in zip(
                        _PHASES, (one.lighting, one.confidence, one.full), strict=True
                    )
                }
                for name, one in predictions.items()
            }
            for split, part, predictions in (
                ("train", fitting, found[_NOTHING]),
                ("test", judged, whole),
            )
        },
        witnesses={
            "train": {
                "cues": fitted("cues", _NOTHING),
                "network": Score.of(fitting, by_network),
                "both": fitted("full", _NOTHING),
            },
            "test": {
                "cues": Score.of(judged, whole["cues"].confidence),
                "network": Score.of(
                    judged,
                    with_terms_missing(models["full"], judged, registry, without=components),
                ),
                "both": Score.of(judged, whole["full"].confidence),
            },
        },
    )


def write(folder: Path, found: Ablation) -> None:
    """Write the page and the picture."""
    judged, fitting = found.judged, found.fitting
    parts = [
        page.made_by(NAME),
        page.sample_sentence(len(judged.photos), int(judged.studio.sum()), len(set(judged.groups)))
        + f" Refits: {len(fitting.photos):,} photographs of {len(set(fitting.groups))} groups of "
        "the training split.",
        (
            "**Terms missing** (test split): the shipped model without the analysis, as with "
            "`disabled_analyses`; its terms take their values for missing measures and "
            "nothing else is adapted. "
            "**Refitted** (training split, out of fold by groups): the cues without the component, "
            "fitted anew with the penalties and measures of the shipped model, and joined with the "
            "network's out-of-fold logits by a logistic regression on the other folds. "
            "The measures of the shipped model were chosen on these photographs, so the refits "
            "flatter. "
            "All under the default policy of the phases. "
            "Log loss is in nats, at even odds. "
            "Rows below `nothing` are differences from it: a part helps where leaving it out "
            "lowers AUC and balanced accuracy and raises log loss."
        ),
        "## Cues, network, both",
        _witnesses(found.witnesses),
        "The network alone on test is `full` with every other analysis disabled.",
        "## Phases",
        (
            "Lighting alone (with the network in `full`), detail in doubt only (`auto`, the "
            "default), detail always (`all`)."
        ),
        _phases(found.phases),
        *(
            f"## Components of `{model}`\n\n"
            f"{_components(found.missing[model], found.refitted[model])}"
            for model in found.missing
        ),
        "## One component alone",
        (
            "Refitted on the training split, out of fold, to the measures of one component: "
            "without the network, and together with it."
        ),
        _alone(found),
        "## What leaving it out costs",
    ]
    svg = svg_file(partial(_draw, found), size_inches=(7.6, 3.6), panels=2)
    page.write_page(folder, NAME, title="What each part adds", parts=parts, svg=svg)


def _cells(score: Score) -> tuple[str, str, str]:
    return (
        page.number(score.auc, 4),
        page.number(score.balanced_accuracy, 4),
        page.number(score.log_loss, 4),
    )


def _difference(score: Score, whole: Score) -> tuple[str, str, str]:
    pairs = (
        (score.auc, whole.auc),
        (score.balanced_accuracy, whole.balanced_accuracy),
        (score.log_loss, whole.log_loss),
    )
    return tuple(  # type: ignore[return-value]
        "-" if one is None or other is None else page.number(one - other, 4, sign=True)
        for one, other in pairs
    )


_SCORES = ("AUC", "balanced accuracy", "log loss")


def _witnesses(witnesses: Mapping[str, Mapping[str, Score]]) -> str:
    return page.table(
        ("", *(f"{split}: {score}" for split in witnesses for score in _SCORES)),
        [
            (name, *(cell for scores in witnesses.values() for cell in _cells(scores[name])))
            for name in witnesses["test"]
        ],
    )


def _phases(phases: Mapping[str, Mapping[str, Mapping[str, Score]]]) -> str:
    return page.table(
        ("model, phases", *(f"{split}: {score}" for split in phases for score in _SCORES)),
        [
            (
                f"`{model}`, {name}",
                *(cell for split in phases.values() for cell in _cells(split[model][name])),
            )
            for model in MODELS
            for name in _PHASES
        ],
    )


def _components(missing: Mapping[str, Score], refitted: Mapping[str, Score]) -> str:
    rows = []
    for name in missing:
        cells = [
            _cells(scores[name])
            if name == _NOTHING
            else _difference(scores[name], scores[_NOTHING])
            for scores in (missing, refitted)
        ]
        rows.append((name, *cells[0], *cells[1]))
    head = [f"{way}: {score}" for way in ("terms missing", "refitted") for score in _SCORES]
    return page.table(("left out", *head), rows)


def _alone(found: Ablation) -> str:
    head = [f"{way}: {score}" for way in ("alone", "with the network") for score in _SCORES]
    return page.table(
        ("component", *head),
        [
            (name, *_cells(score), *_cells(found.alone["full"][name]))
            for name, score in found.alone["cues"].items()
        ],
    )


def _draw(found: Ablation, panels: Any) -> None:  # noqa: ANN401 - matplotlib is an extra
    height = 0.38
    for axes, model in zip(panels, MODELS, strict=True):
        names = [name for name in found.alone[model] if name in found.missing[model]]
        for index, (scores, colour, label) in enumerate(
            (
                (found.missing[model], STUDIO_COLOUR, "terms missing, test"),
                (found.refitted[model], NATURAL_COLOUR, "refitted, train out of fold"),
            )
        ):
            whole = scores[_NOTHING].log_loss or 0.0
            axes.barh(
                [row + (index - 0.5) * height for row in range(len(names))],
                [(scores[name].log_loss or 0.0) - whole for name in names],
                height=height,
                color=colour,
                label=label,
            )
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set(title=model, xlabel="log loss added, nats")
    # Above the panels, which differ in where there is room.
    panels[0].figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2
    )


def _specs(registry: Registry) -> list[AnalysisSpec]:
    return [analysis.SPEC for analysis in registry]


def _differs(component: str, name: str) -> bool:
    return name != component


def _equals(component: str, name: str) -> bool:
    return name == component


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option(
    "--out-of-fold",
    "logits",
    type=click.Path(path_type=Path, exists=True),
    default=OUT_OF_FOLD,
    show_default=True,
    help="Out-of-fold logits of the network.",
)
@output_option
@cache_option
@workers_option
def main(folder: Path, logits: Path, output: Path, cache: Path, workers: int) -> None:
    """Leave out, judge, write."""
    with plain_errors():
        judged, fitting = (
            Labelled.of(photos, measure_photos(photos, cache=cache, workers=workers)).require(name)
            for name, photos in (
                ("the test split", chosen_photos(folder)),
                ("the training split", read_dataset(folder).decided().split(FITTING_SPLIT).photos),
            )
        )
        found = study(
            judged,
            fitting,
            {name: load_model(name) for name in MODELS},
            built_in_registry(),
            read_out_of_fold(logits, [photo.name for photo in fitting.photos]),
            workers=workers,
        )
        write(output, found)
    click.echo(f"{NAME}.md and {NAME}.svg written")


if __name__ == "__main__":
    main()
