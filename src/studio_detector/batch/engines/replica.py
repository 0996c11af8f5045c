"""What every engine builds once in each of its worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2

from studio_detector.batch.arrow import arrow
from studio_detector.batch.scoring import BYTES, PATH, kept_scorer
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.pipeline.settings import Settings

#: Photos an engine hands to a worker at a time: enough that the engine's own cost is small,
#: few enough that their bytes fit into memory.
BATCH_ROWS = 32


class Replica:
    """A scorer that checks that it stands on the same ground as the program that started it.

    Args:
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds.
        expected: ``pyarrow.Schema`` of the rows where the run was started.

    Raises:
        ConfigError: ``config_invalid_value`` if this process has another version of the program
            or other analyses, so that its rows would differ.
    """

    def __init__(self, settings: Settings | None, *, timing: bool, expected: Any) -> None:  # noqa: ANN401
        # The process is the engine's and does nothing else; one thread for each photo.
        cv2.setNumThreads(1)
        # Spark builds a replica for each partition, and keeps its processes.
        self._scorer = kept_scorer(settings, timing=timing)
        self.schema = self._scorer.schema
        if not self.schema.equals(expected, check_metadata=True):
            raise ConfigError(
                "the worker's rows differ from those of the program that started it "
                f"({_difference(expected, self.schema)}); install the same version and the same "
                "plugins everywhere",
                code="config_invalid_value",
            )

    def score(self, batch: Any) -> Any:  # noqa: ANN401 - of pyarrow
        """Score a ``pyarrow.RecordBatch``."""
        return self._scorer(batch)

    def score_table(self, table: Any) -> Any:  # noqa: ANN401 - of pyarrow
        """Score a ``pyarrow.Table``."""
        batches = [self.score(batch) for batch in table.to_batches()]
        return arrow().Table.from_batches(batches, schema=self.schema)


def input_columns(names: Iterable[str]) -> list[str]:
    """Those of the columns that scoring reads.

    Raises:
        ConfigError: ``config_invalid_value`` if there is none.
    """
    names = list(names)
    found = [name for name in (PATH, BYTES) if name in names]
    if not found:
        raise ConfigError(
            f"the columns are {', '.join(names)}; there must be {PATH!r}, {BYTES!r} or both",
            code="config_invalid_value",
        )
    return found


def _difference(expected: Any, found: Any) -> str:  # noqa: ANN401 - of pyarrow
    columns = sorted(set(expected.names) ^ set(found.names))
    if columns:
        return f"columns: {', '.join(columns[:5])}"
    return f"{expected.metadata} here, {found.metadata} there"
