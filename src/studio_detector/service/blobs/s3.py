"""Pictures in a bucket of Amazon S3 or of a store that speaks like it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from studio_detector.errors import BusyError, ConfigError
from studio_detector.service.blobs.base import is_key, picture_gone, split_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_CONNECT_TIMEOUT = timedelta(seconds=3)
_REQUEST_TIMEOUT = timedelta(seconds=30)
# Jobs are retried from the store; here only a hiccup is bridged.
_RETRIES = 2
_RETRY_TIMEOUT = timedelta(seconds=10)
# How Minio, Ceph and others say that there is no room (HTTP 507, 403 and 400).
_FULL_WORDS = ("XMinioStorageFull", "QuotaExceeded", "QuotaLimitExceeded", "507 Insufficient")
_RETRY_WHEN_FULL_S = 60.0


class S3Blobs:
    """`Blobs` in a bucket.

    Credentials, the region and whatever else is Amazon's are taken as its own tools take them:
    from ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION`` or the machine's role.

    Args:
        url: ``s3://bucket`` or ``s3://bucket/prefix``.
        endpoint: Address of a store that is not Amazon's; None for Amazon's.

    Raises:
        ConfigError: ``config_invalid_value`` if the address names no bucket.
    """

    def __init__(self, url: str, *, endpoint: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.hostname or parts.netloc != parts.hostname:
            raise ConfigError(
                "blobs_url names no bucket; write it as s3://bucket/prefix, and give "
                "credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                code="config_invalid_value",
            )
        place: dict[str, Any] = {} if endpoint is None else {"endpoint": endpoint}
        try:
            self._store = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                client_options={
                    "connect_timeout": _CONNECT_TIMEOUT,
                    "timeout": _REQUEST_TIMEOUT,
                    "allow_http": endpoint is not None and endpoint.startswith("http://"),
                },
                retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
                **place,
            )
        except (BaseError, ValueError) as error:
            raise ConfigError(
                f"blobs_url or blobs_endpoint cannot be used ({_cause(error)}); check both, and "
                "the variables AWS_...",
                code="config_invalid_value",
            ) from error

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`."""
        split_key(key)
        try:
            # In one request: parts of one that was broken off would stay, unseen and paid for.
            obstore.put(self._store, key, data, use_multipart=False)
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error

    def get(self, key: str) -> bytes:
        """See `Blobs.get`."""
        split_key(key)
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError as error:
            self.ping()  # the bucket may be what is gone
            raise picture_gone(key) from error
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error

    def exists(self, key: str) -> bool:
        """See `Blobs.exists`."""
        split_key(key)
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            self.ping()
            return False
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error
        return True

    def delete(self, key: str) -> None:
        """See `Blobs.delete`."""
        split_key(key)
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs.older_than`."""
        try:
            for page in obstore.list(self._store):
                for found in page:
                    if is_key(found["path"]) and found["last_modified"] < moment:
                        yield found["path"]
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error

    def tidy(self) -> None:
        """See `Blobs.tidy`; nothing is held."""

    def close(self) -> None:
        """See `Blobs.close`; the client ends by itself."""

    def ping(self) -> None:
        """See `Blobs.ping`."""
        try:
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        except (BaseError, OSError, ValueError) as error:
            raise _busy(error) from error


def _busy(error: Exception) -> BusyError:
    if any(words in str(error) for words in _FULL_WORDS):
        return BusyError(
            "there is no room for the picture in the bucket; make room, or keep pictures for a "
            "shorter time (keep_pictures_s)",
            code="storage_full",
            retry_after_s=_RETRY_WHEN_FULL_S,
        )
    return BusyError(
        f"the bucket of pictures cannot be used ({_cause(error)}); check blobs_url, "
        "blobs_endpoint and the variables AWS_...",
        code="storage_unavailable",
    )


def _cause(error: Exception) -> str:
    # Its text quotes addresses and answers of the store.
    return type(error).__name__
