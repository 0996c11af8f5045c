"""Whether pictures are encrypted, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.vault.encrypted_blobs import EncryptedBlobs
from studio_detector.service.vault.master_keys import open_master_keys
from studio_detector.service.vault.plain_blobs import PlainBlobs

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.service.blobs import Blobs, Vault
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store
    from studio_detector.service.vault.key_wrapper import KeyWrapper


def open_vault(
    settings: ServiceSettings,
    data_dir: Path,
    blobs: Blobs,
    store: Store,
    hook: KeyWrapper | None = None,
) -> Vault:
    """The place for pictures, encrypted unless ``encrypt_pictures`` is off.

    Args:
        settings: Those of the service.
        data_dir: Its folder; it exists.
        blobs: Where the bytes lie.
        store: Where the keys of pictures are.
        hook: What ``master_key_hook`` names.

    Raises:
        ConfigError: See `open_master_keys`.
        OutputError: Likewise.
        BusyError: ``store_unavailable``.
    """
    if not settings.encrypt_pictures:
        return PlainBlobs(blobs, store.pictures)
    masters = open_master_keys(settings, data_dir, hook)
    store.data_keys.note_master(masters.newest_id)
    return EncryptedBlobs(blobs, masters, store.data_keys)
