"""Folders for what is being read; what a killed process left in its own does not stay."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.service.intake.folder_lock import folder_lock

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def scratch_folder(above: Path) -> Iterator[Path]:
    """A folder of this process; those of processes that were killed are removed.

    Args:
        above: Where the folders of all processes are; it exists.

    Yields:
        The folder, which goes with all that is in it when the block is left.

    Raises:
        OSError: If it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        # One process at a time, or another could sweep this folder away before it is held.
        with folder_lock(above, waits=True):
            _sweep(above)
            name = stack.enter_context(
                tempfile.TemporaryDirectory(dir=above, ignore_cleanup_errors=True)
            )
            stack.enter_context(folder_lock(Path(name)))
        yield Path(name)


def _sweep(above: Path) -> None:
    for folder in above.iterdir():
        # One that is held is in use, and what is no folder is nobody's of ours.
        with contextlib.suppress(OSError), folder_lock(folder) as is_left:
            if is_left:
                shutil.rmtree(folder, ignore_errors=True)
