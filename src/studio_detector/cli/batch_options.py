"""The options of ``studio-detector batch``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

import click

from studio_detector.decision.policy import Label

if TYPE_CHECKING:
    from collections.abc import Callable

_R = TypeVar("_R")

_FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS = (
    click.option(
        "--output",
        "-o",
        required=True,
        metavar="FILE",
        help="The file of rows to write; a folder with --engine daft or ray.",
    ),
    click.option(
        "--columns",
        metavar="NAME,...",
        help="Write only these columns, in this order; all of them are in docs/batch.md.",
    ),
    click.option(
        "--measurements/--no-measurements",
        default=True,
        show_default=True,
        help="A column for every measurement.",
    ),
    click.option(
        "--timing/--no-timing",
        default=True,
        show_default=True,
        help="Columns of milliseconds; without them, equal photos give equal files.",
    ),
    click.option("--resume", is_flag=True, help="Go on with an unfinished run, if there is one."),
    click.option(
        "--overwrite", is_flag=True, help="Replace FILE, and discard an unfinished run of it."
    ),
    click.option(
        "--save-every",
        type=click.IntRange(min=1),
        default=1_000,
        show_default=True,
        metavar="N",
        help="Photos, or a minute, after which a kill can no longer lose their rows.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Worker processes. Without it, one for each core.",
    ),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Longest time for one photo.",
    ),
    click.option(
        "--memory",
        "memory_mib",
        type=click.IntRange(min=1),
        metavar="MIB",
        help="Most memory for one worker beyond its start, in mebibytes.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "daft", "ray"]),
        default="local",
        show_default=True,
        help='Run on Daft or Ray, into a folder of Parquet parts (extra "distributed").',
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Ray cluster of the engine; auto for the one this machine belongs to.",
    ),
    click.option("--column", metavar="NAME", help="Column of lists that names the photos."),
    click.option(
        "-0", "--null", "null_separated", is_flag=True, help="Names on standard input end with NUL."
    ),
    click.option(
        "--sort-into",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Put the pictures into folders studio, natural and uncertain below FOLDER.",
    ),
    click.option(
        "--sort-by",
        type=click.Choice(["copy", "link"]),
        default="copy",
        show_default=True,
        help="Copy them, or make symbolic links to them.",
    ),
    click.option(
        "--near-duplicates",
        is_flag=True,
        help='Number groups of photos that look alike (extra "batch").',
    ),
    click.option(
        "--report",
        type=_FILE,
        metavar="HTML",
        help='Write an overview with a contact sheet (extra "report").',
    ),
    click.option(
        "--fail-on",
        multiple=True,
        type=click.Choice(get_args(Label)),
        help="Exit with 1 if a photo gets this label; may be repeated.",
    ),
    click.option("--quiet", "-q", is_flag=True, help="No progress, notes or summary."),
)


def batch_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the options that are the batch's own."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
