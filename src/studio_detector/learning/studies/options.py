"""What the commands of the studies share: options, photographs, worker processes."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import cv2

from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_detector.learning.dataset import Photo

#: Split the studies look at; nothing is chosen by it.
SPLIT = "test"
#: Models the studies look at, the default first.
MODELS = ("full", "cues")
_CHUNK = 4
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

output_option = click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/studies"),
    show_default=True,
    help="Folder of the page and the picture.",
)
every_option = click.option(
    "--every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Take every N-th photograph only.",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=WORKERS,
    show_default=True,
    help="Processes that measure.",
)


def chosen_photos(folder: Path, *, every: int = 1) -> tuple[Photo, ...]:
    """The decided photographs of the test split, every N-th by name.

    Args:
        folder: Labelled set.
        every: N. Names are digests in the photograph set, so the choice is as good as drawn.

    Returns:
        The photographs, ordered by name.

    Raises:
        ConfigError: ``config_invalid_value`` if the set has no test split.
    """
    return read_dataset(folder).decided().split(SPLIT).photos[::every]


def in_processes(
    task: Callable[[_Item], _Result], items: Sequence[_Item], *, workers: int
) -> list[_Result]:
    """Do a task for every item, in order.

    Args:
        task: A function of a module, so that a new process finds it.
        items: What it is done for.
        workers: Processes, spawned, each with one thread of OpenCV; 1 stays in this one.

    Returns:
        The results, in the order of the items.
    """
    if workers == 1:
        return list(map(task, items))
    # Spawned, so that no thread or lock of this process is copied into the workers.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        return list(pool.map(task, items, chunksize=_CHUNK))


def _one_thread() -> None:
    cv2.setNumThreads(1)
