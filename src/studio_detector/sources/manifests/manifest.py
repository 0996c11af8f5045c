"""From a list of any kind to photos."""

from __future__ import annotations

import contextlib
import io
import os
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError, StudioDetectorError, UnreadableError
from studio_detector.imaging.source import open_regular
from studio_detector.pipeline.report import Failure
from studio_detector.sources.manifests.jsonl import jsonl_rows
from studio_detector.sources.manifests.parquet import parquet_rows
from studio_detector.sources.manifests.rows import Row
from studio_detector.sources.manifests.table import table_rows
from studio_detector.sources.manifests.text import null_separated_rows, text_rows
from studio_detector.sources.names import is_address, photo_named

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from studio_detector.sources.manifests.rows import BrokenRow, Reader
    from studio_detector.sources.photo import Photo

#: Suffix in lower case -> reader of such lists.
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".csv": table_rows,
        ".jsonl": jsonl_rows,
        ".ndjson": jsonl_rows,
        ".parquet": parquet_rows,
        ".txt": text_rows,
        ".lst": text_rows,
    }
)

# Broken rows at the beginning of a list after which it is left to the run to go on.
_ROWS_CHECKED = 100


def is_manifest(name: str) -> bool:
    """Tell by its suffix whether a file is a list of photos."""
    return _suffix(name) in READERS


def check_manifest(path: str, column: str | None) -> None:
    """Make sure, before a long run, that a list can be used.

    Raises:
        ConfigError: ``manifest_invalid`` if it cannot be read, or has no column of photos.
        MissingExtraError: ``missing_extra`` if it needs pyarrow, which is not installed.
    """
    with contextlib.closing(_rows(path, column)) as rows:
        for row in islice(rows, _ROWS_CHECKED):
            if isinstance(row, Row):
                return


def manifest_photos(path: str, column: str | None) -> Iterator[Photo | Failure]:
    """Read the photos of a list, row by row.

    Args:
        path: A file for which `is_manifest` holds. Relative names count from its folder.
        column: Column of the names; None chooses as `photo_column` does.

    Yields:
        Photos, under their names joined to the folder of the list; a failure
        ``manifest_invalid`` for each broken row, under the name of the list, a colon and the
        number of the line; one for the list if it breaks off or cannot be read; ``not_found``
        if it names no photo.
    """
    yield from _photos(_rows(path, column), path, os.path.dirname(path))  # noqa: PTH120 - keeps ./


def listed_photos(
    stream: BinaryIO, name: str, *, null_separated: bool
) -> Iterator[Photo | Failure]:
    """Read the photos of a list of names from a stream.

    Args:
        stream: Standard input, opened in binary. Relative names count from the working folder.
        name: What to call it in failures.
        null_separated: Whether names end with NUL instead of a line end.

    Yields:
        As `manifest_photos`.
    """
    rows = null_separated_rows(stream) if null_separated else text_rows(stream)
    yield from _photos(_with_name(rows, name), name, "")


def _rows(path: str, column: str | None) -> Generator[Row | BrokenRow, None, None]:
    try:
        with open_regular(path) as raw, io.BufferedReader(raw) as file:  # type: ignore[type-var]
            yield from _with_name(READERS[_suffix(path)](file, column), path)
    except UnreadableError as error:
        raise _unusable(path, error.message) from error


def _with_name(rows: Iterable[Row | BrokenRow], manifest: str) -> Iterator[Row | BrokenRow]:
    """Pass rows on; what ends them says of which list it speaks."""
    try:
        yield from rows
    except ConfigError as error:
        raise _unusable(manifest, error.message) from error
    except OSError as error:
        raise _unusable(
            manifest, f"it could not be read: {error.strerror or error}; check the disk or the pipe"
        ) from error


def _photos(
    rows: Iterable[Row | BrokenRow], manifest: str, folder: str
) -> Iterator[Photo | Failure]:
    is_empty = True
    try:
        for row in rows:
            is_empty = False
            if not isinstance(row, Row):
                yield Failure(
                    path=f"{manifest}:{row.place}",
                    code="manifest_invalid",
                    message=f"row {row.place} of the list {manifest!r} {row.problem}",
                )
            elif is_address(row.name):
                yield photo_named(row.name)
            else:
                yield photo_named(os.path.join(folder, row.name))  # noqa: PTH118 - names stay exact
    except StudioDetectorError as error:
        yield Failure.of(manifest, error)
    else:
        if is_empty:
            yield Failure(
                path=manifest,
                code="not_found",
                message=f"the list {manifest!r} names no photo; fill or leave it out",
            )


def _unusable(path: str, problem: str) -> ConfigError:
    return ConfigError(f"the list {path!r} cannot be used: {problem}", code="manifest_invalid")


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - Path would take a name apart
