"""The folder of an unfinished run, ``FILE.parts``: who may use it, and what it is of.

========================  ==================================================================
``lock``                  held by the run that uses the folder
``run.json``              what the results depend on besides the inputs
``00000000.jsonl.gz`` …   finished shards
``.thumbnails/``          small pictures for the overview
``*.part``                whatever was being written; worthless after a kill
========================  ==================================================================
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from studio_detector.batch import files
from studio_detector.batch.shards import ShardWriter, read_shards, shard_count
from studio_detector.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: "new" refuses what is there, "resume" goes on with it, "overwrite" replaces it.
Mode: TypeAlias = Literal["new", "resume", "overwrite"]

_LOCK = "lock"
_RUN = "run.json"
# The folder's last name, so that a kill while it is removed leaves nothing to resume.
_FINISHED = ".finished"
# Everything a batch ever puts into the folder.
_OWN = re.compile(
    rf"{_LOCK}|{re.escape(_RUN)}|\d{{8}}\.jsonl\.gz|\.thumbnails|\.studio-detector-seen-.*"
    rf"|.*{re.escape(files.TEMPORARY)}(-journal)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The folder of a run, held by this process.

    Attributes:
        output: The file that the run is to give.
        folder: The folder.
        shards: Finished shards found in it.
    """

    output: Path
    folder: Path
    shards: int

    def results(self, shards: int | None = None) -> Iterator[dict[str, Any]]:
        """Results of the first shards, by default of those found at the start."""
        return read_shards(self.folder, self.shards if shards is None else shards)

    def writer(self) -> ShardWriter:
        """Writes the shards that follow."""
        return ShardWriter(self.folder, self.shards)

    def finish(self) -> None:
        """Remove the folder, once the output is there.

        Raises:
            OSError: If it cannot be renamed. What cannot be removed then is left lying.
        """
        remove_leftovers(self.output)
        files.rename(self.folder, _finished(self.output))
        remove_leftovers(self.output)


def parts_folder(output: Path) -> Path:
    """Where the parts of an output are kept: beside it, so that renaming moves no bytes."""
    return output.with_name(output.name + ".parts")


def is_finished(output: Path) -> bool:
    """Whether the output is there and no run of it is unfinished."""
    return output.exists() and not parts_folder(output).exists()


def remove_leftovers(output: Path) -> None:
    """Remove what a kill left at the very end of a finished run, as far as that can be."""
    last = _finished(output)
    with contextlib.suppress(OSError):
        if last.exists():
            files.remove_folder(last)


@contextlib.contextmanager
def open_parts(output: Path, mode: Mode, identity: Mapping[str, Any]) -> Iterator[Parts]:
    """Take the folder of a run for this process.

    Args:
        output: The file that the run is to give.
        mode: What to do with an unfinished run, or a finished output, that is there.
        identity: What the results depend on besides the inputs; plain data for JSON.

    Yields:
        The parts. The lock goes with the block, or with the process.

    Raises:
        OutputError: ``output_exists`` in mode "new"; ``output_busy`` if another process holds
            it; ``resume_mismatch`` if the unfinished run differs in its identity;
            ``output_failed`` if the folder cannot be made.
    """
    folder = parts_folder(output)
    if mode == "new":
        _refuse_existing(output, folder)
    trouble = "name another --output, or free the way to this one"
    with files.telling_what_failed(f"the output {str(output)!r}", trouble):
        if output.is_dir():
            raise OutputError(
                f"the output {str(output)!r} is a folder; name a file", code="output_failed"
            )
        _refuse_foreign(folder)
        folder.mkdir(exist_ok=True)
        files.sync_folder(folder.parent)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, folder)
        with files.telling_what_failed(f"the output {str(output)!r}", trouble):
            if mode == "new" and output.exists():  # since it was refused above
                files.remove_folder(folder)
                raise _exists(output)
            _tidy(output, folder, keep_shards=mode == "resume")
        shards = shard_count(folder)
        with files.telling_what_failed(f"the output {str(output)!r}", trouble):
            _check_identity(folder, identity, shards=shards)
        yield Parts(output=output, folder=folder, shards=shards)
    finally:
        os.close(descriptor)


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that is not ours: what is in it would be removed in the end."""
    if folder.is_symlink():
        found = "it is a link"
    else:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        foreign = [name for name in names if not _OWN.fullmatch(name)]
        if not foreign:
            return
        found = f"it holds {foreign[0]!r}"
    raise OutputError(
        f"the folder {str(folder)!r} would be used for finished rows, but {found}, which is not "
        "of a batch; move it away or name another --output",
        code="output_failed",
    )


def _refuse_existing(output: Path, folder: Path) -> None:
    if folder.exists():
        raise OutputError(
            f"there is an unfinished run of {str(output)!r}; go on with --resume, or discard it "
            "with --overwrite",
            code="output_exists",
        )
    if output.exists():
        raise _exists(output)


def _exists(output: Path) -> OutputError:
    return OutputError(
        f"the output {str(output)!r} is there already; replace it with --overwrite, or name "
        "another",
        code="output_exists",
    )


def _lock(descriptor: int, folder: Path) -> None:
    if sys.platform == "win32":  # no flock: two runs at once are not noticed there
        return
    import fcntl  # noqa: PLC0415 - only where there is one

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have finished and taken the folder away in the meantime.
        mine = os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat())
    except OSError:
        mine = False
    if not mine:
        raise OutputError(
            f"another run is using {str(folder)!r}; wait for it, or name another --output",
            code="output_busy",
        )


def _tidy(output: Path, folder: Path, *, keep_shards: bool) -> None:
    remove_leftovers(output)
    if not keep_shards:
        # First of all, so that a kill on the way leaves nothing that could be resumed.
        files.remove(folder / _RUN)
        files.sync_folder(folder)
    for path in sorted(folder.iterdir(), reverse=True):
        if path.name == _LOCK or (keep_shards and not path.name.endswith(files.TEMPORARY)):
            continue
        if path.is_dir() and not path.is_symlink():
            files.remove_folder(path)
        else:
            files.remove(path)


def _check_identity(folder: Path, identity: Mapping[str, Any], *, shards: int) -> None:
    path = folder / _RUN
    try:
        before = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        before = None
    if before is None and not shards:
        files.write_whole(path, json.dumps(identity, indent=1).encode("ascii") + b"\n")
        return
    now = json.loads(json.dumps(identity))
    if before == now:
        return
    if not isinstance(before, dict):
        raise OutputError(
            f"{str(path)!r} is damaged or missing, so the unfinished run cannot be resumed; start "
            "again with --overwrite",
            code="resume_mismatch",
        )
    differing = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    raise OutputError(
        f"the unfinished run in {str(folder)!r} had other {', '.join(differing)} "
        f"({_shown(before.get(differing[0]))} then, {_shown(now.get(differing[0]))} now); "
        "give what it had, or start again with --overwrite",
        code="resume_mismatch",
    )


def _finished(output: Path) -> Path:
    return output.with_name(output.name + ".parts" + _FINISHED)


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
