"""One run on an engine: what to score, how, and where the parts go."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow
from studio_detector.batch.engines.replica import BATCH_ROWS
from studio_detector.batch.scoring import PATH
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.pipeline.settings import Settings

#: Stores that engines read themselves. Web addresses are not among them: a worker inside a
#: network must not fetch whatever a list names.
STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "file")

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What an engine gets to do.

    Attributes:
        paths: The photos: all local paths, or all addresses of one of `STORES`.
        output: Folder of the parts, local or in a store.
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds.
        workers: Processes, or actors of a cluster.
        cluster: Address of a Ray cluster, "auto" for the one this machine belongs to, or None
            for this machine alone.
        rows_per_part: Rows of one Parquet part, about: what a killed run loses at most, for
            each worker.
        batch_rows: Photos a worker gets at a time.

    Raises:
        ConfigError: ``config_invalid_value`` for numbers below 1 or paths that no engine reads.
    """

    paths: tuple[str, ...]
    output: str
    settings: Settings
    timing: bool = True
    workers: int = 2
    cluster: str | None = None
    rows_per_part: int = 10_000
    batch_rows: int = BATCH_ROWS

    def __post_init__(self) -> None:
        for name in ("workers", "rows_per_part", "batch_rows"):
            value = getattr(self, name)
            if value < 1:
                raise ConfigError(
                    f"{name} is {value!r}; give at least 1", code="config_invalid_value"
                )
        kinds = {_scheme(path) for path in self.paths}
        if unknown := sorted(kinds - {None, *STORES}, key=str):
            raise ConfigError(
                f"engines do not fetch {unknown[0]}:// addresses; copy the photos into a store "
                f"({', '.join(STORES)}) or use the local engine",
                code="config_invalid_value",
            )
        if None in kinds and len(kinds) > 1:
            raise ConfigError(
                "local paths and addresses of a store are mixed; run them one after the other",
                code="config_invalid_value",
            )

    @property
    def remote(self) -> bool:
        """Whether the engine fetches the bytes; local files are read by the workers."""
        return any(_scheme(path) is not None for path in self.paths[:1])

    @property
    def parts(self) -> int:
        """Pieces the work is cut into: no larger than a part, and one for each worker at least."""
        return math.ceil(len(self.paths) / self._rows_per_piece)

    @property
    def _rows_per_piece(self) -> int:
        return max(1, min(self.rows_per_part, math.ceil(len(self.paths) / self.workers)))

    def photos(self) -> Any:  # noqa: ANN401 - of pyarrow
        """All photos, as a ``pyarrow.Table`` with the column ``path``."""
        return self._table(self.paths)

    def photo_parts(self) -> Iterator[Any]:
        """The photos in `parts` tables."""
        size = self._rows_per_piece
        for start in range(0, len(self.paths), size):
            yield self._table(self.paths[start : start + size])

    def _table(self, paths: tuple[str, ...]) -> Any:  # noqa: ANN401 - of pyarrow
        pa = arrow()
        if self.remote:
            return pa.table({PATH: pa.array(paths, pa.string())})
        # A name on a disk may be no valid text.
        return pa.table({PATH: pa.array([os.fsencode(path) for path in paths], pa.binary())})


def _scheme(path: str) -> str | None:
    found = _URL.match(path)
    return found.group(1).lower() if found else None
