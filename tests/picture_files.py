"""Where a service keeps pictures in a folder."""

from __future__ import annotations

from studio_detector.service.vault.envelope import HEAD


def picture_files(folder):
    """Files below a folder that can be read, by who has their keys.

    Those of deleted pictures hold zeros alone, or noise whose key is gone, until they hold others.

    Args:
        folder: Need not be there.
    """
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if not _is_spare(path))


def _is_spare(path):
    data = path.read_bytes()
    return not data.strip(b"\0") or (path.parent.name == ".incoming" and data.startswith(HEAD))
