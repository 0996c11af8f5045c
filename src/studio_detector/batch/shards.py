"""Results on the disk, in shards that are there whole or not at all.

A shard is a gzip file of JSON lines: one result a line at full precision, then a last line
with their number. It is written under a temporary name, brought onto the disk and renamed, so
a kill can tear none. Shards are numbered from 0 without a gap.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_NAME = re.compile(r"[0-9]{8}\.jsonl\.gz")
# Measurements are noise to a compressor; more effort gains little.
_COMPRESSION = 1
_GZIP_FORMAT = zlib.MAX_WBITS | 16
_LAST_LINE_KEY = "rows_in_shard"


@dataclass(slots=True)
class ShardWriter:
    """Writes one shard after the other.

    Attributes:
        folder: Where they go.
        number: Of the shard that is written next.
        rows: Results in the shard that is open; 0 where none is.
    """

    folder: Path
    number: int
    rows: int = 0
    _file: BinaryIO | None = field(default=None, init=False)
    _packer: Any = field(default=None, init=False)

    def write(self, result: dict[str, Any]) -> None:
        """Add a result to the open shard.

        Raises:
            OSError: If the disk does not take it; then the open shard is given up, since it
                may hold half a result.
        """
        line = _line(result)
        try:
            if self._file is None:
                self._file = files.create(self._temporary())
                self._packer = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _GZIP_FORMAT)
            self._file.write(self._packer.compress(line))
        except BaseException:
            self.abandon()
            raise
        self.rows += 1

    def commit(self) -> None:
        """Finish the open shard; from here on nothing loses its results.

        Raises:
            OSError: If the disk does not take it; then the open shard is given up.
        """
        if self._file is None:
            return
        try:
            self._file.write(self._packer.compress(_line({_LAST_LINE_KEY: self.rows})))
            self._file.write(self._packer.flush())
            files.sync(self._file)
            self._file.close()
            files.rename(self._temporary(), _path(self.folder, self.number))
        except BaseException:
            self.abandon()
            raise
        self._file = None
        self.number += 1
        self.rows = 0

    def abandon(self) -> None:
        """Let go of the open shard, as a kill would."""
        file, self._file = self._file, None
        self.rows = 0
        if file is not None:
            with contextlib.suppress(OSError):  # a full disk may be why we are here
                file.close()

    def _temporary(self) -> Path:
        path = _path(self.folder, self.number)
        return path.with_name(path.name + files.TEMPORARY)


def shard_count(folder: Path) -> int:
    """Number of finished shards.

    Raises:
        OutputError: ``resume_mismatch`` if one is missing between others.
    """
    names = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    for number, name in enumerate(names):
        if name != _path(folder, number).name:
            raise OutputError(
                f"the part {_path(folder, number).name} is missing in {str(folder)!r}; "
                "the run cannot be resumed: start again with --overwrite",
                code="resume_mismatch",
            )
    return len(names)


def read_shards(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """Read the results of the first shards, one after the other.

    Args:
        folder: Where they are.
        count: How many shards.

    Yields:
        Results, in the order in which they were written.

    Raises:
        OutputError: ``resume_mismatch`` if a shard is damaged.
    """
    for number in range(count):
        yield from _read(_path(folder, number))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    rows = 0
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                result: dict[str, Any] = json.loads(line)
                if _LAST_LINE_KEY in result:
                    if result[_LAST_LINE_KEY] == rows:
                        return
                    break
                rows += 1
                yield result
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise _damaged(path) from error
    raise _damaged(path)


def _damaged(path: Path) -> OutputError:
    return OutputError(
        f"the part {str(path)!r} of the unfinished run is damaged; remove it and all parts after "
        "it and resume, or start again with --overwrite",
        code="resume_mismatch",
    )


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.jsonl.gz"


def _line(data: dict[str, Any]) -> bytes:
    # Escaped, because a path may hold what is no valid text.
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
