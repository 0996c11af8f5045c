"""What the commands about labelled pictures share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.cli.run import Run


#: Names the labelled set where no argument does.
PHOTOS_VARIABLE = "STUDIO_PHOTOS"

labels_argument = click.argument("labels", type=click.Path(path_type=Path))

split_option = click.option(
    "--split",
    metavar="NAME",
    help="Photographs to judge on; without it, test where the set has it, else all.",
)

cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep measurements here, so that no picture is measured twice "
    "[default: .cache/measurements].",
)

resamples_option = click.option(
    "--resamples",
    type=click.IntRange(min=100),
    default=1000,
    show_default=True,
    help="Bootstrap samples behind each interval.",
)


def check_extras(purpose: str, *, report: bool = False) -> None:
    """Refuse to begin what could not be ended: measuring many pictures takes minutes.

    Args:
        purpose: What is to be done, for the message.
        report: Whether a page is written at the end.
    """
    from studio_detector.learning.extras import check_installed

    check_installed("pyarrow", "scipy", "threadpoolctl", purpose=purpose)
    if report:
        check_installed("jinja2", "matplotlib", purpose="writing a report", extra="report")


def cache_folder(chosen: Path | None) -> Path:
    """The folder of the measurements: the one chosen, or the usual one."""
    from studio_detector.learning.extract import CACHE

    return chosen or CACHE


def counted(run: Run) -> Callable[[int, int], None]:
    """Tell people how far the measuring is, now and then."""

    def tell(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            run.console.say(f"measured {done} of {total}\n")

    return tell
