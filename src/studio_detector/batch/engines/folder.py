"""The folder of Parquet parts an engine writes: what a run left there, and what is missing."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow
from studio_detector.batch.rows import ROW_SCHEMA_VERSION
from studio_detector.batch.settings_message import settings_to_plain
from studio_detector.errors import ConfigError, OutputError
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_detector.batch.scoring import Scorer
    from studio_detector.pipeline.settings import Settings

#: What was run, beside the parts. Readers of Parquet folders skip names with an underscore.
RUN_FILE = "_run.json"
_SUFFIX = ".parquet"
# Given to what a killed run left half written, with an underscore in front.
_UNFINISHED = ".unfinished"


def run_identity(settings: Settings, scorer: Scorer) -> dict[str, Any]:
    """What must be equal for two runs to write rows into one folder.

    Args:
        settings: Of the run.
        scorer: Built from them.

    Returns:
        Plain data: settings, model with digest, versions, and the digest of the columns.
    """
    names = "\n".join(scorer.schema.names)
    # Where pictures are decoded does not change their rows.
    plain = {k: v for k, v in settings_to_plain(settings).items() if k != "isolate"}
    return {
        "settings": json.loads(json.dumps(plain)),
        "model": scorer.detector.model.identity,
        "version": VERSION,
        "row_schema_version": ROW_SCHEMA_VERSION,
        "columns": hashlib.sha256(names.encode()).hexdigest()[:16],
    }


@dataclass(frozen=True, slots=True)
class PartsFolder:
    """A folder of parts on a disk or in a store.

    Attributes:
        filesystem: A ``pyarrow.fs.FileSystem``.
        path: The folder, in the words of the file system.
    """

    filesystem: Any
    path: str

    @classmethod
    def at(cls, output: str) -> PartsFolder:
        """Open a folder given as a path or an address.

        Raises:
            ConfigError: ``config_invalid_value`` for an address pyarrow cannot open.
            MissingExtraError: ``missing_extra`` without pyarrow.
        """
        fs = arrow("pyarrow.fs")
        if "://" not in output:
            return cls(fs.LocalFileSystem(), os.fspath(Path(output).absolute()))
        try:
            return cls(*fs.FileSystem.from_uri(output))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the output {output!r} cannot be opened: {error}", code="config_invalid_value"
            ) from error

    def claim(self, identity: dict[str, Any], *, resume: bool) -> None:
        """Make the folder and write down whose rows it holds.

        Args:
            identity: From `run_identity`.
            resume: Whether parts may be there already.

        Raises:
            OutputError: ``output_exists`` if there are parts and ``resume`` is off;
                ``resume_mismatch`` if they are of another run; ``output_failed`` if the folder
                cannot be written.
        """
        if self._names():
            if not resume:
                raise OutputError(
                    f"{self.path!r} holds parts of a run; resume it or name another folder",
                    code="output_exists",
                )
            self._check(identity)
        try:
            self.filesystem.create_dir(self.path, recursive=True)
            with self.filesystem.open_output_stream(f"{self.path}/{RUN_FILE}") as stream:
                stream.write(json.dumps(identity, indent=1).encode())
        except OSError as error:
            raise OutputError(
                f"{self.path!r} cannot be written: {error}; name another folder",
                code="output_failed",
            ) from error

    def _check(self, identity: dict[str, Any]) -> None:
        try:
            with self.filesystem.open_input_stream(f"{self.path}/{RUN_FILE}") as stream:
                found = json.loads(stream.read())
        except (OSError, ValueError) as error:
            raise OutputError(
                f"{self.path!r} holds parts, but no {RUN_FILE} says of which run ({error}); "
                "name another folder",
                code="resume_mismatch",
            ) from error
        different = sorted(
            key
            for key in identity.keys() | (found.keys() if isinstance(found, dict) else set())
            if not isinstance(found, dict) or found.get(key) != identity.get(key)
        )
        if different:
            raise OutputError(
                f"the parts in {self.path!r} come from another run (different: "
                f"{', '.join(different)}); name another folder, or run with what made them",
                code="resume_mismatch",
            )

    def set_unfinished_aside(self) -> int:
        """Rename parts that a killed run left without an end.

        Returns:
            How many there were. Their photos count as not done.
        """
        parquet, errors = arrow("pyarrow.parquet"), arrow("pyarrow.lib")
        count = 0
        for name in self._names():
            try:
                parquet.read_metadata(name, filesystem=self.filesystem)
            except errors.ArrowInvalid:
                folder, _, last = name.rpartition("/")
                self.filesystem.move(name, f"{folder}/_{last}{_UNFINISHED}")
                count += 1
        return count

    def done(self) -> Counter[str]:
        """How many rows there are for each path."""
        found: Counter[str] = Counter()
        for batch in self._read("path", "path_bytes"):
            for path, raw in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                found[path if raw is None else os.fsdecode(bytes.fromhex(raw))] += 1
        return found

    def outcomes(self) -> Counter[str]:
        """How many rows there are of each label and each error code."""
        found: Counter[str] = Counter()
        for batch in self._read("label", "error_code"):
            labels, codes = (column.to_pylist() for column in batch.columns)
            found.update(code or label for label, code in zip(labels, codes, strict=True))
        return found

    def _read(self, *columns: str) -> Iterator[Any]:
        names = self._names()
        if not names:  # of which no data set knows the columns
            return
        dataset = arrow("pyarrow.dataset")
        parts = dataset.dataset(names, format="parquet", filesystem=self.filesystem)
        yield from parts.to_batches(columns=list(columns))

    def _names(self) -> list[str]:
        fs = arrow("pyarrow.fs")
        listed = self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return sorted(
            info.path
            for info in listed
            if info.type == fs.FileType.File
            and info.base_name.endswith(_SUFFIX)
            and not info.base_name.startswith(("_", "."))
        )


def missing(paths: Iterable[str], done: Counter[str]) -> tuple[str, ...]:
    """The paths that have no row yet; one given twice needs two rows.

    Args:
        paths: All paths of the run.
        done: From `PartsFolder.done`; used up.

    Returns:
        The others, in order.
    """
    left = []
    for path in paths:
        if done[path] > 0:
            done[path] -= 1
        else:
            left.append(path)
    return tuple(left)
