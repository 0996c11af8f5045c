"""The place of pictures: one is put there, read and deleted."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from typing import TYPE_CHECKING

from studio_detector.service.blobs.base import blob_key
from studio_detector.service.blobs.open import PICTURES_FOLDER, open_blobs
from studio_detector.service.checks.finding import failed, ok

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.settings import ServiceSettings

_BYTES = 4096
# Whatever of it was left behind is no picture of anybody, and the sweeper removes it.
_TENANT = "probe"


def check_pictures(settings: ServiceSettings, data_dir: Path) -> Finding:
    """Whether what is put there can be read and deleted."""
    if settings.blobs_url is None:
        return _check_folder(data_dir / PICTURES_FOLDER)
    blobs = open_blobs(settings, data_dir)
    data = secrets.token_bytes(_BYTES)
    key = blob_key(_TENANT, hashlib.sha256(data).hexdigest())
    blobs.put(key, data)
    try:
        found = blobs.get(key)
    finally:
        blobs.delete(key)
    if found != data:
        return failed("the bucket does not give what is put there; see to what blobs_url names")
    if blobs.exists(key):
        return failed("the bucket keeps what is deleted; see to the rights on what blobs_url names")
    return ok("a bucket; one was put, read and deleted")


def _check_folder(folder: Path) -> Finding:
    if not folder.exists():
        return ok("there is no folder yet; the service makes it")
    data = secrets.token_bytes(_BYTES)
    try:
        # It has no name, or loses it with this block.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(data)
            file.seek(0)
            found = file.read()
    except OSError as error:
        return failed(
            f"{folder} cannot be written ({error.strerror or type(error).__name__}); see to its "
            "disk and its owner"
        )
    if found != data:
        return failed(f"{folder} does not give what is written there; see to its disk")
    return ok(f"{folder}; one was written and read")
