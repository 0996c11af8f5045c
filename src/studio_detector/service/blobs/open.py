"""Which place for pictures the settings mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.blobs.folder import FolderBlobs
from studio_detector.service.blobs.s3 import S3Blobs

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.service.blobs.base import Blobs
    from studio_detector.service.settings import ServiceSettings

#: Folder of the pictures in that of the service.
PICTURES_FOLDER = "pictures"


def open_blobs(settings: ServiceSettings, data_dir: Path, *, noise: bytes | None = None) -> Blobs:
    """Open the place for pictures.

    Args:
        settings: ``blobs_url`` and ``blobs_endpoint``.
        data_dir: The folder of the service, for when no bucket is named.
        noise: See `FolderBlobs`; for who calls `Blobs.tidy` every minute or so.

    Raises:
        ConfigError: ``config_invalid_value`` if ``blobs_url`` names no bucket.
        BusyError: ``storage_unavailable`` if the folder cannot be made.
    """
    if settings.blobs_url is None:
        return FolderBlobs(data_dir / PICTURES_FOLDER, noise=noise)
    return S3Blobs(settings.blobs_url, endpoint=settings.blobs_endpoint)
