"""From the shards of a run to its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.batch.near_duplicates import HashList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from studio_detector.batch.writers.base import Layout, RowWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of near duplicates of a run.

    Attributes:
        numbers: uint32 (rows,): number of each row's group, 0 for none.
    """

    numbers: npt.NDArray[np.uint32]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.numbers.max(initial=0))


def find_groups(results: Iterator[dict[str, Any]]) -> Groups:
    """Find near duplicates among all results; see `near_duplicates`."""
    hashes = HashList()
    for result in results:
        hashes.add(result)
    return Groups(numbers=hashes.groups())


def grouped(results: Iterator[dict[str, Any]], groups: Groups) -> Iterator[dict[str, Any]]:
    """Results with ``near_duplicate_group``, a number or None."""
    for result, number in zip(results, groups.numbers, strict=True):
        yield {**result, "near_duplicate_group": int(number) or None}


def assemble(
    results: Iterator[dict[str, Any]],
    output: Path,
    *,
    scratch: Path,
    writer: Callable[[Path, Layout], RowWriter],
    layout: Layout,
) -> None:
    """Write the output whole: until its last byte is on the disk, its name stands for the old.

    Args:
        results: All results, in order.
        output: The file.
        scratch: A folder on the same disk.
        writer: Opens a writer of the format.
        layout: What a row holds.

    Raises:
        OSError: If the disk does not take it.
    """
    temporary = scratch / f"output{files.TEMPORARY}"
    rows = writer(temporary, layout)
    try:
        for result in results:
            rows.write(result)
        rows.finish()
    except BaseException:
        rows.abandon()
        raise
    files.sync_path(temporary)
    files.rename(temporary, output)
