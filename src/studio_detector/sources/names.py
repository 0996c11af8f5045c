"""What names say: pictures, hidden things, addresses; and the step from a name to a photo."""

from __future__ import annotations

import posixpath
import re

from studio_detector.errors import UnsupportedError
from studio_detector.pipeline.report import Failure
from studio_detector.sources.photo import Photo

#: Names that promise a picture; a file in a folder that has one is never left out.
PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
    | {".heic", ".heif"}
)

# One letter would be a Windows drive.
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://")


def promises_picture(name: str) -> bool:
    """Tell whether the suffix of a name is one of `PICTURE_SUFFIXES`, in any case."""
    return posixpath.splitext(name)[1].lower() in PICTURE_SUFFIXES


def is_hidden(name: str) -> bool:
    """Tell whether a member of an archive is one that nobody put there to be looked at.

    Args:
        name: Name with forward slashes.

    Returns:
        True where a part of it begins with a dot, or is the ``__MACOSX`` of macOS archives.
    """
    return any(
        part == "__MACOSX" or (part.startswith(".") and part not in {".", ".."})
        for part in name.split("/")
    )


def is_address(name: str) -> bool:
    """Tell whether a name is an address such as ``https://...`` or ``s3://...``."""
    return _ADDRESS.match(name) is not None


def photo_named(name: str) -> Photo | Failure:
    """Take a name, from an argument or a list, for a photo.

    Every name goes through here, so that this is where addresses will be fetched from.

    Args:
        name: Path of a file, which is not looked at yet, or an address.

    Returns:
        The photo; a failure ``unsupported_scheme`` for an address.
    """
    address = _ADDRESS.match(name)
    if address is None:
        return Photo(source=name, path=name)
    return Failure.of(
        name,
        UnsupportedError(
            f"{name!r} is an address, and fetching from {address['scheme'].lower()} is not built "
            "yet; fetch it first and give the file",
            code="unsupported_scheme",
        ),
    )
