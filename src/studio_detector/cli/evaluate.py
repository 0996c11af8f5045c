"""``studio-detector evaluate``: what a model is worth on labelled photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from studio_detector.cli.learning_options import (
    cache_folder,
    cache_option,
    check_extras,
    counted,
    labels_argument,
    resamples_option,
    split_option,
)
from studio_detector.cli.options import debug_option
from studio_detector.errors import EXIT_OK, EXIT_SOME_FAILED

if TYPE_CHECKING:
    from studio_detector.cli.run import Run
    from studio_detector.learning.report.slices import SliceKey


class _Keys(click.ParamType["tuple[SliceKey, ...]"]):
    """Names of slices, separated by commas."""

    name = "keys"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[SliceKey, ...]:
        if not isinstance(value, str):
            return cast("tuple[SliceKey, ...]", value)
        from studio_detector.learning.report.slices import SliceKey

        known = get_args(SliceKey)
        keys = [key.strip() for key in value.split(",") if key.strip()]
        unknown = [key for key in keys if key not in known]
        if unknown:
            self.fail(f"{unknown[0]!r} is none of {', '.join(known)}", param, ctx)
        return cast("tuple[SliceKey, ...]", tuple(keys))


@click.command(
    "evaluate",
    short_help="Judge models on labelled photographs.",
    help="""Judge models on the labelled photographs of LABELS: a labels.csv, its folder, or a
    folder with sub-folders studio, natural and perhaps uncertain.

    Prints a table of figures with their intervals for each model, the model "rules" and the
    shortcut probe beside them. With --output, a page with charts, slices and the worst errors
    is written too (extra "report"); it shows pictures of the set, so keep it where they may be
    seen.""",
)
@labels_argument
@split_option
@click.option(
    "--by",
    type=_Keys(),
    default=(),
    metavar="KEY,...",
    help="Judge apart by each of genre, hard, region, make, year, group.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Shipped model or model file; may be repeated. Without it, the default model.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write report.json and report.html into this folder.",
)
@resamples_option
@cache_option
@debug_option
@click.pass_obj
def evaluate(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    labels: Path,
    split: str | None,
    by: tuple[SliceKey, ...],
    models: tuple[str, ...],
    output: Path | None,
    resamples: int,
    cache: Path | None,
) -> int:
    """Judge models; see the help above."""
    from studio_detector.decision.shipped import load_model
    from studio_detector.learning.dataset import read_dataset
    from studio_detector.learning.report.assess import assess
    from studio_detector.learning.report.console import assessment_text
    from studio_detector.learning.report.page import write
    from studio_detector.pipeline.settings import Settings
    from studio_detector.reporting.printable import printable

    check_extras("judging models", report=output is not None)
    found = assess(
        read_dataset(labels),
        [load_model(name) for name in dict.fromkeys(models or (Settings().model,))],
        split=split,
        by=by,
        cache=cache_folder(cache),
        resamples=resamples,
        progress=counted(run),
    )
    run.output.write(assessment_text(found))
    for failure in found.judged.failed:
        run.console.say(f"left out {printable(failure.name)}: {printable(failure.message)}\n")
    if output is not None:
        for path in write(found, output):
            run.console.say(f"written: {printable(str(path))}\n")
    return EXIT_SOME_FAILED if found.judged.failed else EXIT_OK
