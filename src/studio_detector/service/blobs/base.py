"""What every place for pictures can do, and how pictures are named in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from studio_detector.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

# No dot or dash in front, so that no tenant is a hidden file, a parent folder or an option.
_TENANT = r"[a-z0-9][a-z0-9._-]{0,63}"
_KEY = re.compile(rf"({_TENANT})/([0-9a-f]{{64}})")


class Blobs(Protocol):
    """Pictures by key, ``tenant/sha256``; may be used by several threads and processes at once.

    Every method raises ``RequestError`` (``request_invalid``) for a key that is none, and
    ``BusyError`` (``storage_unavailable``) if the place cannot be reached.
    """

    def put(self, key: str, data: bytes | bytearray) -> None:
        """Keep a picture: wholly or not at all, and from now on, if it was there already.

        Args:
            key: Its key.
            data: Its bytes.

        Raises:
            BusyError: ``storage_full`` if there is no room.
        """

    def get(self, key: str) -> bytes:
        """Give the bytes of a picture.

        Raises:
            RequestError: ``picture_gone`` if it is not there, or no longer.
        """

    def exists(self, key: str) -> bool:
        """Say whether a picture is there."""

    def delete(self, key: str) -> None:
        """Remove a picture; that it is not there is no error."""

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Find the pictures that were last put before a moment.

        Args:
            moment: With a time zone.

        Yields:
            Keys, in no order; a picture put again while this goes on may still be named.
        """

    def ping(self) -> None:
        """Make sure that the place can be reached."""

    def tidy(self) -> None:
        """Let go of what was held for later pictures in vain; to be called every minute or so."""

    def close(self) -> None:
        """Let go of what is held for later pictures; those that are kept stay."""


class Vault(Blobs, Protocol):
    """`Blobs` as the service sees them: what is put is noted as needed, what is given is checked.

    The hash of a key must be that of the bytes. What is put by ``put`` will most likely be asked
    for soon, and once; what is put by ``put_all`` may wait long. ``get`` raises ``RequestError``
    (``picture_damaged``), too, if what is there is not what was put.
    """

    def find(self, keys: Sequence[str]) -> dict[str, Callable[[], bytes]]:
        """Look a handful of pictures up, with less for the database to do than for `get` of each.

        Args:
            keys: Their keys.

        Returns:
            Key -> gives the picture as `get` does, and raises what that raises; soon, since the
            picture may be put anew meanwhile. What is not there may be left out.
        """

    def put_all(self, pictures: Mapping[str, bytes | bytearray]) -> None:
        """Keep many pictures as `put` does each, with less for the database to do.

        Args:
            pictures: Key -> bytes.

        Raises:
            BusyError: As `put`; some may be kept.
        """


def blob_key(tenant: str, image_hash: str) -> str:
    """The key of a tenant's picture.

    Args:
        tenant: Name of the tenant.
        image_hash: SHA-256 of the bytes, 64 hexadecimal digits in lower case.

    Raises:
        RequestError: ``request_invalid`` if they cannot make a key.
    """
    key = f"{tenant}/{image_hash}"
    split_key(key)
    return key


def is_tenant(text: str) -> bool:
    """Say whether a text can be the name of a tenant."""
    return re.fullmatch(_TENANT, text) is not None


def is_key(text: str) -> bool:
    """Say whether a text is a key; what others left in the place is none."""
    return _KEY.fullmatch(text) is not None


def split_key(key: str) -> tuple[str, str]:
    """Take a key apart.

    Returns:
        Tenant and hash, both safe as names of files.

    Raises:
        RequestError: ``request_invalid`` if it is no key.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        raise RequestError(
            f"{key[:100]!r} names no picture; a key is TENANT/SHA256 in lower case",
            code="request_invalid",
        )
    return found[1], found[2]


def picture_gone(key: str) -> RequestError:
    """The error for a picture that is not there."""
    return RequestError(
        f"the picture {split_key(key)[1]} is no longer kept; send it again", code="picture_gone"
    )
