"""The secrets that sign callbacks, and the headers they make."""

from __future__ import annotations

import base64
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.client.webhook import (
    ID_HEADER,
    SECRET_PREFIX,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    parse_secret,
    signature,
)
from studio_detector.errors import ConfigError, OutputError
from studio_detector.service.secret import kept_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_detector.service.settings import ServiceSettings

#: The file in the data folder that keeps the secret nobody has set.
SECRET_FILE = "callback_secret"  # noqa: S105 - the name of the file
_NEW_BYTES = 32

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with every secret in use, so that one can be changed without a lost callback.

    Attributes:
        keys: The newest first; never shown.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Signer:
        """Take secrets as people write them.

        Args:
            texts: ``whsec_...``, at least one, the newest first.

        Returns:
            The signer.

        Raises:
            ConfigError: ``config_invalid_value``.
        """
        if not texts:
            raise ConfigError(
                "there is no secret to sign callbacks with; set callback_secrets",
                code="config_invalid_value",
            )
        return cls(tuple(parse_secret(text) for text in texts))

    def headers(self, message_id: str, timestamp: int, payload: bytes) -> dict[str, str]:
        """Make the headers of one try.

        Args:
            message_id: Name of the message, equal in every try.
            timestamp: Whole seconds since 1970 (UTC) of this try.
            payload: The body, to the byte.

        Returns:
            The three headers of Standard Webhooks.
        """
        return {
            ID_HEADER: message_id,
            TIMESTAMP_HEADER: str(timestamp),
            SIGNATURE_HEADER: " ".join(
                signature(key, message_id, timestamp, payload) for key in self.keys
            ),
        }


def open_signer(settings: ServiceSettings, data_dir: Path) -> Signer:
    """Take the secrets from the settings, or the one in the data folder, made if need be.

    Args:
        settings: Those of the service, ``callback_secrets``.
        data_dir: The folder of the service; it exists.

    Returns:
        The signer.

    Raises:
        ConfigError: ``config_invalid_value`` for a secret that is none, set or in the file.
        OutputError: ``output_failed`` if the file can be neither read nor made.
    """
    if settings.callback_secrets:
        return Signer.of(settings.callback_secrets)
    path = data_dir / SECRET_FILE
    try:
        text = kept_secret(path, new_secret)
    except OSError as error:
        raise OutputError(
            f"the secret of callbacks cannot be kept in {path}: {error.strerror or error}; set "
            "callback_secrets, or make the folder writable",
            code="output_failed",
        ) from None
    if settings.is_scaled:
        _log.warning(
            "callbacks are signed with the secret in this machine's folder; set "
            "callback_secrets to the same on every machine"
        )
    try:
        return Signer.of([text])
    except ConfigError as error:
        raise ConfigError(
            f"{path}: {error.message}; or remove the file, and a new secret is made",
            code="config_invalid_value",
        ) from None


def new_secret() -> str:
    """Make a secret: ``whsec_`` and the base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_NEW_BYTES)).decode("ascii")
