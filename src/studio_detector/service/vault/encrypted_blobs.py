"""Pictures that whoever has the place they lie in cannot read."""

from __future__ import annotations

import itertools
import secrets
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.errors import RequestError
from studio_detector.service.blobs.base import blob_key, picture_gone, split_key
from studio_detector.service.store import DataKey
from studio_detector.service.vault.envelope import KEY_BYTES, DamagedError, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from studio_detector.service.blobs import Blobs
    from studio_detector.service.store import DataKeys
    from studio_detector.service.vault.master_keys import MasterKeys

_NAME_BYTES = 32
_PART = 500


class EncryptedBlobs:
    """`Vault` around others: each picture under a key and a name of its own, both by chance.

    The key's row in the store says under which name the bytes lie. So bytes and key can never
    be of two different puttings: whoever puts the same picture at the same moment gets the same
    row, and whoever puts it again after it was deleted gets another name. Names tell nothing of
    the pictures either, and without its row a copy of the bytes is noise.

    Putting a picture notes that it is needed, as `Pictures.need` does.

    Args:
        inner: Where the bytes lie.
        masters: Wrap the keys.
        keys: Where the wrapped keys are.
    """

    def __init__(self, inner: Blobs, masters: MasterKeys, keys: DataKeys) -> None:
        self._inner = inner
        self._masters = masters
        self._keys = keys

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`.

        Raises:
            ConfigError: ``master_key_missing`` if it is there under a key that is not.
        """
        self.put_all({key: data})

    def put_all(self, pictures: Mapping[str, bytes | bytearray]) -> None:
        """See `Vault.put_all` and `put`."""
        taken = self._taken([split_key(key) for key in pictures])
        for (key, data), (data_key, row) in zip(pictures.items(), taken, strict=True):
            tenant, image_hash = split_key(key)
            sealed = seal(data_key, data, tenant=tenant, image_hash=image_hash)
            self._inner.put(blob_key(tenant, row.blob), sealed)

    def get(self, key: str) -> bytes:
        """See `Vault.get`.

        Raises:
            RequestError: ``picture_damaged`` if it is not what was put.
            ConfigError: ``master_key_missing``.
        """
        row = self._keys.get(*split_key(key))
        if row is None:
            raise picture_gone(key)
        return self._opened(row)

    def find(self, keys: Sequence[str]) -> dict[str, Callable[[], bytes]]:
        """See `Vault.find`; the pictures are opened with the keys that they have now."""
        rows = self._keys.get_some([split_key(key) for key in keys])
        return {blob_key(row.tenant, row.image_hash): partial(self._opened, row) for row in rows}

    def exists(self, key: str) -> bool:
        """See `Blobs.exists`."""
        tenant, image_hash = split_key(key)
        row = self._keys.get(tenant, image_hash)
        return row is not None and self._inner.exists(blob_key(tenant, row.blob))

    def delete(self, key: str) -> None:
        """See `Blobs.delete`: its key first, for good, and then its bytes."""
        tenant, image_hash = split_key(key)

        def remove(blob: str | None) -> None:
            # Without a key it is what `older_than` found under its own name, or not there.
            self._inner.delete(key if blob is None else blob_key(tenant, blob))

        self._keys.shred(tenant, image_hash, remove)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs.older_than`; bytes without a key are found under the name they lie under."""
        found = self._inner.older_than(moment)
        while part := [split_key(key) for key in itertools.islice(found, _PART)]:
            of_blobs = self._keys.of_blobs([blob for _, blob in part])
            for tenant, blob in part:
                owner, image_hash = of_blobs.get(blob, (None, ""))
                yield blob_key(tenant, image_hash if owner == tenant else blob)

    def ping(self) -> None:
        """See `Blobs.ping`."""
        self._inner.ping()

    def tidy(self) -> None:
        """See `Blobs.tidy`."""
        self._inner.tidy()

    def close(self) -> None:
        """See `Blobs.close`."""
        self._inner.close()

    def _opened(self, row: DataKey) -> bytes:
        key = blob_key(row.tenant, row.image_hash)
        try:
            kept = self._inner.get(blob_key(row.tenant, row.blob))
        except RequestError as error:
            if error.code != "picture_gone":
                raise
            raise picture_gone(key) from None  # by the name that people know
        try:
            data_key = self._masters.unwrapped(row)
            return unseal(data_key, kept, tenant=row.tenant, image_hash=row.image_hash)
        except DamagedError as error:
            raise RequestError(
                f"the kept picture {row.image_hash} is not what was put there ({error}); send it "
                "again, and find out who can write to the place of pictures",
                code="picture_damaged",
            ) from None

    def _taken(self, names: Sequence[tuple[str, str]]) -> list[tuple[bytes, DataKey]]:
        """The keys that pictures have or get, also as they are kept; by tenant and hash."""
        fresh = [self._fresh(tenant, image_hash) for tenant, image_hash in names]
        rows = self._keys.take([row for _, row in fresh])
        return [self._known(own, row) for own, row in zip(fresh, rows, strict=True)]

    def _fresh(self, tenant: str, image_hash: str) -> tuple[bytes, DataKey]:
        data_key = secrets.token_bytes(KEY_BYTES)
        blob = secrets.token_hex(_NAME_BYTES)
        names = DataKey(tenant=tenant, image_hash=image_hash, blob=blob, wrapped="", master_id="")
        return data_key, self._masters.wrapped(data_key, names)

    def _known(self, own: tuple[bytes, DataKey], row: DataKey) -> tuple[bytes, DataKey]:
        """The key of a row, which may be another's who was first."""
        data_key, fresh = own
        while row.blob != fresh.blob:
            try:
                return self._masters.unwrapped(row), row
            except DamagedError:  # the row was changed, and the picture is in hand
                self.delete(blob_key(row.tenant, row.image_hash))
                (row,) = self._keys.take([fresh])
        return data_key, row
