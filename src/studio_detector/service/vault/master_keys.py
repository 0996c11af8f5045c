"""The master keys in use: one that wraps, and older ones that still open what they wrapped."""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError, ConfigError, OutputError
from studio_detector.service.secret import kept_secret
from studio_detector.service.vault.envelope import KEY_BYTES, DamagedError
from studio_detector.service.vault.key_wrapper import LocalKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import DataKey
    from studio_detector.service.vault.key_wrapper import KeyWrapper

#: The file in the data folder that keeps the key nobody has set; further lines are older keys.
MASTER_KEY_FILE = "master_key"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """Wraps and unwraps the keys of pictures; may be used by several threads at once.

    Attributes:
        local: Keys that this process holds, the newest first.
        hook: Wraps in their place, where there is one.
    """

    local: tuple[LocalKey, ...] = ()
    hook: KeyWrapper | None = None

    def __post_init__(self) -> None:
        if self.hook is None and not self.local:
            raise ConfigError(
                "there is no master key to encrypt pictures with; set master_keys",
                code="config_invalid_value",
            )

    @property
    def newest_id(self) -> str:
        """Which key wraps now."""
        return self._newest.key_id

    def wrapped(self, data_key: bytes, names: DataKey) -> DataKey:
        """Wrap the key of a picture by the newest master key.

        Args:
            data_key: The key.
            names: Whose key it is, and where the picture lies.

        Returns:
            The same with the wrapped key.

        Raises:
            BusyError: ``storage_unavailable`` if the hook fails.
        """
        newest = self._newest
        try:
            wrapped = newest.wrap(data_key, _context(names))
            master_id = newest.key_id
        except Exception as error:
            raise _hook_failed(error) from error
        text = base64.b64encode(wrapped).decode("ascii")
        return replace(names, wrapped=text, master_id=master_id)

    def unwrapped(self, key: DataKey) -> bytes:
        """The key of a picture.

        Raises:
            ConfigError: ``master_key_missing``.
            DamagedError: If it was changed, or belongs to another picture.
            BusyError: ``storage_unavailable`` if the hook fails.
        """
        wrapper: KeyWrapper | None = next(
            (local for local in self.local if local.key_id == key.master_id), self.hook
        )
        if wrapper is None:
            raise _missing(key)
        try:
            return wrapper.unwrap(base64.b64decode(key.wrapped, validate=True), _context(key))
        except LookupError:
            raise _missing(key) from None
        except ValueError:  # of base64, too
            raise DamagedError("the wrapped key does not fit") from None
        except Exception as error:
            raise _hook_failed(error) from error

    @property
    def _newest(self) -> KeyWrapper:
        return self.local[0] if self.hook is None else self.hook


def open_master_keys(
    settings: ServiceSettings, data_dir: Path, hook: KeyWrapper | None = None
) -> MasterKeys:
    """Take the keys from the settings, or the one in the data folder, made if need be.

    A key in the folder goes on opening what it has wrapped once others are set.

    Args:
        settings: Those of the service, ``master_keys``.
        data_dir: The folder of the service; it exists.
        hook: What ``master_key_hook`` names.

    Raises:
        ConfigError: ``config_invalid_value`` for a key that is none, and where machines that
            share a bucket share no key.
        OutputError: ``output_failed`` if the file can be neither read nor made.
    """
    local = [_parsed(text, "master_keys") for text in settings.master_keys]
    path = data_dir / MASTER_KEY_FILE
    if hook is None and not local:
        if settings.is_scaled and settings.blobs_url is not None:
            raise ConfigError(
                "pictures are encrypted and lie in a bucket that several machines share, and "
                "there is no key that they share: set master_keys to the same on every machine, "
                "for instance to what this prints: openssl rand -base64 32",
                code="config_invalid_value",
            )
        local += _parsed_all(_kept(path), path)
        if settings.is_scaled:
            _log.warning(
                "pictures are encrypted with the key in this machine's folder; set master_keys "
                "to the same on every machine"
            )
    elif path.exists():
        local += _parsed_all(_kept(path), path)
    return MasterKeys(tuple(local), hook)


def new_master_key() -> str:
    """Make a key: the base64 of 32 random bytes."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def _kept(path: Path) -> str:
    try:
        return kept_secret(path, new_master_key)
    except OSError as error:
        raise OutputError(
            f"the master key cannot be kept in {path}: {error.strerror or error}; set "
            "master_keys, or make the folder writable",
            code="output_failed",
        ) from None


def _parsed_all(text: str, path: Path) -> Iterable[LocalKey]:
    return [_parsed(line, str(path)) for line in text.split()]


def _parsed(text: str, place: str) -> LocalKey:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"{place} holds something that is not {KEY_BYTES} bytes in base64; make a key by: "
            "openssl rand -base64 32",
            code="config_invalid_value",
        )
    return LocalKey(key)


def _context(key: DataKey) -> bytes:
    # Neither of them holds a bar.
    return f"{key.tenant}|{key.image_hash}".encode()


def _missing(key: DataKey) -> ConfigError:
    return ConfigError(
        f"the picture {key.image_hash} is encrypted under the master key {key.master_id!r}, "
        "which this process does not have; add that key to master_keys, after the newest",
        code="master_key_missing",
    )


def _hook_failed(error: Exception) -> BusyError:
    # Its text is somebody else's, and may hold a secret.
    return BusyError(
        f"the master key cannot be used ({type(error).__name__}); see to what master_key_hook "
        "names",
        code="storage_unavailable",
    )
