"""File names made from names of photos: plain, short, different, no way out of a folder."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

_LONGEST = 48
_UNWANTED = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Letters a to z, digits and single dashes that remind of a text; "photo" where none do.

    Args:
        text: Anything, in any script.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _UNWANTED.sub("-", plain)[:_LONGEST].strip("-") or "photo"


def page_name(number: int, path: str | None) -> str:
    """The name of the page, or of the folder, of one photo among several.

    The number alone keeps the names of a run apart, whatever the photos are called, and keeps
    them clear of names that an operating system reserves.

    Args:
        number: Its place, from 1.
        path: Name the photo was given by.
    """
    last = PurePosixPath(PureWindowsPath(path or "").name).name
    return f"{number:04d}-{slug(last.rpartition('.')[0] or last)}"
