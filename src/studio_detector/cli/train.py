"""``studio-detector train``: fit a model anew, or fit it to one's own pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_detector.cli.learning_options import (
    PHOTOS_VARIABLE,
    cache_folder,
    cache_option,
    check_extras,
    counted,
)
from studio_detector.cli.options import debug_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.cli.run import Run
    from studio_detector.learning.variants import Variant

_SUFFIX = ".json"
# Name of a model that is not the shipped one fitted again.
_OWN_NAME = "custom"


@click.command(
    "train",
    short_help="Fit a model, also with your own pictures.",
    help=f"""Fit a model on the training split of LABELS: a labels.csv, its folder, or a folder
    with sub-folders studio and natural. Without LABELS, {PHOTOS_VARIABLE} names it.

    \b
    studio-detector train LABELS                           the shipped model again
    studio-detector train LABELS --extra mine/             with your pictures added
    studio-detector train --recalibrate --extra mine/      only how sure it may be

    The new model is a file, used with "--model FILE"; a description of it (FILE with the ending
    .md) stands beside. Files that exist, a shipped model's too, are replaced with --overwrite only.

    In a folder of yours, sub-folders of studio and natural are groups: photographers or
    shoots whose pictures are alike. Whether the new model is better, "compare" says.""",
)
@click.argument("labels", required=False, type=click.Path(path_type=Path))
@click.option(
    "--extra",
    "extras",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Add your own labelled pictures; may be repeated.",
)
@click.option(
    "--recalibrate",
    is_flag=True,
    help="Keep the curves of a model; learn calibration and uncertain band from your pictures.",
)
@click.option(
    "--model",
    "base_model",
    metavar="NAME",
    help="Model to recalibrate. Without it, the default model.",
)
@click.option("--name", metavar="NAME", help="Name of the new model  [default: cues or custom].")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File of the new model  [default: NAME.json].",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@cache_option
@debug_option
@click.pass_obj
def train(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    labels: Path | None,
    extras: tuple[Path, ...],
    recalibrate: bool,
    base_model: str | None,
    name: str | None,
    output: Path | None,
    overwrite: bool,
    cache: Path | None,
) -> None:
    """Fit a model; see the help above."""
    if base_model is not None and not recalibrate:
        raise click.UsageError("--model names the model to recalibrate; add --recalibrate")
    if labels is None and not (recalibrate and extras):
        named = os.environ.get(PHOTOS_VARIABLE)
        if not named:
            raise click.UsageError(
                f"name the labelled set as LABELS, or in {PHOTOS_VARIABLE}; with your own "
                "pictures alone, use --recalibrate --extra FOLDER"
            )
        labels = Path(named)

    from studio_detector.learning.train import TrainingPlan
    from studio_detector.learning.variants import check_name

    check_extras("fitting models")
    plain = not extras and not recalibrate
    name = name or (TrainingPlan().name if plain else _OWN_NAME)
    check_name(name)
    files = _output_files(output or Path(f"{name}{_SUFFIX}"), overwrite=overwrite)
    sets = [path for path in (labels,) if path is not None]
    variant = (
        _recalibrated(run, [*sets, *extras], base_model, name, cache)
        if recalibrate
        else _refitted(run, sets[0], extras, name, cache)
    )
    _write(run, variant, files)


def _refitted(
    run: Run, labels: Path, extras: Sequence[Path], name: str, cache: Path | None
) -> Variant:
    from studio_detector.learning.dataset import read_dataset
    from studio_detector.learning.train import TrainingPlan
    from studio_detector.learning.variants import Measuring, refitted

    return refitted(
        read_dataset(labels),
        [read_dataset(folder) for folder in extras],
        plan=TrainingPlan(name=name),
        measuring=Measuring(cache=cache_folder(cache), progress=counted(run)),
        progress=lambda text: run.console.say(text + "\n"),
    )


def _recalibrated(
    run: Run, sets: Sequence[Path], model: str | None, name: str, cache: Path | None
) -> Variant:
    from studio_detector.decision.shipped import load_model
    from studio_detector.learning.dataset import read_dataset
    from studio_detector.learning.variants import Measuring, recalibrated
    from studio_detector.pipeline.settings import Settings

    return recalibrated(
        load_model(model or Settings().model),
        [read_dataset(folder) for folder in sets],
        name=name,
        measuring=Measuring(cache=cache_folder(cache), progress=counted(run)),
    )


def _output_files(model: Path, *, overwrite: bool) -> tuple[Path, Path]:
    """Files of the model and of its card, refused before the long work rather than after."""
    if model.suffix != _SUFFIX:
        raise click.UsageError(f"--output must end in {_SUFFIX}, got {str(model)!r}")
    files = model, model.with_suffix(".md")
    there = [str(path) for path in files if path.exists()]
    if there and not overwrite:
        raise click.UsageError(
            f"{there[0]!r} exists; name another file with --output, or add --overwrite"
        )
    return files


def _write(run: Run, variant: Variant, files: tuple[Path, Path]) -> None:
    from studio_detector.decision import model_file
    from studio_detector.errors import ConfigError
    from studio_detector.learning.extract import built_in_registry
    from studio_detector.learning.model_card import model_card
    from studio_detector.reporting.printable import printable

    for note in variant.notes:
        run.console.say(printable(note) + "\n")
    specs = [analysis.SPEC for analysis in built_in_registry()]
    texts = model_file.dumps(variant.model), model_card(variant.model, specs)
    try:
        files[0].parent.mkdir(parents=True, exist_ok=True)
        for path, text in zip(files, texts, strict=True):
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{str(files[0])!r} cannot be written ({error.strerror}); name another file with "
            "--output",
            code="config_invalid_value",
        ) from error
    run.output.write(f"{variant.model.identity} written to {printable(str(files[0]))}\n")
