"""``studio-detector compare``: which of two models is better, or that nobody can tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.cli.run import Run


@click.command(
    "compare",
    short_help="Say which of two models is better.",
    help="""Judge the models A and B (shipped ones by name, others by file) on the labelled
    photographs of LABELS, and say which is better or that the data cannot tell.

    Differences are resampled in pairs over whole groups; together their intervals hold with
    95 %.""",
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@labels_argument
@split_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Form of the result.",
)
@resamples_option
@cache_option
@debug_option
@click.pass_obj
def compare(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    a: str,
    b: str,
    labels: Path,
    split: str | None,
    output_format: str,
    resamples: int,
    cache: Path | None,
) -> None:
    """Compare two models; see the help above."""
    from studio_detector.decision.shipped import load_model
    from studio_detector.learning.dataset import read_dataset
    from studio_detector.learning.paired import compare_models

    check_extras("comparing models")
    found = compare_models(
        load_model(a),
        load_model(b),
        read_dataset(labels),
        split=split,
        cache=cache_folder(cache),
        resamples=resamples,
        progress=counted(run),
    )
    if output_format == "json":
        run.output.write(json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n")
    else:
        run.output.write(found.text())
