"""The frozen schema of a batch: which columns a row has, and how a result becomes a row.

One input gives one row, failures included. Every table (Parquet, CSV, SQLite) and every
engine (worker processes here, Daft, Ray, Spark) writes these columns, in this order.

A *result* is what the worker pool yields: the verbose dictionary of a `Report` or a `Failure`
with ``sha256`` and ``file_bytes`` where the file could be read, ``duplicate_of`` where its
bytes were analysed before, and ``pdq`` with ``pdq_quality`` where they were asked for.
"""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any

from studio_detector.errors import ConfigError
from studio_detector.reporting import tables
from studio_detector.reporting.tables import Column, plain_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.reporting.tables import Cell, Kind

#: Version of the rows; changes when a column goes, changes its kind or its meaning. New
#: analyses add columns without changing it.
ROW_SCHEMA_VERSION = 1


def row_columns(
    specs: Iterable[AnalysisSpec],
    *,
    measurements: bool = True,
    timing: bool = True,
    near_duplicates: bool = False,
) -> tuple[Column, ...]:
    """All columns of a batch; known before the first photo, equal for all photos.

    Args:
        specs: Specifications of the analyses that may run, in running order.
        measurements: Keep a column for every measurement, named ``analysis.measure``.
        timing: Keep the columns of milliseconds; without them, equal bytes give equal rows.
        near_duplicates: Add the perceptual hash and the group of near duplicates.

    Returns:
        The columns, in order; their names differ.
    """
    specs = tuple(specs)
    return (
        *tables.verdict_columns(specs),
        *_fact_columns(),
        *(_near_duplicate_columns() if near_duplicates else ()),
        *(tables.stage_columns() if timing else ()),
        *(tables.measurement_columns(specs) if measurements else ()),
    )


def chosen_columns(columns: Sequence[Column], names: Iterable[str]) -> tuple[Column, ...]:
    """Take the columns of these names, in this order.

    Args:
        columns: Where to choose from.
        names: Names of columns.

    Returns:
        The chosen columns, each once.

    Raises:
        ConfigError: ``config_invalid_value`` for a name that no column has, with the nearest
            one, or if no name is given.
    """
    by_name = {column.name: column for column in columns}
    chosen = {}
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see docs/batch.md for all of them"
            raise ConfigError(
                f"there is no column named {name!r}; {hint}", code="config_invalid_value"
            )
        chosen[name] = by_name[name]
    if not chosen:
        raise ConfigError(
            "no column is named; name at least one, for instance path,label",
            code="config_invalid_value",
        )
    return tuple(chosen.values())


def row_of(result: dict[str, Any], columns: Iterable[Column]) -> tuple[Cell, ...]:
    """Cells of one result under the columns.

    Args:
        result: See the top of this file.
        columns: From `row_columns` or `chosen_columns`.

    Returns:
        One cell for each column, of the column's kind or None. Texts are valid Unicode; the
        bytes of a name that is none stand in ``path_bytes``.
    """
    return tuple(_CASTS[column.kind](column.cell(result)) for column in columns)


def _text(cell: Cell) -> Cell:
    if cell is None:
        return None
    text = str(cell)
    try:
        text.encode()
    except UnicodeEncodeError:  # a file name whose bytes are no text
        return text.encode("utf-8", "backslashreplace").decode()
    return text


_CASTS: dict[Kind, Callable[[Cell], Cell]] = {
    "text": _text,
    "number": lambda cell: None if cell is None else float(cell),
    "whole": lambda cell: None if cell is None else int(cell),
    "truth": lambda cell: None if cell is None else bool(cell),
}


def _fact_columns() -> tuple[Column, ...]:
    failed = "empty where the photo failed"
    return (
        plain_column(
            "lighting_confidence", f"P(studio) after the lighting phase alone; {failed}", "number"
        ),
        plain_column("logit", f"the sum of all evidence, before calibration; {failed}", "number"),
        plain_column("format", f"picture format by its first bytes; {failed}"),
        _side("original_rows_px", "original_size_px", 0, f"height of the picture; {failed}"),
        _side("original_columns_px", "original_size_px", 1, f"width of the picture; {failed}"),
        _side("rows_px", "working_size_px", 0, f"height at which it was measured; {failed}"),
        _side("columns_px", "working_size_px", 1, f"width at which it was measured; {failed}"),
        plain_column("sha256", "digest of the file; empty where it could not be read"),
        plain_column("file_bytes", "size of the file; empty where it could not be read", "whole"),
        plain_column(
            "duplicate_of", "path of the first photo with the same bytes; empty for the first"
        ),
        Column(
            name="path_bytes",
            summary="the path in hexadecimal, only where its bytes are no valid text; the column "
            "path then shows the odd ones as escapes",
            cell=lambda data: _undecodable(data.get("path")),
        ),
    )


def _near_duplicate_columns() -> tuple[Column, ...]:
    return (
        plain_column("pdq", "perceptual hash, 256 bits in hexadecimal"),
        plain_column("pdq_quality", "how much there is to hash, 0 to 100", "whole"),
        plain_column(
            "near_duplicate_group",
            "number of the group of near duplicates, from 1; empty where there is no other",
            "whole",
        ),
    )


def _side(name: str, key: str, at: int, summary: str) -> Column:
    return Column(
        name=name,
        summary=summary,
        cell=lambda data: data[key][at] if key in data else None,
        kind="whole",
    )


def _undecodable(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        path.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(path).hex()
        except UnicodeEncodeError:  # half a UTF-16 pair, possible on Windows or in a manifest
            return path.encode("utf-8", "surrogatepass").hex()
    return None
