"""``score_batch(RecordBatch) -> RecordBatch``: the one seam for engines that run elsewhere."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow, record_batch, schema_of
from studio_detector.batch.rows import row_columns, row_of
from studio_detector.batch.serving import failure_row
from studio_detector.errors import ConfigError, UnreadableError
from studio_detector.imaging.source import read_source
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from studio_detector.reporting.tables import Column

#: Column with the name of the photo: text, or bytes for a file name that is no valid text.
PATH = "path"
#: Column with the bytes of the photo's file.
BYTES = "bytes"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Scorer:
    """Turns record batches of photos into record batches of rows; see `score_batch`.

    One detector is built when it is first needed and used for every batch after that. Only
    the settings are pickled, so a scorer may be sent to another process or machine.

    Args:
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds; without them, equal bytes give equal rows.
    """

    def __init__(self, settings: Settings | None = None, *, timing: bool = True) -> None:
        self._settings = settings or Settings()
        self._timing = timing
        self._detector: Detector | None = None

    def __getstate__(self) -> tuple[Settings, bool]:
        return (self._settings, self._timing)

    def __setstate__(self, state: tuple[Settings, bool]) -> None:
        settings, timing = state
        self.__init__(settings, timing=timing)  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the decoding child, where there is one; the scorer may be used again."""
        if self._detector is not None:
            self._detector.close()

    @property
    def detector(self) -> Detector:
        """The detector, built now if it was not before.

        Raises:
            ConfigError: If a disabled analysis or the model does not exist.
            ModelError: If the model file cannot be used with the analyses.
        """
        if self._detector is None:
            self._detector = Detector(self._settings)
        return self._detector

    @property
    def schema(self) -> Any:  # noqa: ANN401 - a pyarrow.Schema
        """The frozen schema of every batch that comes out, a ``pyarrow.Schema``."""
        return schema_of(self._columns())

    def __call__(self, batch: Any) -> Any:  # noqa: ANN401 - of pyarrow
        """Score one batch; see `score_batch`."""
        columns = self._columns()
        rows = [
            row_of(result_of(self.detector, data, path), columns) for path, data in _photos(batch)
        ]
        return record_batch(rows, schema_of(columns))

    def _columns(self) -> tuple[Column, ...]:
        specs = [analysis.SPEC for analysis in self.detector.registry]
        return row_columns(specs, timing=self._timing)


def score_batch(
    batch: Any,  # noqa: ANN401 - a pyarrow.RecordBatch
    settings: Settings | None = None,
    *,
    timing: bool = True,
) -> Any:  # noqa: ANN401 - a pyarrow.RecordBatch
    """Score a record batch of photos.

    The detector is built once in a process for equal settings and kept.

    Args:
        batch: A ``pyarrow.RecordBatch`` with a column ``path`` (text, or binary for names that
            are no valid text), a column ``bytes`` (binary: the file), or both; other columns
            are ignored. Where there are bytes they are scored and the path only names them;
            elsewhere the file at the path is read.
        settings: What differs from the defaults; with ``isolate`` pictures are decoded in a
            child process.
        timing: Keep the columns of milliseconds; without them, equal bytes give equal rows.

    Returns:
        A ``pyarrow.RecordBatch`` of the schema `Scorer.schema`: one row for each photo, in
        order. A photo that cannot be analysed gives a row with an ``error_code``.

    Raises:
        ConfigError: ``config_invalid_value`` for a batch without either column or of other
            types; and as `Scorer.detector`.
        ModelError: As `Scorer.detector`.
    """
    return kept_scorer(settings, timing=timing)(batch)


def kept_scorer(settings: Settings | None = None, *, timing: bool = True) -> Scorer:
    """The scorer of this process for these settings, built when they are first asked for.

    Args:
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds.

    Returns:
        The same scorer for equal arguments, until others are asked for.
    """
    settings = settings or Settings()
    weights = settings.rule_weights
    return _kept_scorer(
        replace(settings, rule_weights=None),
        # A dictionary, which no cache takes as a key.
        None if weights is None else tuple(weights.items()),
        timing=timing,
    )


@lru_cache(maxsize=1)
def _kept_scorer(
    settings: Settings, weights: tuple[tuple[str, float], ...] | None, *, timing: bool
) -> Scorer:
    rule_weights = None if weights is None else dict(weights)
    return Scorer(replace(settings, rule_weights=rule_weights), timing=timing)


def result_of(detector: Detector, data: memoryview | None, path: str | None) -> dict[str, Any]:
    """Analyse one photo; whatever is wrong with it becomes a failure.

    Args:
        detector: Analyses.
        data: The bytes of the file; None reads the file at ``path``.
        path: Name of the photo.

    Returns:
        A result as described in `studio_detector.batch.rows`.
    """
    facts: dict[str, Any] = {}
    try:
        whole = read_source(_source(data, path), detector.settings.limits)
        facts["file_bytes"] = len(whole)
        report = detector.analyse(whole, path=path)
    except Exception as error:  # noqa: BLE001 - one photo never stops the others
        if facts:
            facts["sha256"] = hashlib.sha256(whole).hexdigest()
        return failure_row(error) | {"path": path} | facts
    return report.to_dict(verbose=True) | facts


def _source(data: memoryview | None, path: str | None) -> memoryview | str:
    if data is not None:
        return data
    if path is None:
        raise UnreadableError("the row has neither a path nor bytes; give one", code="read_failed")
    if _URL.match(path):
        raise UnreadableError(
            f"no bytes came for {path!r}; check that it exists and that the workers may read it",
            code="read_failed",
        )
    return path


def _photos(batch: Any) -> Iterator[tuple[str | None, memoryview | None]]:  # noqa: ANN401
    paths, files = _column(batch, PATH, text=True), _column(batch, BYTES, text=False)
    if paths is None and files is None:
        raise ConfigError(
            f"the batch has the columns {batch.schema.names}; give {PATH!r} or {BYTES!r}",
            code="config_invalid_value",
        )
    for row in range(batch.num_rows):
        name = None if paths is None else paths[row].as_py()
        data = None if files is None else files[row].as_buffer()
        yield (
            os.fsdecode(name) if isinstance(name, bytes) else name,
            None if data is None else memoryview(data),
        )


def _column(batch: Any, name: str, *, text: bool) -> Any:  # noqa: ANN401 - of pyarrow
    found = batch.schema.get_all_field_indices(name)
    if not found:
        return None
    pa = arrow()
    column = batch.column(found[0])
    kind = column.type
    kinds = {pa.null(), pa.binary(), pa.large_binary(), pa.binary_view()}
    if text:
        kinds |= {pa.string(), pa.large_string(), pa.string_view()}
    if len(found) > 1 or kind not in kinds:
        wanted = "text" if text else "bytes"
        raise ConfigError(
            f"the batch needs one column {name!r} of {wanted}, got {len(found)} of type {kind}",
            code="config_invalid_value",
        )
    return column.cast(pa.binary()) if kind == pa.null() else column
