"""What a batch is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.batch.counts import Counts
    from studio_detector.batch.parts import Mode
    from studio_detector.batch.sorting import Sorter
    from studio_detector.batch.writers.base import Layout


class Watcher(Protocol):
    """Is told how a batch goes; whatever it does changes nothing."""

    def note(self, text: str) -> None:
        """Something worth a line, which may quote names from outside."""

    def resumed(self, counts: Counts) -> None:
        """The rows of an earlier run were found whole."""

    def advanced(self, counts: Counts) -> None:
        """One more row is there."""

    def assembling(self, rows: int) -> None:
        """All rows are there and the output is being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What a batch makes of its rows.

    Attributes:
        output: The file of rows; its suffix tells the format.
        layout: What a row holds.
        mode: What to do with an earlier run of this output.
        near_duplicates: Find groups of photos that look alike.
        sorter: Puts pictures into folders; None leaves them where they are.
        overview: File of the HTML overview; None makes none.
        pictures_per_label: Pictures of each label on the overview.
        shard_rows: Rows after which a shard is finished ...
        shard_age_s: ... or seconds, whichever comes first: what a kill costs at most.
    """

    output: Path
    layout: Layout
    mode: Mode = "new"
    near_duplicates: bool = False
    sorter: Sorter | None = None
    overview: Path | None = None
    pictures_per_label: int = 24
    shard_rows: int = 1_000
    shard_age_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """How a batch ended.

    Attributes:
        counts: What its rows add up to, those of an earlier run included.
        is_finished: Whether the output was written; otherwise it was stopped and can be
            resumed.
        near_duplicate_groups: How many; None if they were not looked for.
        misplaced: Pictures that were analysed and could not be sorted.
    """

    counts: Counts
    is_finished: bool
    near_duplicate_groups: int | None = None
    misplaced: int = 0
