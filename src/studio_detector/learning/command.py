"""What the commands of this room share: two options, and errors without a traceback."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_detector.errors import StudioDetectorError
from studio_detector.learning.extract import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator

photos_option = click.option(
    "--photos",
    "folder",
    type=click.Path(path_type=Path),
    envvar="STUDIO_PHOTOS",
    required=True,
    help="Labelled set: labels.csv, or folders studio and natural (or STUDIO_PHOTOS).",
)
cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=CACHE,
    show_default=True,
    help="Folder of the measurements.",
)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn our errors into one line and the exit status of their code."""
    try:
        yield
    except StudioDetectorError as error:
        click.echo(f"Error: {error.message}", err=True)
        raise SystemExit(error.info.exit_code) from error
