"""Secrets that a service keeps in its folder, and the keys that are derived from one of them."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.settings import ServiceSettings

#: The file in the data folder that keeps the secret nobody has set.
SECRET_FILE = "service_secret"  # noqa: S105 - the name of the file
_NEW_BYTES = 32
_LEAST_CHARACTERS = 32
_MOST_BYTES = 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceSecret:
    """The one secret of a service, from which each use has a key of its own.

    Attributes:
        text: As it is set or kept; never shown.
    """

    text: str = field(repr=False)

    def key(self, purpose: str) -> bytes:
        """The key of one use, 32 bytes; it tells nothing of the keys of others.

        Args:
            purpose: Name of the use, for instance "api-keys".
        """
        # HKDF's expansion of one block (RFC 5869, 2.3); the text is long and random already.
        info = f"studio-detector/{purpose}".encode() + b"\x01"
        return hmac.digest(hashlib.sha256(self.text.encode()).digest(), info, "sha256")


def open_secret(settings: ServiceSettings, data_dir: Path) -> ServiceSecret:
    """Take the secret from the settings, or the one in the data folder, made if need be.

    Args:
        settings: Those of the service, ``service_secret``.
        data_dir: The folder of the service; it exists.

    Raises:
        ConfigError: ``config_invalid_value`` for one that is too short.
        OutputError: ``output_failed`` if the file can be neither read nor made.
    """
    if settings.service_secret is not None:
        return ServiceSecret(_checked(settings.service_secret, "service_secret"))
    path = data_dir / SECRET_FILE
    try:
        text = kept_secret(path, lambda: secrets.token_urlsafe(_NEW_BYTES))
    except OSError as error:
        raise OutputError(
            f"the secret of the service cannot be kept in {path}: {error.strerror or error}; set "
            "service_secret, or make the folder writable",
            code="output_failed",
        ) from None
    if settings.is_scaled:
        _log.warning(
            "keys are hashed with the secret in this machine's folder; set service_secret to "
            "the same on every machine"
        )
    return ServiceSecret(_checked(text, str(path)))


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Read a secret from its file, which is made first where it is missing.

    Args:
        path: The file; only this user may read it.
        make: Makes a secret, ASCII in one line.

    Raises:
        OSError: If the file can be neither read nor made.
    """
    with suppress(FileNotFoundError):
        return _read(path)
    # Written whole under another name and then linked: whoever comes second finds the first
    # one's file, and nobody ever finds half of one.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    return _read(path)


def _checked(text: str, place: str) -> str:
    if len(text) < _LEAST_CHARACTERS:
        raise ConfigError(
            f"{place} has {len(text)} characters; take at least {_LEAST_CHARACTERS} by chance, for "
            "instance from: openssl rand -base64 32",
            code="config_invalid_value",
        )
    return text


def _read(path: Path) -> str:
    with path.open("rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            _log.warning("others may read %s; chmod 600 it", path)
        return file.read(_MOST_BYTES).decode("ascii", "replace").strip()
