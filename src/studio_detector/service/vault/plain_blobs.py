"""Pictures as they are, where encryption is turned off."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.errors import RequestError
from studio_detector.service.blobs.base import split_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from studio_detector.service.blobs import Blobs
    from studio_detector.service.store import Pictures


class PlainBlobs:
    """`Vault` around others, which keep the pictures as they are.

    Args:
        inner: Where the bytes lie.
        pictures: Where it is noted.
    """

    def __init__(self, inner: Blobs, pictures: Pictures) -> None:
        self._inner = inner
        self._pictures = pictures

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`."""
        self.put_all({key: data})

    def put_all(self, pictures: Mapping[str, bytes | bytearray]) -> None:
        """See `Vault.put_all`."""
        self._pictures.need([split_key(key) for key in pictures])
        for key, data in pictures.items():
            self._inner.put(key, data)

    def get(self, key: str) -> bytes:
        """See `Vault.get`."""
        data = self._inner.get(key)
        _, image_hash = split_key(key)
        if hashlib.sha256(data).hexdigest() != image_hash:
            raise RequestError(
                f"the kept picture {image_hash} has other bytes than were put there; send it "
                "again, and find out who can write to the place of pictures",
                code="picture_damaged",
            )
        return data

    def find(self, keys: Sequence[str]) -> dict[str, Callable[[], bytes]]:
        """See `Vault.find`; there is nothing to look up."""
        return {key: partial(self.get, key) for key in keys}

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

    def tidy(self) -> None:
        """See `Blobs.tidy`."""
        self._inner.tidy()

    def close(self) -> None:
        """See `Blobs.close`."""
        self._inner.close()
