"""Pictures into folders by their labels."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias, get_args

from studio_detector.batch import files
from studio_detector.decision.policy import Label
from studio_detector.errors import OutputError, UnreadableError
from studio_detector.imaging.source import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_detector.sources.photo import Photo

#: How a picture gets into its folder.
SortBy: TypeAlias = Literal["copy", "link"]

# File systems take 255 bytes; the digest, a suffix and the mark of an unfinished file are added.
_STEM_BYTES = 160
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
_DIGEST_LETTERS = 12
_PIECE_BYTES = 1 << 20


class Sorter:
    """Puts pictures into ``studio``, ``natural`` and ``uncertain`` below one folder.

    A picture keeps its name, with a digest of its path and bytes added: pictures of one name
    never meet, and placing a picture again changes nothing, so that a resumed run may. Names
    from outside become one harmless component; nothing is ever written elsewhere.

    Args:
        folder: Where the folders go; made where it is missing.
        by: "copy", or "link" for symbolic links to pictures that are files of their own;
            members of archives are always written.

    Raises:
        OutputError: ``output_failed`` if the folders cannot be made, or one is a link.
    """

    def __init__(self, folder: Path, *, by: SortBy = "copy") -> None:
        self._folder = folder
        self._by = by
        with self._writing():
            for label in get_args(Label):
                place = folder / label
                place.mkdir(parents=True, exist_ok=True)
                if place.is_symlink():
                    raise OutputError(
                        f"{str(place)!r} is a link and may lead anywhere; name another folder "
                        "with --sort-into",
                        code="output_failed",
                    )

    def place(self, photo: Photo, result: Mapping[str, Any]) -> str | None:
        """Put one picture where it belongs.

        Args:
            photo: What was analysed; its source is a path or bytes.
            result: What was found.

        Returns:
            What kept a readable picture from being placed, in one line; None if nothing did.

        Raises:
            OutputError: ``output_failed`` if the folder cannot be written.
        """
        if "error" in result:
            return None
        target = self._folder / result["label"] / placed_name(photo.path, result.get("sha256"))
        if os.path.lexists(target):
            return None
        source = photo.source
        if isinstance(source, bytes):
            self._write(target, lambda file: file.write(source))
            return None
        if not isinstance(source, str):
            raise TypeError(f"a photo to sort is a path or bytes, not {type(source).__name__}")
        if self._by == "link":
            self._link(target, Path(source).absolute())
            return None
        try:
            with open_regular(source) as original:
                self._write(target, lambda file: _copy(original, file))
        except (UnreadableError, _NotCopiedError) as error:
            return f"{photo.path!r} was analysed but not copied: {error}"
        return None

    def _write(self, target: Path, fill: Any) -> None:  # noqa: ANN401 - any callable on a file
        temporary = target.with_name(f".{target.name}{files.TEMPORARY}")
        with self._writing():
            file: BinaryIO
            try:
                with files.create(temporary) as file:
                    fill(file)
            except _NotCopiedError:
                files.remove(temporary)
                raise
            temporary.replace(target)

    def _link(self, target: Path, original: Path) -> None:
        temporary = target.with_name(f".{target.name}{files.TEMPORARY}")
        with self._writing():
            files.remove(temporary)
            temporary.symlink_to(original)
            temporary.replace(target)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with files.telling_what_failed(
            f"the folder {str(self._folder)!r} of sorted pictures",
            "free some space or the way to it, and go on with --resume",
        ):
            yield


class _NotCopiedError(Exception):
    """The picture, not the folder it goes to, is why it cannot be copied."""


def _copy(original: BinaryIO, file: BinaryIO) -> None:
    """Copy a picture.

    Raises:
        _NotCopiedError: If it cannot be read.
    """
    while True:
        try:
            piece = original.read(_PIECE_BYTES)
        except OSError as error:
            raise _NotCopiedError(error.strerror or str(error)) from error
        if not piece:
            break
        file.write(piece)


def placed_name(path: str, sha256: str | None) -> str:
    """Name of a picture in its folder.

    Args:
        path: Its name in the rows: anything at all.
        sha256: Digest of its bytes.

    Returns:
        One component without separators, control characters, a leading dot or dash; different for
        different paths or bytes, equal for equal ones.
    """
    component = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    stem, suffix = os.path.splitext(component)  # noqa: PTH122 - a Path would interpret more
    if not _SUFFIX.fullmatch(suffix):
        stem, suffix = component, ""
    clean = "".join(c if c.isprintable() and c not in ':*?"<>|' else "_" for c in stem)
    clean = clean.lstrip(".-").encode()[:_STEM_BYTES].decode(errors="ignore")
    identity = path.encode("utf-8", "surrogatepass") + b"\0" + (sha256 or "").encode()
    digest = hashlib.sha256(identity).hexdigest()[:_DIGEST_LETTERS]
    return f"{clean or 'photo'}-{digest}{suffix}"
