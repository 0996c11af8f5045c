"""Pictures between their arrival and the end of their keeping."""

from __future__ import annotations

from studio_detector.service.blobs.base import Blobs, Vault, blob_key
from studio_detector.service.blobs.folder import FolderBlobs
from studio_detector.service.blobs.open import open_blobs
from studio_detector.service.blobs.s3 import S3Blobs

__all__ = ["Blobs", "FolderBlobs", "S3Blobs", "Vault", "blob_key", "open_blobs"]
