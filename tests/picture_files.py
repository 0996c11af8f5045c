"""Where a service keeps pictures in a folder."""

from __future__ import annotations


def picture_files(folder):
    """Files below a folder that hold something; those of deleted pictures hold zeros alone.

    Args:
        folder: Need not be there.
    """
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.read_bytes().strip(b"\0"))
