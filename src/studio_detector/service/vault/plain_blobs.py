"""Pictures as they are, where encryption is turned off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.blobs.base import split_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_detector.service.blobs import Blobs
    from studio_detector.service.store import Pictures


class PlainBlobs:
    """`Blobs` as others keep them; putting a picture notes that it is needed.

    Args:
        inner: Where the bytes lie.
        pictures: Where it is noted.
    """

    def __init__(self, inner: Blobs, pictures: Pictures) -> None:
        self._inner = inner
        self._pictures = pictures

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`."""
        self._pictures.need(*split_key(key))
        self._inner.put(key, data)

    def get(self, key: str) -> bytes:
        """See `Blobs.get`."""
        return self._inner.get(key)

    def exists(self, key: str) -> bool:
        """See `Blobs.exists`."""
        return self._inner.exists(key)

    def delete(self, key: str) -> None:
        """See `Blobs.delete`."""
        self._inner.delete(key)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs.older_than`."""
        return self._inner.older_than(moment)

    def ping(self) -> None:
        """See `Blobs.ping`."""
        self._inner.ping()
